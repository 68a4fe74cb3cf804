"""Tread wear: whether the load is uneven, where, and whether that changes."""

from contract.people import Shoe
from dashboards.grafana.board import Board, Variable
from dashboards.grafana.columns import Shown
from dashboards.grafana.looks import (
    BAND,
    LEFT,
    QUIET,
    RIGHT,
    WARN,
    band,
    by_name,
    by_pattern,
    fixed,
    nothing,
    shades,
    sides,
    steps,
)
from dashboards.grafana.panels import (
    CHART,
    Panel,
    around_zero,
    bar_options,
    line_options,
    stat_options,
)
from dashboards.grafana.queries import (
    IN_TIME,
    Target,
    equals,
    matches,
    series,
    table,
    tag_values,
)
from dashboards.grafana.run_tables import runs_panel, runs_table
from dashboards.grafana.sole import ZONES, soles, zone_column, zone_title

RUNNER = Variable(
    "runner",
    "Runner",
    "Whose shoes; runners go by their pseudonyms.",
    tag_values("session", "runner"),
)
_SHOE = Variable(
    "shoe",
    "Shoe",
    "Which of this runner's shoes; all of them unless chosen.",
    tag_values("session", "shoe", matches("runner")),
    is_many=True,
)
_THESE_SHOES = (matches("runner"), matches("shoe"))
_SHOWN = (*_THESE_SHOES, IN_TIME)
_MODEL = "Estimated from motion, not measured pressure, and not wear of the rubber."
_PER_CENTS = (
    "Two kinds of per cent stand on this board. Contact time: right less left over the "
    "mean of both. Load: right less left over the sum of both, which makes the same "
    "difference half as many per cent."
)
_SERVICE_KM = Shoe(name="").service_km
"""Where nobody set another; the boards cannot know of those that were set."""
_WEEK = "1w, 4d"
"""Weeks that begin on Monday: InfluxDB counts them from 1 January 1970, a Thursday."""


def _zones(side: str) -> Target:
    """Share of each zone in the load of one shoe, over all runs of the time shown."""
    shown = tuple(
        Shown(
            "wear",
            zone_column(edge, part),
            zone_title(side, edge, part),
            '100 * sum({}) / sum("dose_bws")',
            "percent",
            0,
            f"share of the {side.lower()} shoe's load under its {edge} {part}",
        )
        for edge, part in ZONES
    )
    known = '"heel_medial_bws" >= 0'
    return table(shown, equals("side", side.lower()), known, *_SHOWN)


_WORD = Shown("session", "verdict", "Left and right, latest run", "last({})")
_VERDICT = Panel(
    kind="stat",
    title=_WORD.title,
    question="Is the runner uneven? Ground contact in the latest run shown here.",
    targets=(table((_WORD,), *_SHOWN),),
    empty="no run in this time",
    height=4,
    unit=_WORD.grafana_unit,
    options=stat_options(f"/^{_WORD.title}$/"),
)
_TYRES = Panel(
    kind="canvas",
    title="Where the load goes: both soles from above",
    question=f"Which part of each sole carries the load? {_MODEL}",
    targets=(_zones("Left"), _zones("Right")),
    empty="no load known",
    width=12,
    height=18,
    unit="percent",
    decimals=0,
    defaults={"thresholds": shades(), "mappings": [nothing("none", "#FFFFFF")]},
    options=soles(),
)
_BARS = Panel(
    kind="bargauge",
    title="Where the load goes: the same twelve as bars",
    question=f"How large is each share? An even share is 17 %. {_MODEL}",
    targets=(_zones("Left"), _zones("Right")),
    empty="no load known",
    width=12,
    height=18,
    unit="percent",
    decimals=0,
    defaults={"min": 0, "max": 40, "thresholds": shades()},
    options=bar_options(),
    overrides=sides(is_line=False),
)


def _contact(measurement: str, name: str, title: str) -> Shown:
    return Shown(measurement, name, title, unit="percent", decimals=1)


