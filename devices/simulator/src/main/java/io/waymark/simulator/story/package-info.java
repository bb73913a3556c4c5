/**
 * Two products from their origin to a shop, told as a list of acts in time order: line-caught wild cod and farm strawberries.
 * A story is stopped and started again at any act; it never says two different things.
 */
package io.waymark.simulator.story;
