"""Coach live: who needs a look now. For a screen that is read from 2 m."""

from dashboards.grafana.board import Board, Variable
from dashboards.grafana.columns import CLOCK, Shown
from dashboards.grafana.looks import (
    DARK,
    LEFT,
    QUIET,
    RIGHT,
    WARN,
    by_name,
    fixed,
    light_words,
    nothing,
    steps,
)
from dashboards.grafana.panels import (
    BREAK_MS,
    CHART,
    TABLE,
    Panel,
    around_zero,
    line_options,
    link,
    stat_options,
    table_defaults,
    without,
)
from dashboards.grafana.queries import (
    IN_TIME,
    INTERVAL,
    STALE_S,
    THE_RUNNERS,
    Target,
    fresh,
    heard_now,
    series,
    table,
    tag_values,
)
from dashboards.grafana.run_tables import RUN_UID

RUNNERS = Variable(
    "runners",
    "Runners",
    "Who is shown; runners go by their pseudonyms.",
    tag_values("live", "runner"),
    is_many=True,
)
_EMPTY = "nobody is running now"
_HIDDEN = "Runners who are not shown live by their own wish do not appear."
_NO_USUAL = (
    "The light needs five earlier runs in the same shoe at a similar pace: until then, "
    'and while left and right cannot be compared, it says "no usual yet".'
)
_STALE = f"Figures older than {STALE_S} s are shown as no data."
_THEM = (THE_RUNNERS, IN_TIME)
_NOW = f"/d/{RUN_UID}?var-runner=${{__value.raw}}&from=now-1h&to=now&refresh=10s"
"""The run that goes on is the newest, which that board takes first."""
_NARROW_PX = 90
"""So 14 columns fit beside one another on a laptop; Grafana's own least is 150."""
_STATES = (
    "calibrating, warming up, live, walking, one foot only, sides in doubt, or ended"
)
_GAP_MS = 15_000
"""A light with a longer gap is broken off: rows come every few seconds."""


def _live(name: str, title: str, pick: str = "{}", **more: object) -> Shown:
    return Shown("live", name, title, pick, **more)  # type: ignore[arg-type]


_LIGHT = _live("light", "Light", decimals=0)
_LIGHTS = Panel(
    kind="stat",
    title="Who needs a look?",
    question=(
        "The light of every runner of now, beside their own earlier runs: steady, "
        f"drifting, or check. {_NO_USUAL} {_STALE} {_HIDDEN}"
    ),
    targets=(fresh(_LIGHT),),
    empty=_EMPTY,
    height=13,
    decimals=0,
    defaults={"mappings": light_words()},
    options=stat_options("/^Light$/", is_per_row=True, is_tile=True),
    transformations=(without("Time", "Running for"),),
)


def _longer(side: str, colour: str, pick: str, condition: str) -> Panel:
    """Tiles that light up on the side of the foot that stays down longer."""
    name = f"{side} longer by"
    size = _live(
        "asi_pct",
        name,
        pick,
        meaning=(
            f"how much longer the {side.lower()} foot stays on the ground, in the last "
            "half minute, where the 95 % interval leaves no doubt about the side"
        ),
    )
    return Panel(
        kind="stat",
        title=f"{side} foot longer on the ground by",
        question=(
            f"Whose {side.lower()} foot stays down longer? A dash: not clearly, or "
            f"not known. {_STALE}"
        ),
        targets=(fresh(size, condition),),
        empty=_EMPTY,
        width=12,
        height=10,
        unit="percent",
        defaults={
            "mappings": [nothing("\N{EN DASH}", DARK)],
            "thresholds": steps(base=colour),
        },
        options=stat_options(f"/^{name}$/", is_per_row=True, is_tile=True),
        transformations=(without("Time", "Running for"),),
    )


_FIGURES = Panel(
    kind="table",
    title="Figures of now",
    question=(
        "What stands behind the light? Only runners of whom there are data now; "
        "the tiles above and the table below have the others as well."
    ),
    targets=(
        heard_now(
            (
                _LIGHT,
                _live("asi_pct", "Balance, + right"),
                _live("ci_low_pct", "Interval, low"),
                _live("ci_high_pct", "Interval, high"),
                _live("shift_pct", "Off usual, + right"),
                _live("cadence_spm", "Cadence", decimals=0),
                _live("contact_left_ms", "Left contact", decimals=0),
                _live("contact_right_ms", "Right contact", decimals=0),
                _live("age_s", "Age of the data"),
                _live("state", "State", meaning=_STATES),
                _live("note", "Note"),
            ),
        ),
    ),
    empty=_EMPTY,
    height=9,
    defaults=table_defaults(minWidth=_NARROW_PX) | {"mappings": [nothing("not known")]},
    options=TABLE,
    overrides=(
        by_name(
            "Light",
            mappings=light_words(),
            custom__cellOptions={"type": "color-background", "mode": "basic"},
        ),
        by_name("runner", displayName="Runner", links=[link("Open this run", _NOW)]),
    ),
    transformations=(without("Time"),),
)


