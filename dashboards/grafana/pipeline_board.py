"""Pipeline health: whether everything that the sensors say arrives, and in time.

Several processes may share the work (processing/share.py): each tells of itself, as
"service", "service-2" and so on. Counts are summed; where a sum says nothing, there is
one figure for each process. The first alone writes to InfluxDB, for all of them.
"""

from contract.service_rows import SERVICE
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
    without,
)
from dashboards.grafana.queries import (
    IN_TIME,
    INTERVAL,
    Json,
    Target,
    equals,
    folded,
    series,
    table,
)

_EMPTY = "the processing has said nothing in this time"
_LATE_S = 2.0
"""Target of issue 5: 99 of 100 steps are stored within 2 s."""
_LATELY = "time > now() - 5m"
"""A process that said nothing for longer (it does every 10 s) is not one of now."""
_RECENT = "time > now() - 30d"
"""Rows of a run stand at its start: the time shown here is too short for them."""
_COUNT = "non_negative_difference(last({}))"
"""Counts start again at 0 when the processing does: only what is added is shown."""
_PROCESS = "session"
_EACH = (
    "Where several processes share the work there is one figure for each: service, "
    "service-2 and so on."
)
_WRITER = equals(_PROCESS, SERVICE)


def _own(name: str, title: str, pick: str = "last({})", **more: object) -> Shown:
    return Shown("pipeline", name, title, pick, **more)  # type: ignore[arg-type]


def _stat(
    shown: Shown,
    target: Target,
    said: str,
    thresholds: Json,
    width: int = 4,
    empty: str = "no word for five minutes",
) -> Panel:
    """One figure, or one for each process where the query is grouped by them."""
    is_each = bool(target.tags)
    options = stat_options(f"/^{shown.title}$/", is_per_row=is_each)
    return Panel(
        kind="stat",
        title=shown.title,
        question=said,
        targets=(target,),
        empty=empty,
        width=width,
        height=5,
        unit=shown.grafana_unit,
        decimals=0 if shown.decimals is None else shown.decimals,
        defaults={"thresholds": thresholds},
        options=options | {"colorMode": "value"},
        transformations=(without("Time"),) if is_each else (),
    )


def _of_writer(shown: Shown, thresholds: Json, width: int = 4) -> Panel:
    """What the one process tells that writes to InfluxDB for all."""
    said = "As told in the last five minutes, whatever time is shown."
    return _stat(shown, table((shown,), _LATELY, _WRITER), said, thresholds, width)


def _each(
    shown: Shown, when: str, said: str, thresholds: Json, empty: str = _EMPTY
) -> Panel:
    """Figures of which a sum says nothing."""
    target = table((shown,), when, group_by=_PROCESS)
    return _stat(shown, target, f"{said} {_EACH}", thresholds, empty=empty)


def _sum(shown: Shown, thresholds: Json) -> Panel:
    """Count of all processes together."""
    said = (
        "All processes together, since each of them began; as told in the last five "
        "minutes."
    )
    target = folded((shown,), _LATELY, "sum", _PROCESS)
    return _stat(shown, target, said, thresholds)


_ANY = steps((1.0, LOUD))
_NOW = (
    _of_writer(_own("influx", "InfluxDB"), steps(), width=8),
    _each(
        _own("lag_p99_s", "Delay of 99 in 100 steps", decimals=1),
        _LATELY,
        "How late are steps now? In the last five minutes.",
        steps((_LATE_S, LOUD)),
        "no steps for five minutes",
    ),
    _of_writer(
        _own("outbox_rows", "Waiting for InfluxDB", unit="suffix:lines"),
        steps((10_000.0, WARN), (100_000.0, LOUD)),
    ),
    _of_writer(_own("outbox_age_s", "Longest wait"), steps((120.0, LOUD))),
    _each(
        _own(
            "started_ms",
            "Starts",
            "count(distinct({}))",
            unit="none",
            meaning="how often the processing began in the time shown; 1 is no restart",
        ),
        IN_TIME,
        "Was the processing started again?",
        steps((2.0, WARN)),
    ),
)
_GIVEN_UP = (
    _sum(_own("dead_letters", "Not understood"), _ANY),
    _of_writer(
        _own("outbox_refused", "Refused by InfluxDB", unit="suffix:lines"), _ANY
    ),
    _sum(_own("refused", "Put off"), steps((1.0, WARN))),
    _sum(_own("lost", "Lost for good", unit="suffix:packets"), _ANY),
    _sum(_own("failed_sessions", "Runs not analysed"), _ANY),
    _sum(_own("store_failures", "Failed writes"), _ANY),
)


