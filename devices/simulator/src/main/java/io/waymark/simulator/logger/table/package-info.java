/** Tables with a time column, CSV or XLSX, from whatever program wrote them. */
@NullMarked
package io.waymark.simulator.logger.table;

import org.jspecify.annotations.NullMarked;