def _over_time(shown: Shown, **more: object) -> Target:
    return series(
        (shown,),
        *_THEM,
        alias="$tag_runner",
        group_by=("runner",),
        every=INTERVAL,
        **more,
    )


_BALANCE = Panel(
    kind="timeseries",
    title="Balance of contact time, the last quarter of an hour",
    question="Who is drifting? Above zero the right foot stays down longer.",
    targets=(_over_time(_live("asi_pct", "Balance", "mean({})")),),
    empty=_EMPTY,
    height=10,
    unit="percent",
    defaults=around_zero(
        "\N{LEFTWARDS ARROW} left longer | right longer", insertNulls=BREAK_MS
    ),
    options=CHART,
    interval="5s",
)
_LIGHT_LINES = Panel(
    kind="state-timeline",
    title="The light, the last quarter of an hour",
    question=f"Since when? A gap, or no data: nothing was heard. {_NO_USUAL}",
    targets=(_over_time(_live("light", "Light", "max({})")),),
    empty=_EMPTY,
    height=9,
    decimals=0,
    defaults={
        "color": fixed(QUIET),
        "mappings": light_words(),
        "custom": {"fillOpacity": 80, "insertNulls": _GAP_MS, "lineWidth": 0},
    },
    options={
        "alignValue": "left",
        "legend": CHART["legend"],
        "mergeValues": True,
        "rowHeight": 0.85,
        "showValue": "auto",
        "tooltip": {"mode": "single", "sort": "none"},
    },
    interval="5s",
)
_HEARD = Panel(
    kind="table",
    title="When each runner was last heard",
    question="Whose data have stopped, and what waits on the collectors?",
    targets=(
        table(
            (
                _live(
                    "elapsed_s",
                    "Running for",
                    "last({})",
                    unit=CLOCK,
                    decimals=0,
                    meaning="how long the run had been going on when it was last heard",
                ),
                _live("state", "State", meaning=_STATES),
                _live("age_s", "Age of the data then"),
                _live("left_silent_s", "Left silent"),
                _live("right_silent_s", "Right silent"),
                _live("hip_silent_s", "Hip silent"),
                _live("waiting_frames", "Waiting", decimals=0),
            ),
            *_THEM,
            group_by="runner",
        ),
    ),
    empty=_EMPTY,
    height=8,
    defaults=table_defaults() | {"mappings": [nothing("no such sensor")]},
    options=TABLE,
    overrides=(
        by_name("Time", displayName="Last told", unit="dateTimeFromNow"),
        by_name("runner", displayName="Runner"),
        *(
            by_name(
                f"{sensor} silent",
                thresholds=steps((float(STALE_S), WARN), base=QUIET),
                custom__cellOptions={"type": "color-text"},
            )
            for sensor in ("Left", "Right", "Hip")
        ),
    ),
)
_CADENCE = Panel(
    kind="timeseries",
    title="Cadence, the last quarter of an hour",
    question="Who is slowing down, walking or resting?",
    targets=(_over_time(_live("cadence_spm", "Cadence", "mean({})")),),
    empty=_EMPTY,
    height=8,
    unit="suffix:steps/min",
    decimals=0,
    defaults=line_options(insertNulls=BREAK_MS),
    options=CHART,
    interval="5s",
)

BOARD = Board(
    uid="treadwear-coach",
    title="Coach live",
    question=f"Who needs a look now? Everyone who is running. {_HIDDEN}",
    rows=(
        (_LIGHTS,),
        (
            _longer("Left", LEFT, "-1.0 * {}", '"ci_high_pct" < 0'),
            _longer("Right", RIGHT, "{}", '"ci_low_pct" > 0'),
        ),
        (_FIGURES,),
        (_BALANCE,),
        (_LIGHT_LINES,),
        (_HEARD,),
        (_CADENCE,),
    ),
    variables=(RUNNERS,),
    since="now-15m",
    refresh="5s",
)
