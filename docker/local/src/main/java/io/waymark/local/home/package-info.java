/**
 * The one folder that holds an installation: its layout, its lock, its passwords and its ports. Everything in it belongs to the
 * user who started Waymark (0700, secrets 0600); copying the stopped folder copies the installation.
 */
package io.waymark.local.home;
