/**
 * Who is calling: service tokens, API keys, login sessions, accounts and their first set-up. Ends where the identity is known;
 * what a role may do stands on each endpoint ({@code @RolesAllowed}), what a tenant may see is decided by row-level security.
 */
package io.waymark.trace.access;
