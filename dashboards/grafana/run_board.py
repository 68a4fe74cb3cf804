"""Run: what one run was like, left against right."""

from dashboards.grafana.board import NEWEST_FIRST, Annotation, Board, Variable
from dashboards.grafana.columns import CLOCK, Shown
from dashboards.grafana.looks import (
    LOUD,
    WARN,
    band,
    by_name,
    fixed,
    sides,
)
from dashboards.grafana.panels import (
    BREAK_MS,
    CHART,
    Panel,
    around_zero,
    line_options,
    stat_options,
)
from dashboards.grafana.queries import (
    IN_TIME,
    INTERVAL,
    Target,
    equals,
    matches,
    series,
    table,
    tag_values,
)
from dashboards.grafana.run_details import (
    CONTACT,
    EMPTY,
    EVENTS,
    FINDINGS,
    METRICS,
    OWN,
    PLAN,
    QUALITY,
    SPLITS,
    THIS_RUN,
)
from dashboards.grafana.run_tables import RUN_UID, runs_panel, runs_table
from dashboards.grafana.wear_board import RUNNER

_SESSION = Variable(
    "session",
    "Run",
    "Newest first: the name of a run begins with its date and time (UTC).",
    tag_values("session", "session", matches("runner")),
    sort=NEWEST_FIRST,
)
_SEEN = (THIS_RUN, IN_TIME)
_MARKS = (Shown("event", "text", "What"), Shown("event", "session", "Run"))
_GOES_ON = "While it goes on, told anew every half minute."
_ELSEWHEN = (
    "nothing in the time shown: open the run from the list above, so that the time fits"
)


def _stat(shown: Shown, *conditions: str, width: int = 4) -> Panel:
    """One figure of the run."""
    return Panel(
        kind="stat",
        title=shown.title,
        question=f"{shown.title} of this run. {_GOES_ON}",
        targets=(table((shown,), THIS_RUN, *conditions),),
        empty=EMPTY,
        width=width,
        height=4,
        unit=shown.grafana_unit,
        decimals=1 if shown.decimals is None else shown.decimals,
        options=stat_options(f"/^{shown.title}$/"),
    )


_FIGURES = (
    _stat(Shown("session", "verdict", "Left and right", "last({})"), width=8),
    _stat(Shown("session", "distance_m", "Distance", "last({}) / 1000", "lengthkm", 1)),
    _stat(Shown("session", "duration_s", "Duration", "last({})", CLOCK, 0)),
    _stat(Shown("session", "cadence_spm", "Cadence", "last({})", decimals=0)),
    _stat(Shown("session", "steps", "Steps", "last({})", decimals=0)),
)


def _per_side(name: str, pick: str, unit: str, decimals: int) -> tuple[Target, ...]:
    """A column of the steps, left and right as two series."""
    return tuple(
        series(
            (Shown("step", name, side, f"mean({{}}){pick}", unit, decimals),),
            equals("side", side.lower()),
            *_SEEN,
            alias=side,
            every=INTERVAL,
        )
        for side in ("Left", "Right")
    )


def _steps(
    title: str, question: str, name: str, pick: str, unit: str, decimals: int
) -> Panel:
    return Panel(
        kind="timeseries",
        title=title,
        question=question,
        targets=_per_side(name, pick, unit, decimals),
        empty=_ELSEWHEN,
        height=9,
        unit=unit,
        decimals=decimals,
        defaults=line_options(insertNulls=BREAK_MS),
        options=CHART,
        overrides=sides(),
        interval="5s",
    )


_WINDOWS = Panel(
    kind="timeseries",
    title="Balance of ground contact, half minute by half minute",
    question=(
        "Did the difference grow as the runner tired? Around the line: its 95 % "
        "interval. Above zero the right foot stays down longer. While a run goes on, "
        "new half minutes come every 30 s."
    ),
    targets=(
        series(
            (
                Shown("balance", "asi_pct", "Balance"),
                Shown("balance", "ci_low", "Interval, low", unit="percent"),
                Shown("balance", "ci_high", "Interval, high", unit="percent"),
            ),
            equals("window", "30s"),
            CONTACT,
            *_SEEN,
        ),
    ),
    empty=_ELSEWHEN,
    height=9,
    unit="percent",
    defaults=around_zero(
        "\N{LEFTWARDS ARROW} left longer | right longer", insertNulls=BREAK_MS
    ),
    options=CHART,
    overrides=(
        *band("Interval, low", "Interval, high", WARN, 30),
        by_name("Balance", color=fixed("text"), custom__showPoints="always"),
    ),
)


def _distribution(title: str, name: str, pick: str, unit: str, bucket: float) -> Panel:
    """How often each value came, left beside right."""
    targets = tuple(
        table(
            (Shown("step", name, side, f"{{}}{pick}", unit),),
            THIS_RUN,
            equals("side", side.lower()),
        )
        for side in ("Left", "Right")
    )
    custom = {"fillOpacity": 45, "gradientMode": "none", "lineWidth": 2}
    return Panel(
        kind="histogram",
        title=title,
        question="Is one foot different on every step, or now and then? All its steps.",
        targets=targets,
        empty=EMPTY,
        width=12,
        height=9,
        unit=unit,
        decimals=0,
        defaults={"color": {"mode": "palette-classic"}, "custom": custom},
        options={
            "bucketSize": bucket,
            "combine": False,
            "legend": CHART["legend"],
            "tooltip": CHART["tooltip"],
        },
        overrides=sides(is_line=False),
    )


BOARD = Board(
    uid=RUN_UID,
    title="Run",
    question="What was one run like, left against right?",
    rows=(
        (
            runs_panel(
                "Runs of this runner",
                (
                    "Which run? Open one by its name: the charts below then show its "
                    "time. Choosing a run at the top changes the figures, not the time."
                ),
                runs_table(matches("runner"), latest=20),
                height=6,
            ),
        ),
        _FIGURES,
        (
            _steps(
                "Ground contact time, left and right",
                "How long did each foot stay on the ground, over the run?",
                "contact_time_s",
                " * 1000",
                "ms",
                0,
            ),
        ),
        (_WINDOWS,),
        (
            _distribution(
                "Contact time, how often", "contact_time_s", " * 1000", "ms", 4.0
            ),
            _distribution(
                "Strike angle, how often", "strike_angle_deg", "", "degree", 1.0
            ),
        ),
        (SPLITS, EVENTS),
        (FINDINGS,),
        (PLAN,),
        (METRICS,),
        (OWN,),
        (
            _steps(
                "Shoe eversion, left and right",
                "How far did each shoe roll inwards after landing, over the run?",
                "pronation_excursion_deg",
                "",
                "degree",
                1,
            ),
        ),
        (QUALITY,),
    ),
    variables=(RUNNER, _SESSION),
    annotations=(
        Annotation(
            "Events",
            table(_MARKS, *_SEEN).query,
            LOUD,
            "event.What",
            "Run",
        ),
    ),
    since="now-6h",
)
