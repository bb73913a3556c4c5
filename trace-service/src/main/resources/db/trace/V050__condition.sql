-- What readings mean: rules as versioned data, the alarms they raise, calibration certificates, and how far the watch over the log has come.

CREATE TABLE trace.rule_set (
  tenant_id    text NOT NULL REFERENCES trace.organisation (slug),
  name         text NOT NULL CHECK (name ~ '^[a-z0-9-]{1,40}$'),
  version      integer NOT NULL CHECK (version >= 1),
  bytes        bytea NOT NULL CHECK (length(bytes) <= 262144),      -- FORMAT.md §5.4; never changed
  digest       bytea NOT NULL CHECK (length(digest) = 32),
  ledger_index bigint,                                              -- of the statement that put it in force; null: not yet
  author       text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, name, version)
);

CREATE TABLE trace.calibration (
  tenant_id   text NOT NULL REFERENCES trace.organisation (slug),
  stream_id   bytea NOT NULL CHECK (length(stream_id) = 16),
  digest      bytea NOT NULL CHECK (length(digest) = 32),           -- SHA-256 of the certificate, as a reading names it
  valid_from  timestamptz NOT NULL,
  valid_until timestamptz NOT NULL CHECK (valid_until > valid_from),
  author      text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, stream_id, digest)
);

-- One row per rule, subject and episode. What the readings say (upper half) the watch writes; what people did (lower half) they do.
CREATE TABLE trace.alarm (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id       text NOT NULL REFERENCES trace.organisation (slug),
  rule_set        text NOT NULL,
  version         integer NOT NULL,                                 -- the version under which it was evaluated last
  rule            text NOT NULL,
  kind            text NOT NULL,
  about           text NOT NULL CHECK (about IN ('device', 'lot')),
  subject         text NOT NULL,                                    -- stream id, hex, or /01/{gtin}/10/{lot}
  device          text NOT NULL,                                    -- stream id, hex; '' for a lot as a whole
  sensor          integer NOT NULL,
  other           text NOT NULL,
  from_at         timestamptz NOT NULL,
  to_at           timestamptz,
  ended           text CHECK (ended IN ('over', 'gap', 'unwatched')),
  raised_at       timestamptz NOT NULL,                             -- time of the reading with which it was
  measure         double precision NOT NULL,
  first_index     bigint NOT NULL,
  last_index      bigint NOT NULL,
  noticed_at      timestamptz NOT NULL DEFAULT now(),
  withdrawn_at    timestamptz,                                      -- with readings that came later the rule is not broken
  acknowledged_at timestamptz,
  acknowledged_by text,
  assigned_to     text CHECK (length(assigned_to) BETWEEN 1 AND 80),
  cleared_at      timestamptz,
  cleared_by      text,
  UNIQUE (tenant_id, rule_set, about, subject, rule, device, sensor, other, from_at)
);
CREATE INDEX alarm_open ON trace.alarm (tenant_id, id DESC) WHERE cleared_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX alarm_newest ON trace.alarm (tenant_id, id DESC);

-- Who did what to an alarm, and what the readings did. Only ever added to.
CREATE TABLE trace.alarm_event (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  alarm_id  bigint NOT NULL REFERENCES trace.alarm (id),
  at        timestamptz NOT NULL DEFAULT now(),
  who       text NOT NULL,                                          -- '~watch': the evaluation
  what      text NOT NULL CHECK (what IN ('raised', 'over', 'corrected', 'taken over', 'withdrawn', 'unwatched', 'acknowledged', 'assigned', 'cleared')),
  note      text CHECK (length(note) <= 1000)
);
CREATE INDEX alarm_event_of ON trace.alarm_event (alarm_id, id);

-- Lots that were packed in a logistic unit at some time: whose a reading about the unit may be.
CREATE TABLE trace.condition_unit (
  tenant_id text NOT NULL,
  unit      text NOT NULL,                                          -- /00/{sscc18}
  gtin      text NOT NULL,
  lot       text NOT NULL,
  PRIMARY KEY (unit, gtin, lot)
);

-- Subjects to be evaluated anew: rules, certificates or custody changed. A queue: rows leave it when that is done.
CREATE TABLE trace.condition_due (
  tenant_id text NOT NULL,
  about     text NOT NULL CHECK (about IN ('device', 'lot')),
  subject   text NOT NULL,
  number    bigint GENERATED ALWAYS AS IDENTITY,                    -- a row that was asked for again while it was worked on stays
  PRIMARY KEY (tenant_id, about, subject)
);

-- How far the log was read; moves in the transaction that stores what was found.
CREATE TABLE trace.condition_position (
  one           boolean PRIMARY KEY DEFAULT true CHECK (one),
  reading_index bigint NOT NULL,
  link_index    bigint NOT NULL
);
INSERT INTO trace.condition_position (reading_index, link_index) VALUES (-1, -1);

CALL trace.protect('trace.rule_set');
CALL trace.protect('trace.calibration');
CALL trace.protect('trace.alarm');
CALL trace.protect('trace.alarm_event');
CALL trace.protect('trace.condition_unit');
CALL trace.protect('trace.condition_due');
GRANT SELECT, INSERT ON trace.rule_set, trace.calibration, trace.alarm_event TO trace_app;
GRANT UPDATE (ledger_index) ON trace.rule_set TO trace_app;
GRANT SELECT ON trace.alarm TO trace_app;
GRANT UPDATE (acknowledged_at, acknowledged_by, assigned_to, cleared_at, cleared_by) ON trace.alarm TO trace_app;
GRANT SELECT, INSERT, DELETE ON trace.condition_due TO trace_app, trace_ledger;  -- a queue, not a record
GRANT SELECT ON trace.rule_set, trace.calibration TO trace_ledger;
GRANT SELECT, INSERT ON trace.alarm, trace.alarm_event, trace.condition_unit TO trace_ledger;
GRANT UPDATE (version, from_at, to_at, ended, raised_at, measure, first_index, last_index, withdrawn_at) ON trace.alarm TO trace_ledger;
GRANT SELECT, UPDATE ON trace.condition_position TO trace_ledger;
