"""Figures of the club's server, and what they are to reach.

Targets: the issue "The club's server: Mosquitto, InfluxDB, Grafana, in one command".
"""

from collections.abc import Mapping

from benchmarks.targets import Row, Sheet, Target

LOAD = Sheet(
    "load",
    "Live load: shoes at 200 Hz, 10 frames a second each, through a real Mosquitto",
    "Load generator, broker, processing and InfluxDB share this machine's cores.",
    (
        Row("runners", "live runners", "", Target(least=200)),
        Row("seconds", "sent for", "s", Target(least=300)),
        Row("sent", "frames sent", ""),
        Row("stored", "frames stored", ""),
        Row("lost", "frames lost", "", Target(most=0)),
        Row("steps", "steps written", ""),
        Row("p50_s", "last sample of a step to its row stored, median", "s"),
        Row(
            "p99_s",
            "the same, 99 of 100 are quicker, worst minute",
            "s",
            Target(most=2.0),
        ),
        Row("inbox", "most messages that waited", ""),
        Row("shares", "processes that share the runners", ""),
        Row("processing_pct", "processing, all of them", "% of a core"),
        Row("broker_pct", "broker", "% of a core"),
        Row("swarm_pct", "load generator", "% of a core"),
        Row("influx_pct", "InfluxDB behind it", "% of a core"),
        Row("outbox_rows", "rows that InfluxDB had not got at the end", ""),
        Row("begin_mb", "processing's memory after a minute", "MB"),
        Row("end_mb", "processing's memory at the end", "MB"),
        Row("hour_mb", "growth for each hour of a runner", "MB"),
        Row("ceiling", "most runners within 2 s and without loss", ""),
    ),
)

OUTBOX = Sheet(
    "outbox",
    "Outbox to influxd: rows on disk, then over HTTP",
    "InfluxDB 1.6.7 behind a small shim that speaks the v2 API.",
    (
        Row("rows", "rows", ""),
        Row("arrived", "rows that arrived", ""),
        Row("queued_rows_per_s", "stored and queued", "rows/s"),
        Row("sent_rows_per_s", "sent to influxd", "rows/s", Target(least=20_000)),
        Row("outbox_mb", "disk space of the queue", "MB"),
    ),
)

_BOARD = Target(most=1.0)


def boards_sheet(titles: Mapping[str, str]) -> Sheet:
    """Sheet of the dashboards' queries, by their ids and titles."""
    rows = [Row("lines", "lines of a month of 20 runners, 600 runs", "")]
    for uid, title in titles.items():
        words = f"{title}: all queries, six at a time"
        rows.append(Row(f"{uid}_together_s", words, "s", _BOARD))
    return Sheet(
        "boards",
        "Dashboards: every query of each on a month of a club",
        "InfluxDB 1.6.7; worst of three.",
        tuple(rows),
    )
