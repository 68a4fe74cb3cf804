"""Tables of the board of one run: splits, all figures, findings, plan, data quality."""

from dashboards.grafana.columns import Shown
from dashboards.grafana.looks import (
    by_name,
    code_words,
    event_words,
    metric_words,
    nothing,
    yes_no,
)
from dashboards.grafana.panels import (
    TABLE,
    Panel,
    narrow,
    table_defaults,
    without,
)
from dashboards.grafana.queries import Target, equals, matches, table

THIS_RUN = matches("session")
CONTACT = equals("metric", "contact_time_s")
EMPTY = "not known for this run"


def _text_table(
    title: str, question: str, target: Target, width: int = 24, **more: object
) -> Panel:
    given: dict[str, object] = {
        "empty": EMPTY,
        "height": 8,
        "transformations": (without("Time"),),
        **more,
    }
    return Panel(
        kind="table",
        title=title,
        question=question,
        targets=(target,),
        width=width,
        defaults=table_defaults() | {"mappings": [nothing("not known")]},
        options=TABLE,
        **given,  # type: ignore[arg-type]
    )


def _balance(name: str, title: str, pick: str = "{}", unit: str = "") -> Shown:
    return Shown("balance", name, title, pick, unit, None)


SPLITS = _text_table(
    "Kilometre by kilometre",
    "Where in the run did the difference show? Ground contact time.",
    table(
        (
            _balance("left", "Left", "{} * 1000", "ms"),
            _balance("right", "Right", "{} * 1000", "ms"),
            _balance("asi_pct", "Balance, + right"),
            _balance("ci_low", "Interval, low", unit="percent"),
            _balance("ci_high", "Interval, high", unit="percent"),
            _balance("n_pairs", "Pairs"),
        ),
        THIS_RUN,
        equals("window", "km"),
        CONTACT,
    ),
    width=12,
    transformations=(),
    overrides=(by_name("Time", displayName="From", unit="dateTimeAsLocal"),),
)
METRICS = _text_table(
    "Every figure, left against right",
    (
        "How do the feet differ in everything that is compared, and how sure is that? "
        "An interval that holds zero shows no clear difference."
    ),
    table(
        (
            _balance("metric", "Figure"),
            _balance("left", "Left"),
            _balance("right", "Right"),
            _balance("difference", "Right less left"),
            _balance("asi_pct", "Balance, + right"),
            _balance("ci_low", "Interval, low"),
            _balance("ci_high", "Interval, high"),
            _balance("ci_unit", "Unit of the interval"),
        ),
        THIS_RUN,
        equals("window", "run"),
    ),
    height=10,
    decimals=3,
    overrides=(by_name("Figure", mappings=metric_words()),),
)
OWN = _text_table(
    "Against the runner's own earlier runs",
    "What is new for this runner? Only runs in the same shoe at a similar pace count.",
    table(
        (
            Shown("baseline", "metric", "Figure"),
            Shown("baseline", "shift", "Off usual, + right"),
            Shown("baseline", "usual", "Usual"),
            Shown("baseline", "band_low", "Usual band, low"),
            Shown("baseline", "band_high", "Usual band, high"),
            Shown("baseline", "mdc", "Smallest real change"),
            Shown("baseline", "ci_unit", "Unit"),
            Shown("baseline", "runs", "Earlier runs", decimals=0),
            Shown("baseline", "is_new", "New"),
        ),
        THIS_RUN,
    ),
    height=9,
    empty="no comparison yet: that needs five earlier runs in this shoe at this pace",
    overrides=(
        by_name("New", mappings=yes_no("new", "as usual")),
        by_name("Figure", mappings=metric_words()),
    ),
)
FINDINGS = _text_table(
    "What stands out",
    "What differs, how sure is that, and what is the one thing to do?",
    table(
        (
            Shown("finding", "rank", "Place", decimals=0),
            Shown("finding", "text", "What"),
            Shown("finding", "size", "Size, + right"),
            Shown("finding", "low", "Interval, low"),
            Shown("finding", "high", "Interval, high"),
            Shown("finding", "unit", "Unit"),
            Shown("finding", "certainty", "Certainty", decimals=0),
            Shown("finding", "since", "Since"),
            Shown("finding", "action", "Do"),
        ),
        THIS_RUN,
    ),
    empty="nothing stands out",
    overrides=narrow(
        "Place", "Size, + right", "Interval, low", "Interval, high", "Unit", "Certainty"
    ),
)
PLAN = _text_table(
    "Do this week",
    "Which exercises follow from what stands out? Stop if it hurts.",
    table(
        (
            Shown("exercise", "phase", "Phase"),
            Shown("exercise", "exercise", "Exercise"),
            Shown("exercise", "dose", "How much"),
            Shown("exercise", "when", "When"),
            Shown("exercise", "why", "Why"),
            Shown("exercise", "retest", "Next check"),
        ),
        THIS_RUN,
    ),
    empty="no exercises",
)
QUALITY = _text_table(
    "How good the data are",
    (
        "What did each sensor deliver, and what is held back because of it? While a "
        "run goes on, told anew every half minute."
    ),
    table(
        (
            Shown("quality", "side", "Sensor", meaning="left, right or hip"),
            Shown("quality", "rate_hz", "Rate", decimals=0),
            Shown("quality", "steps", "Steps", decimals=0),
            Shown("quality", "rejected", "Rejected", decimals=0),
            Shown("quality", "gaps", "Gaps", decimals=0),
            Shown("quality", "lost_s", "Lost"),
            Shown("quality", "battery_pct", "Battery", decimals=0),
            Shown("quality", "calibration", "Calibration"),
            Shown("quality", "withheld", "Held back"),
        ),
        THIS_RUN,
    ),
)
EVENT = (
    Shown("event", "kind", "Kind", meaning="what kind of thing it was"),
    Shown("event", "text", "What"),
    Shown("event", "code", "Code"),
)
EVENTS = _text_table(
    "What happened on the way",
    "Marks, gaps, lights that came on and went out.",
    table(EVENT, THIS_RUN, latest=200),
    width=12,
    empty="nothing was noted",
    transformations=(),
    overrides=(
        by_name("Time", displayName="When", unit="dateTimeAsLocal"),
        by_name("Kind", mappings=event_words()),
        by_name("Code", mappings=code_words()),
    ),
)