_TREND = Panel(
    kind="timeseries",
    title="Ground contact, left against right, run by run: $shoe",
    question=(
        "Is the difference new for this runner? One panel for each shoe chosen above. "
        "Around the line: the 95 % interval of each run. Grey: the runner's own usual "
        "band in this shoe, from earlier runs. Above zero the right foot stays down "
        "longer, below zero the left. " + _PER_CENTS
    ),
    targets=(
        series(
            (
                _contact("balance", "asi_pct", "Imbalance"),
                _contact("balance", "ci_low", "Interval, low"),
                _contact("balance", "ci_high", "Interval, high"),
            ),
            equals("window", "run"),
            equals("metric", "contact_time_s"),
            *_SHOWN,
        ),
        series(
            (
                _contact("baseline", "band_low", "Usual band, low"),
                _contact("baseline", "band_high", "Usual band, high"),
                _contact("baseline", "usual", "Usual"),
            ),
            equals("metric", "contact_time_s"),
            *_SHOWN,
        ),
    ),
    empty="no run with both shoes in this time",
    height=11,
    unit="percent",
    defaults=around_zero("\N{LEFTWARDS ARROW} left longer | right longer"),
    options=CHART,
    overrides=(
        *band("Usual band, low", "Usual band, high", BAND, 25),
        *band("Interval, low", "Interval, high", WARN, 30),
        by_name("Usual", color=fixed(QUIET), custom__lineWidth=1),
        by_name("Imbalance", color=fixed("text"), custom__showPoints="always"),
    ),
    repeat="shoe",
)
_BETWEEN = Panel(
    kind="timeseries",
    title="Load, left shoe against right shoe, week by week",
    question=(
        "Does one shoe carry more, and is that so in every pair? Above zero the right "
        f"shoe carries more, below zero the left. {_MODEL} {_PER_CENTS}"
    ),
    targets=(
        series(
            (
                Shown(
                    "wear",
                    "lr_pct",
                    "Left against right",
                    "mean({})",
                    decimals=1,
                ),
            ),
            equals("side", "left"),
            *_SHOWN,
            alias="$tag_shoe",
            group_by=("shoe",),
            every=_WEEK,
        ),
    ),
    empty="no run with both shoes in this time",
    height=9,
    unit="percent",
    defaults=around_zero("\N{LEFTWARDS ARROW} left more | right more"),
    options=CHART,
)


def _within(side: str, colour: str) -> Panel:
    """Inner against outer and heel against front of one shoe."""
    shown = (
        Shown("wear", "ml_pct", "Inner against outer", "mean({})"),
        Shown("wear", "hf_pct", "Heel against front", "mean({})"),
    )
    target = series(
        shown,
        equals("side", side.lower()),
        *_SHOWN,
        alias="$col, $tag_shoe",
        group_by=("shoe",),
        every=_WEEK,
    )
    return Panel(
        kind="timeseries",
        title=f"{side} shoe: inner against outer, heel against front",
        question=(
            f"Is the load of the {side.lower()} shoe moving to one edge or one end? "
            "The weekly mean of its runs. Above zero its inner edge, or its heel, "
            "carries more; below zero its outer edge, or its front. "
            f"{_MODEL} Compare run with run, not heel with front: the model's middle "
            "of pressure leaves the heel early."
        ),
        targets=(target,),
        empty=f"no load known under the {side.lower()} shoe",
        width=12,
        height=9,
        unit="percent",
        defaults=around_zero("\N{LEFTWARDS ARROW} outer, front | inner, heel"),
        options=CHART,
        overrides=(
            by_pattern("/^Inner/", color=fixed(colour)),
            by_pattern(
                "/^Heel/",
                color=fixed(colour),
                custom__lineStyle={"fill": "dash", "dash": [8, 5]},
            ),
        ),
    )


_KM = Shown(
    "session",
    "distance_m",
    "Distance",
    "sum({}) / 1000",
    "lengthkm",
    0,
    "kilometres run in this shoe over its whole life, whatever time is shown",
)
_ODOMETER = Panel(
    kind="bargauge",
    title="Kilometres per shoe, over its life",
    question=(
        "How far has each pair run? The mean of both feet, all runs. The bar changes "
        f'its colour at {_SERVICE_KM:.0f} km: the distance at which "treadwear shoes" '
        "reminds of a look at soles and foam, unless another is set there. It is a "
        "common service distance, a reminder and not a limit."
    ),
    targets=(table((_KM,), *_THESE_SHOES, group_by="shoe"),),
    empty="no distance known",
    width=12,
    height=8,
    unit="lengthkm",
    decimals=0,
    defaults={
        "min": 0,
        "max": 800,
        "thresholds": steps((_SERVICE_KM, WARN), base=QUIET),
    },
    options=bar_options("/^Distance$/", is_per_row=True),
)
_DOSE = Panel(
    kind="timeseries",
    title="Load per shoe, left and right, week by week",
    question=f"How much load did each shoe take in a week? {_MODEL}",
    targets=tuple(
        series(
            (
                Shown(
                    "wear",
                    "dose_bws",
                    f"{side} load",
                    "sum({})",
                    decimals=0,
                ),
            ),
            equals("side", side.lower()),
            *_SHOWN,
            alias=side,
            every=_WEEK,
        )
        for side in ("Left", "Right")
    ),
    empty="no load in this time",
    width=12,
    height=8,
    unit="suffix:BW s",
    decimals=0,
    defaults=line_options(showPoints="always") | {"min": 0},
    options=CHART,
    overrides=sides(),
)

BOARD = Board(
    uid="treadwear-wear",
    title="Tread wear",
    question=(
        f"Is the load on a runner's shoes uneven, where, and is that changing? {_MODEL}"
    ),
    rows=(
        (_VERDICT,),
        (_TYRES, _BARS),
        (_TREND,),
        (_BETWEEN,),
        (_within("Left", LEFT), _within("Right", RIGHT)),
        (_ODOMETER, _DOSE),
        (
            runs_panel(
                "Runs behind these figures",
                "Which runs are these? Open one by its name.",
                runs_table(*_SHOWN),
            ),
        ),
    ),
    variables=(RUNNER, _SHOE),
)
