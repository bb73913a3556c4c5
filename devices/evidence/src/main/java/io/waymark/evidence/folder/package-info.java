/**
 * A folder that one process owns: locked, every file complete or absent, durable before it is spoken of. For the commands that run
 * for years (witness, mirror).
 */
@NullMarked
package io.waymark.evidence.folder;

import org.jspecify.annotations.NullMarked;
