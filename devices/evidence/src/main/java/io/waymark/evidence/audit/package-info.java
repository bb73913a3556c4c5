/**
 * Reads a whole log and computes anew what it claims: leaves, tiles, root, tags, keys, maps. Gets files by name from whoever runs it;
 * opens none itself. What it makes of them are the checks of an {@link io.waymark.evidence.audit.AuditReport}.
 */
@NullMarked
package io.waymark.evidence.audit;

import org.jspecify.annotations.NullMarked;
