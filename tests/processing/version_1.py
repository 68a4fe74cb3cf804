"""A run database as treadwear's first version made and filled it, in plain SQL."""

import sqlite3
from contextlib import closing
from pathlib import Path

from contract.messages import SessionMeta, dumps

TABLES = """
CREATE TABLE frame (
    session TEXT, slot INTEGER, epoch INTEGER, seq INTEGER, runner TEXT, payload BLOB,
    PRIMARY KEY (session, slot, epoch, seq)) WITHOUT ROWID;
CREATE TABLE lost (
    session TEXT, slot INTEGER, epoch INTEGER, first_seq INTEGER, last_seq INTEGER,
    PRIMARY KEY (session, slot, epoch, first_seq, last_seq)) WITHOUT ROWID;
CREATE TABLE meta (
    session TEXT PRIMARY KEY, runner TEXT, payload BLOB, is_closed INTEGER DEFAULT 0);
CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY, topic TEXT, reason TEXT, payload BLOB, received_ns INTEGER);
CREATE TABLE "step" (
    "runner" TEXT, "session" TEXT, "side" TEXT, "time_ns" INTEGER,
    "contact_time_s" REAL, "stride_time_s" REAL, "swing_time_s" REAL,
    "duty_factor" REAL, "flight_time_s" REAL, "step_time_s" REAL, "cadence_spm" REAL,
    "impulse_bws" REAL, "quality" REAL,
    PRIMARY KEY (session, side, time_ns)) WITHOUT ROWID;
CREATE TABLE "rejection" (
    "runner" TEXT, "session" TEXT, "side" TEXT, "time_ns" INTEGER, "reason" TEXT,
    PRIMARY KEY (session, side, time_ns)) WITHOUT ROWID;
CREATE TABLE "balance" (
    "runner" TEXT, "session" TEXT, "side" TEXT, "time_ns" INTEGER, "window" TEXT,
    "metric" TEXT, "left" REAL, "right" REAL, "difference" REAL, "asi_pct" REAL,
    "ci_low" REAL, "ci_high" REAL, "random_pct" REAL, "systematic_pct" REAL,
    "n_pairs" INTEGER, "n_eff" REAL,
    PRIMARY KEY (session, side, time_ns, window, metric)) WITHOUT ROWID;
CREATE TABLE "wear" (
    "runner" TEXT, "session" TEXT, "side" TEXT, "time_ns" INTEGER, "shoe" TEXT,
    "steps" INTEGER, "dose_bws" REAL, "dose_per_step_bws" REAL,
    PRIMARY KEY (session, side, time_ns)) WITHOUT ROWID;
CREATE TABLE "quality" (
    "runner" TEXT, "session" TEXT, "side" TEXT, "time_ns" INTEGER, "rate_hz" REAL,
    "samples" INTEGER, "frames" INTEGER, "duplicates" INTEGER, "reordered" INTEGER,
    "gaps" INTEGER, "lost_s" REAL, "clipped" INTEGER, "activity" TEXT,
    "calibration" TEXT, "strides" INTEGER, "steps" INTEGER, "rejected" INTEGER,
    PRIMARY KEY (session, side, time_ns)) WITHOUT ROWID;
CREATE TABLE "session" (
    "runner" TEXT, "session" TEXT, "side" TEXT, "time_ns" INTEGER, "name" TEXT,
    "shoe" TEXT, "state" TEXT, "duration_s" REAL, "cadence_spm" REAL, "steps" INTEGER,
    "rejected" INTEGER, "verdict" TEXT, "simulated" INTEGER, "method" TEXT,
    PRIMARY KEY (session, side, time_ns)) WITHOUT ROWID;
CREATE TABLE "event" (
    "runner" TEXT, "session" TEXT, "side" TEXT, "time_ns" INTEGER, "kind" TEXT,
    "text" TEXT, PRIMARY KEY (session, side, time_ns, kind)) WITHOUT ROWID;
"""

ROWS = """
INSERT INTO step VALUES ('ana', 's1', 'left', 7, 0.25, 0.7, 0.45, 0.36, 0.1, 0.35,
    171.0, 0.35, 1.0);
INSERT INTO rejection VALUES ('ana', 's1', 'left', 9, 'a gap');
INSERT INTO balance VALUES ('ana', 's1', 'both', 5, 'run', 'contact_time_s', 0.25,
    0.26, 0.01, 3.9, 1.0, 6.8, 0.7, 2.8, 400, 120.5);
INSERT INTO wear VALUES ('ana', 's1', 'left', 5, 'blue', 500, 170.0, 0.34);
INSERT INTO quality VALUES ('ana', 's1', 'left', 5, 200.1, 9000, 500, 1, 2, 3, 0.5, 0,
    'running', 'good', 510, 500, 10);
INSERT INTO session VALUES ('ana', 's1', 'both', 5, 'Ana', 'blue', 'ended', 300.0,
    171.0, 1000, 20, 'slightly different', 0, 'method 1');
INSERT INTO session VALUES ('ana', 's0', 'both', 2, 'Ana', 'blue', 'ended', 3.0,
    NULL, 0, 0, 'not enough good data', 1, 'method 1');
INSERT INTO event VALUES ('ana', 's1', 'both', 6, 'mark', 'the bridge');
INSERT INTO frame VALUES ('s1', 1, 0, 0, 'ana', x'00ff01');
INSERT INTO lost VALUES ('s1', 2, 0, 3, 4);
INSERT INTO dead_letter (topic, reason, payload, received_ns)
    VALUES ('a/b', 'too short', x'00', 3);
PRAGMA user_version = 1;
"""

META = SessionMeta(runner="ana", session="s1", origin_ns=5, name="Ana", shoe="blue")


def write_version_1(path: Path) -> None:
    """Make the file, with one row of each kind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(TABLES + ROWS)
        connection.execute(
            "INSERT INTO meta VALUES ('s1', 'ana', ?, 1)", (dumps(META),)
        )
