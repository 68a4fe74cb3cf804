"""Squad: who changed this week, and who has not been seen."""

from dashboards.grafana.board import Board, Variable
from dashboards.grafana.columns import Shown
from dashboards.grafana.looks import (
    LOUD,
    QUIET,
    by_name,
    code_words,
    event_words,
    metric_words,
    nothing,
    steps,
    yes_no,
)
from dashboards.grafana.panels import (
    CHART,
    TABLE,
    Panel,
    around_zero,
    bar_options,
    link,
    table_defaults,
)
from dashboards.grafana.queries import (
    IN_TIME,
    THE_RUNNERS,
    equals,
    series,
    table,
    tag_values,
)
from dashboards.grafana.run_tables import (
    EMPTY,
    OPEN_SHOES,
    runs_panel,
    runs_table,
)

_RUNNERS = Variable(
    "runners",
    "Runners",
    "Who is shown; runners go by their pseudonyms.",
    tag_values("session", "runner"),
    is_many=True,
)
"""Of stored runs: what was shown live is gone once a server was restored."""
_THEM = (THE_RUNNERS, IN_TIME)
_CONTACT = equals("metric", "contact_time_s")
_CELLS = table_defaults() | {"mappings": [nothing("not known")]}


def _base(name: str, title: str, pick: str = "{}", unit: str = "percent") -> Shown:
    return Shown("baseline", name, title, pick, unit, 1)


_LATEST = Panel(
    kind="table",
    title="Latest run of every runner, against their own usual",
    question=(
        "Who is off their own usual, that of the same shoe? Ground contact time, + = "
        "right foot longer."
    ),
    targets=(
        table(
            (
                _base("shift", "Off usual, + right", "last({})"),
                _base("is_new", "New"),
                _base("usual", "Usual"),
                _base("band_low", "Usual band, low"),
                _base("band_high", "Usual band, high"),
                _base("mdc", "Smallest real change"),
                Shown("baseline", "runs", "Earlier runs", decimals=0),
            ),
            *_THEM,
            _CONTACT,
            group_by="runner",
        ),
    ),
    empty="nobody has five earlier runs to be compared with",
    height=9,
    unit="percent",
    defaults=_CELLS,
    options=TABLE,
    overrides=(
        by_name(
            "runner",
            displayName="Runner",
            links=[link("Shoes of this runner", OPEN_SHOES)],
        ),
        by_name("Time", displayName="Run of", unit="dateTimeAsLocal"),
        by_name(
            "New",
            mappings=yes_no("new", "as usual"),
            custom__cellOptions={"type": "color-background", "mode": "basic"},
        ),
    ),
)
_KM = Panel(
    kind="bargauge",
    title="Kilometres in the time shown",
    question="Who ran how far?",
    targets=(
        table(
            (
                Shown(
                    "session",
                    "distance_m",
                    "Distance",
                    "sum({}) / 1000",
                    "lengthkm",
                    1,
                    "kilometres of all runs in the time shown",
                ),
            ),
            *_THEM,
            group_by="runner",
        ),
    ),
    empty=EMPTY,
    width=12,
    height=10,
    unit="lengthkm",
    defaults={"min": 0},
    options=bar_options("/^Distance$/", is_per_row=True),
)
_LIGHTS = Panel(
    kind="table",
    title="Lights that came on and went out",
    question="Whose light came on, when, and why?",
    targets=(
        table(
            (
                Shown("event", "runner", "Runner"),
                Shown("event", "kind", "Kind", meaning="came on or went out"),
                Shown("event", "code", "Code"),
                Shown("event", "text", "Why"),
            ),
            *_THEM,
            '"kind" =~ /^alert_/',
            latest=100,
        ),
    ),
    empty="no light came on",
    width=12,
    height=10,
    defaults=_CELLS,
    options=TABLE,
    overrides=(
        by_name("Time", displayName="When", unit="dateTimeAsLocal"),
        by_name("Kind", mappings=event_words()),
        by_name("Code", mappings=code_words()),
    ),
)
_SHIFTS = Panel(
    kind="timeseries",
    title="Off their own usual, run by run",
    question=(
        "Since when? Zero is each runner's own usual; above it the right foot stays "
        "down longer than it usually does."
    ),
    targets=(
        series(
            (_base("shift", "Off the usual"),),
            *_THEM,
            _CONTACT,
            alias="$tag_runner",
            group_by=("runner",),
        ),
    ),
    empty="nobody has five earlier runs to be compared with",
    height=10,
    unit="percent",
    defaults=around_zero("\N{LEFTWARDS ARROW} left longer | right longer"),
    options=CHART,
)
_SEEN = Panel(
    kind="table",
    title="Last seen",
    question="Who has not run for a while? All time, not only the time shown.",
    targets=(
        table(
            (
                Shown("session", "steps", "Steps", "last({})", decimals=0),
                Shown("session", "verdict", "Left and right"),
                Shown("session", "shoe", "Shoe"),
                Shown("session", "state", "State"),
            ),
            THE_RUNNERS,
            group_by="runner",
        ),
    ),
    empty=EMPTY,
    height=9,
    defaults=_CELLS,
    options=TABLE,
    overrides=(
        by_name("runner", displayName="Runner"),
        by_name("Time", displayName="Last run began", unit="dateTimeFromNow"),
    ),
)
_CHANGED = Panel(
    kind="table",
    title="Runs outside the own usual band, every figure",
    question="Who changed, and in what? Newest first.",
    targets=(
        table(
            (
                Shown("baseline", "runner", "Runner"),
                Shown("baseline", "metric", "Figure"),
                Shown("baseline", "shift", "Off usual, + right", decimals=1),
                Shown("baseline", "ci_unit", "Unit"),
                Shown("baseline", "session", "Run", meaning="the run it was"),
            ),
            *_THEM,
            '"is_new" = true',
            latest=100,
        ),
    ),
    empty="nobody is outside their own usual band",
    height=9,
    defaults=_CELLS | {"thresholds": steps((0.0, LOUD), base=QUIET)},
    options=TABLE,
    overrides=(
        by_name("Time", displayName="When", unit="dateTimeAsLocal"),
        by_name("Figure", mappings=metric_words()),
    ),
)

BOARD = Board(
    uid="treadwear-squad",
    title="Squad",
    question="Who changed this week, and who has not been seen?",
    rows=(
        (_LATEST,),
        (_LIGHTS, _KM),
        (_CHANGED,),
        (_SHIFTS,),
        (
            runs_panel(
                "Runs in the time shown",
                "Which runs were there? Open one by its name.",
                runs_table(*_THEM, latest=200),
                height=10,
            ),
        ),
        (_SEEN,),
    ),
    variables=(_RUNNERS,),
    since="now-7d",
)
