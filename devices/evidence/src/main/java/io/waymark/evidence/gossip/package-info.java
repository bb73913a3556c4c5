/**
 * Witnesses and mirrors compare what the same log signed for each of them: a log that shows two histories is found out although each of
 * its readers saw only one.
 */
@NullMarked
package io.waymark.evidence.gossip;

import org.jspecify.annotations.NullMarked;
