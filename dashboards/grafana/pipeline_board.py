"""Pipeline health: whether everything that the sensors say arrives, and in time."""

from dashboards.grafana.board import Board
from dashboards.grafana.columns import Shown
from dashboards.grafana.looks import (
    LOUD,
    QUIET,
    WARN,
    by_name,
    event_words,
    lines_apart,
    nothing,
    steps,
)
from dashboards.grafana.panels import (
    CHART,
    TABLE,
    Panel,
    bar_options,
    line_options,
    stat_options,
    table_defaults,
)
from dashboards.grafana.queries import IN_TIME, INTERVAL, Json, series, table

_EMPTY = "the processing has said nothing in this time"
_LATE_S = 2.0
"""Target of issue 5: 99 of 100 steps are stored within 2 s."""
_RECENT = "time > now() - 30d"
"""Rows of a run stand at its start: the time shown here is too short for them."""
_COUNT = "non_negative_difference(last({}))"
"""Counts start again at 0 when the processing does: only what is added is shown."""


def _own(name: str, title: str, pick: str = "last({})", **more: object) -> Shown:
    return Shown("pipeline", name, title, pick, **more)  # type: ignore[arg-type]


def _stat(shown: Shown, thresholds: Json, width: int = 4) -> Panel:
    return Panel(
        kind="stat",
        title=shown.title,
        question=f"{shown.title}, as the processing last told.",
        targets=(table((shown,), IN_TIME),),
        empty="no word",
        width=width,
        height=5,
        unit=shown.grafana_unit,
        decimals=0 if shown.decimals is None else shown.decimals,
        defaults={"thresholds": thresholds},
        options=stat_options(f"/^{shown.title}$/") | {"colorMode": "value"},
    )


_ANY = steps((1.0, LOUD))
_NOW = (
    _stat(_own("influx", "InfluxDB"), steps(), width=8),
    _stat(_own("lag_p99_s", "Lag, 99 of 100", decimals=1), steps((_LATE_S, LOUD))),
    _stat(
        _own("outbox_rows", "Rows in the outbox"),
        steps((10_000.0, WARN), (100_000.0, LOUD)),
    ),
    _stat(_own("outbox_age_s", "Oldest in the outbox"), steps((120.0, LOUD))),
    _stat(
        _own(
            "started_ms",
            "Starts",
            "count(distinct({}))",
            unit="none",
            meaning="how often the processing began in the time shown; 1 is no restart",
        ),
        steps((2.0, WARN)),
    ),
)
_GIVEN_UP = (
    _stat(_own("dead_letters", "Dead letters"), _ANY),
    _stat(_own("outbox_refused", "Refused by InfluxDB"), _ANY),
    _stat(_own("refused", "Put off"), steps((1.0, WARN))),
    _stat(_own("lost", "Lost for good"), _ANY),
    _stat(_own("failed_sessions", "Failed runs"), _ANY),
    _stat(_own("store_failures", "Failed writes"), _ANY),
)


def _chart(
    title: str, question: str, shown: tuple[Shown, ...], unit: str, decimals: int = 0
) -> Panel:
    return Panel(
        kind="timeseries",
        title=title,
        question=question,
        targets=(series(shown, IN_TIME, every=INTERVAL),),
        empty=_EMPTY,
        width=12,
        height=9,
        unit=unit,
        decimals=decimals,
        defaults=line_options() | {"min": 0},
        options=CHART,
        overrides=lines_apart(*(s.title for s in shown)),
        interval="1m",
    )


_PER_S = "non_negative_derivative(last({}), 1s)"
_RATES = _chart(
    "Messages in, frames stored",
    "Does as much get stored as comes in? A frame is a message of samples.",
    (
        _own("received", "Received", _PER_S, unit="cps"),
        _own("stored", "Stored", _PER_S, unit="cps"),
        _own("duplicates", "Came again", _PER_S, unit="cps"),
    ),
    "cps",
    1,
)
_LAG = _chart(
    "From the end of a step to its row",
    "How late is what the coach sees? The target is 2 s for 99 of 100 steps.",
    (
        _own("lag_p50_s", "Half are quicker", "mean({})"),
        _own("lag_p99_s", "99 of 100 are quicker", "max({})"),
    ),
    "s",
    2,
)
_OUTBOX = _chart(
    "Rows that wait for InfluxDB",
    "Is the outbox growing? Nothing is lost while it waits.",
    (_own("outbox_rows", "Rows in the outbox", "max({})"),),
    "suffix:rows",
)
_SET_ASIDE = _chart(
    "Added to what was set aside or lost",
    "When did messages or rows go wrong?",
    (
        _own("dead_letters", "Dead letters", _COUNT, unit="none"),
        _own("outbox_refused", "Refused by InfluxDB", _COUNT, unit="none"),
        _own("lost", "Lost for good", _COUNT, unit="none"),
    ),
    "none",
)
_WAITING = Panel(
    kind="timeseries",
    title="Frames that wait on the collectors' disks",
    question="Whose collector cannot get rid of its data?",
    targets=(
        series(
            (Shown("live", "waiting_frames", "Waiting", "max({})"),),
            IN_TIME,
            alias="$tag_runner",
            group_by=("runner",),
            every=INTERVAL,
        ),
    ),
    empty="nobody is running",
    width=12,
    height=9,
    unit="suffix:frames",
    decimals=0,
    defaults=line_options() | {"min": 0},
    options=CHART,
    interval="10s",
)
_LOAD = _chart(
    "Runs and memory",
    "Does memory grow without more runs?",
    (_own("sessions", "Runs", "max({})"), _own("memory_mb", "Memory", "max({})")),
    "suffix:runs",
)
_BATTERY = Panel(
    kind="bargauge",
    title="Battery of every sensor, as its latest run told",
    question="Which sensor must be charged? The last 30 days, whatever time is shown.",
    targets=(
        series(
            (Shown("quality", "battery_pct", "Battery", "last({})", "percent", 0),),
            _RECENT,
            alias="$tag_runner, $tag_side",
            group_by=("runner", "side"),
        ),
    ),
    empty="no sensor told its battery",
    width=12,
    height=12,
    unit="percent",
    decimals=0,
    defaults={
        "min": 0,
        "max": 100,
        "thresholds": steps((15.0, WARN), (30.0, QUIET), base=LOUD),
    },
    options=bar_options(),
)
_EVENTS = Panel(
    kind="table",
    title="Gaps in the data",
    question="Whose data have holes? The last 30 days, whatever time is shown.",
    targets=(
        table(
            (
                Shown("event", "runner", "Runner"),
                Shown("event", "kind", "Kind", meaning="what kind of thing it was"),
                Shown("event", "text", "What"),
            ),
            _RECENT,
            '"kind" =~ /^(gap|slip|swap_suspected|one_foot)/',
            latest=100,
        ),
    ),
    empty="no gaps were noted",
    width=12,
    height=12,
    defaults=table_defaults() | {"mappings": [nothing("not known")]},
    options=TABLE,
    overrides=(
        by_name("Time", displayName="When", unit="dateTimeAsLocal"),
        by_name("Kind", mappings=event_words()),
    ),
)

BOARD = Board(
    uid="treadwear-pipeline",
    title="Pipeline health",
    question="Does everything that the sensors say arrive, and in time?",
    rows=(
        _NOW,
        _GIVEN_UP,
        (_RATES, _LAG),
        (_OUTBOX, _SET_ASIDE),
        (_WAITING, _LOAD),
        (_BATTERY, _EVENTS),
    ),
    since="now-6h",
    refresh="30s",
)