def _chart(
    title: str,
    question: str,
    target: Target,
    unit: str,
    decimals: int = 0,
) -> Panel:
    """Figures over time, one line each."""
    return Panel(
        kind="timeseries",
        title=title,
        question=question,
        targets=(target,),
        empty=_EMPTY,
        width=12,
        height=9,
        unit=unit,
        decimals=decimals,
        defaults=line_options() | {"min": 0},
        options=CHART,
        overrides=lines_apart(*target.names),
        interval="1m",
    )


def _all(*shown: Shown, fold: str = "sum") -> Target:
    """Figures of all processes folded into one line each."""
    return folded(shown, IN_TIME, fold, _PROCESS, INTERVAL)


_PER_S = "non_negative_derivative(last({}), 1s)"
_RATES = _chart(
    "Data that come in and are stored",
    "Does as much get stored as comes in? All processes together.",
    _all(
        _own("received", "Received", _PER_S, unit="cps"),
        _own("stored", "Stored", _PER_S, unit="cps"),
        _own("duplicates", "Came again", _PER_S, unit="cps"),
    ),
    "cps",
    1,
)
_LAG = _chart(
    "From the end of a step until it is stored",
    (
        "How late is what the coach sees? The target is 2 s for 99 of 100 steps. With "
        "several processes, the slowest of them."
    ),
    _all(
        _own("lag_p50_s", "Half are quicker", "mean({})"),
        _own("lag_p99_s", "99 of 100 are quicker", "max({})"),
        fold="max",
    ),
    "s",
    2,
)
_OUTBOX = _chart(
    "Lines of data that wait for InfluxDB",
    "Are they growing in number? Nothing is lost while they wait.",
    series(
        (_own("outbox_rows", "Waiting for InfluxDB", "max({})", unit="suffix:lines"),),
        IN_TIME,
        _WRITER,
        every=INTERVAL,
    ),
    "suffix:lines",
)
_SET_ASIDE = _chart(
    "What was set aside or lost, when",
    "When did something go wrong? What was added, all processes together.",
    _all(
        _own("dead_letters", "Not understood", _COUNT, unit="none"),
        _own("outbox_refused", "Refused by InfluxDB", _COUNT, unit="none"),
        _own("lost", "Lost for good", _COUNT, unit="none"),
    ),
    "none",
)
_WAITING = Panel(
    kind="timeseries",
    title="Data that wait on the collectors' disks",
    question="Whose collector cannot get rid of its data?",
    targets=(
        series(
            (Shown("live", "waiting_frames", "Waiting", "max({})", "suffix:packets"),),
            IN_TIME,
            alias="$tag_runner",
            group_by=("runner",),
            every=INTERVAL,
        ),
    ),
    empty="nobody is running",
    width=12,
    height=9,
    unit="suffix:packets",
    decimals=0,
    defaults=line_options() | {"min": 0},
    options=CHART,
    interval="10s",
)
_LOAD = _chart(
    "Runs and memory",
    "Does memory grow without more runs? All processes together.",
    _all(_own("sessions", "Runs", "max({})"), _own("memory_mb", "Memory", "max({})")),
    "suffix:runs",
)
_BATTERY = Panel(
    kind="bargauge",
    title="Battery of every sensor",
    question=(
        "Which sensor must be charged? As its latest run of the last 30 days told, "
        "whatever time is shown; while a run goes on, every half minute."
    ),
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
