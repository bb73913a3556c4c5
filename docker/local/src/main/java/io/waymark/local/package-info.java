/**
 * The operator's command {@code waymark}: one class per subcommand. What a command needs to know of PostgreSQL, of the broker or of
 * the folder with the data lives in the packages below; the services themselves are the four modules this one assembles.
 */
package io.waymark.local;
