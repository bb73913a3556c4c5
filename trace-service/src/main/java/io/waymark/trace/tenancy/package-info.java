/**
 * Who the current request works for, and how the database learns it. {@link io.waymark.trace.tenancy.Tenant} is bound from the caller's
 * identity; every connection of the default data source carries it while it is borrowed. Roles and policies: {@code db/roles.sql},
 * {@code V001__tenancy.sql}.
 */
package io.waymark.trace.tenancy;
