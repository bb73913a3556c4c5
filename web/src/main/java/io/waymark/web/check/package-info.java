/** Comparing a photo of the thing with the photos registered for its code. Says match, no match or cannot tell, never "genuine". */
package io.waymark.web.check;
