/**
 * The console of an organisation: what it registered, its devices, alarms and labels. Every page asks trace-service with the session of the
 * person who is logged in, so trace-service decides what may be seen; the roles here only spare people forms that would be refused.
 * Its texts are in the templates, in English: unlike the public pages it is not yet prepared for translation.
 */
package io.waymark.web.console;
