package io.waymark.simulator.logger.table;
