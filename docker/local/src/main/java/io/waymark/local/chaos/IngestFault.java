package io.waymark.local.chaos;

import java.util.Locale;

/** What is done, in one round, to what lies between a device's signature and its receipt. */
enum IngestFault implements FireDrill.Round {
    INGEST_KILLED("kills", "SIGKILL to ingest in the middle of its batches"),
    BROKER_KILLED("kills", "SIGKILL to the broker"),
    SERVICES_KILLED("kills", "SIGKILL to trace-service"),
    POSTGRES_KILLED("database", "SIGKILL to every process of PostgreSQL"),
    DEVICES_KILLED("kills", "SIGKILL to the devices while they sign"),
    COMMIT_CUT_BEFORE("database", "the connection is cut when COMMIT is sent: it was not executed"),
    COMMIT_CUT_AFTER("database", "the connection is cut when COMMIT was executed: its answer is lost"),
    BROKER_FORGETS("broker", "SIGKILL to the broker, and its store is deleted"),
    DISK_FULL_DATABASE("disk-full", "no room for the tables of messages and of the log"),
    DISK_FULL_BROKER("disk-full", "no room for the broker's store"),
    REPLAYED("packets", "captured packets again, twice, in another order, as their device: the ledger must not change"),
    OTHER_TOPICS(
            "packets", "captured packets on another device's and on other tenants' topics: the ledger must not change"),
    HOSTILE("packets", "cut, flipped, lengthened and random packets between the honest ones"),
    FORGED_RECEIPTS("packets", "receipts by a key that is not the platform's, while nothing can be stored"),
    CLOCK_JUMPS("clocks", "the devices' clocks are set a day ahead, back, and to 1970"),
    TWO_WRITERS("writers", "two messages under one number: both are kept, nothing later is taken");

    private final String group;
    private final String what;

    IngestFault(String group, String what) {
        this.group = group;
        this.what = what;
    }

    @Override
    public String group() {
        return group;
    }

    @Override
    public String what() {
        return what;
    }

    @Override
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
