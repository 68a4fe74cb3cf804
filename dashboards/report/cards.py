"""Page 1's cards: what stands out, how sure that is, and since when."""

from dataclasses import dataclass
from enum import IntEnum

from contract.rows import BaselineRow, FindingRow
from contract.verdicts import AS_USUAL
from dashboards.report.cases import Case, is_swap_suspected, said
from dashboards.report.clipping import limit_words
from dashboards.report.data import ReportData
from dashboards.report.metrics import (
    is_known,
    number,
    sentence,
    side_of,
    signed,
    together,
)
from dashboards.report.sparkline import last_runs, sparkline

MOST_SURE = 3
SURE_WORDS = {1: "not sure yet", 2: "fairly sure", 3: "very sure"}
TITLES = {
    "contact_time_s": ("Time on the ground", "{Side} stays down longer"),
    "impulse_bws": ("Load on the ground", "{Side} carries more"),
    "peak_force_bw": ("Load on the ground", "{Side} carries more"),
    "step_time_s": ("Rhythm of the steps", "{Side} step takes longer"),
    "flight_time_s": ("Time in the air", "More time in the air after the {side}"),
    "pronation_excursion_deg": ("Inward roll", "{Side} rolls in more"),
    "pronation_velocity_dps": ("Speed of the inward roll", "{Side} rolls in faster"),
    "strike_angle_deg": ("How the foot lands", "{Side} lands with the toes higher"),
    "toe_out_deg": ("Where the toes point", "{Side} toes point out more"),
    "impact_g": ("Landing shock", "{Side} lands harder"),
    "braking_g": ("Braking shock", "{Side} brakes harder"),
    "pelvic_drop_deg": ("Level of the hips", "The hips drop more on the {side}"),
}
"""What a finding is about, and how a difference is said, with its side."""

UNKNOWN_TITLE = ("Left and right", "{Side} has more")
UNITS = {"deg": "°", "deg/s": " °/s", "%": " %"}
NOT_PLACED = "Not judged: first make sure that each sensor sits on its own foot."
NOTHING_MORE = "Nothing stands out beyond the sentence at the top."
NOTHING = "Nothing stands out in this run."
LARGER_RANGE = (
    "These steps were harder than the sensor can measure. A sensor with a larger range "
    "could compare them."
)
OLD_NEWS = {
    # Noticed for the first time is not the same as new for the runner.
    "new in this run": "first noticed in this run",
}


class Kind(IntEnum):
    """In which way something stands out.

    The last digit of a code says it: each metric has three codes in a row, from 1, 4
    or 7 (processing/advice/finding_rules.py and standout.py).
    """

    DIFFERENCE = 0
    NEW = 1
    GROWING = 2


@dataclass(frozen=True)
class FindingCard:
    """One finding: what, how much, how sure, since when, and what to do."""

    title: str
    size: str
    span: str
    usual: str
    side: str
    ink: str
    dots: str
    sure: str
    text: str
    since: str
    action: str
    spark: str
    runs: tuple[str, ...]


def finding_cards(data: ReportData) -> list[FindingCard]:
    """One card per finding, what stands out most first."""
    return [_finding(row, data) for row in data.findings]


def no_finding(data: ReportData, case: Case) -> str:
    """Say why there are no findings: nothing to tell, or not to be told."""
    if is_swap_suspected(data):
        return NOT_PLACED
    is_told = case is Case.CLEAR and said(data) != AS_USUAL
    return NOTHING_MORE if is_told else NOTHING


def kind_of(code: str) -> Kind:
    """In which way a finding stands out; an unknown code is a difference."""
    digit = code[-1:]
    return Kind((int(digit) - 1) % 3) if digit.isdecimal() else Kind.DIFFERENCE


def _limited(row: FindingRow, why: str) -> FindingCard:
    """Name what cannot be told: no size, no side, not how sure."""
    about, _ = TITLES.get(row.metric, UNKNOWN_TITLE)
    return FindingCard(
        title=f"{about}: not compared",
        size="",
        span=sentence(why),
        usual="",
        side="",
        ink="N",
        dots="",
        sure="",
        text=sentence(f"{about}: {why}, so it is not compared"),
        since="",
        action=LARGER_RANGE,
        spark="",
        runs=(),
    )


def _finding(row: FindingRow, data: ReportData) -> FindingCard:
    why = limit_words(row.metric, data)
    return _limited(row, why) if why else _told(row, data)


def _told(row: FindingRow, data: ReportData) -> FindingCard:
    unit = UNITS.get(row.unit, f" {row.unit}")
    side, kind = side_of(row.size), kind_of(row.code)
    sure = min(max(row.certainty, 1), MOST_SURE)
    own = data.baseline.get(row.metric) if kind is not Kind.GROWING else None
    trends = data.advice.changes if kind is Kind.GROWING else data.advice.trends
    values = last_runs(trends.get(row.metric, ()))
    return FindingCard(
        title=_title(row.metric, side, kind),
        size=_size(row, unit, kind),
        span=_span(row, _step(row, unit, kind)),
        usual=_usual(own, unit, kind),
        side=side,
        ink="L" if side == "left" else "R",
        dots="●" * sure + "○" * (MOST_SURE - sure),
        sure=SURE_WORDS[sure],
        text=sentence(row.text),
        since=OLD_NEWS.get(row.since, row.since),
        action=sentence(row.action),
        spark=sparkline(values, own, unit, side),
        runs=tuple(signed(v) for v in values),
    )


def _title(metric: str, side: str, kind: Kind) -> str:
    """Name a difference by its side; a change by where it went."""
    about, differs = TITLES.get(metric, UNKNOWN_TITLE)
    if kind is Kind.NEW:
        return f"{about}: further {side} than usual"
    if kind is Kind.GROWING:
        return f"{about}: it changed as you ran"
    return differs.format(side=side, Side=side.capitalize())


def _size(row: FindingRow, unit: str, kind: Kind) -> str:
    """Say how much; percent that are compared with percent are points."""
    told = f"{number(abs(row.size), 1)}{_step(row, unit, kind)}"
    return told if kind is Kind.DIFFERENCE else f"{told} to the {side_of(row.size)}"


def _step(row: FindingRow, unit: str, kind: Kind) -> str:
    """Unit of a size and of its interval."""
    is_points = row.unit == "%" and kind is not Kind.DIFFERENCE
    return " points" if is_points else unit


def _usual(own: BaselineRow | None, unit: str, kind: Kind) -> str:
    if not (own and is_known(own.usual)):
        return ""
    even = not number(abs(own.usual), 1).strip("0.")
    told = "even" if even else f"{number(abs(own.usual), 1)}{unit} {side_of(own.usual)}"
    now = own.usual + own.shift
    new = f"; now {number(abs(now), 1)}{unit} {side_of(now)}"
    return f"usual {told}{new if kind is Kind.NEW else ''}"


def _span(row: FindingRow, unit: str) -> str:
    """Say the interval without signs: its ends with their side where they differ."""
    if not is_known(row.low, row.high):
        return "range not known"
    low, high = (number(abs(v), 1) for v in (row.low, row.high))
    if row.low < 0 < row.high:
        return f"{low}{unit} left to {high}{unit} right"
    ends = (high, low) if row.high <= 0 else (low, high)
    return together(f"likely {ends[0]} to {ends[1]}{unit}")
