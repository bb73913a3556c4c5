/**
 * A stranger's photograph compared with the registered ones of one object: match, no match or cannot tell.
 */
package io.waymark.vision.check;
