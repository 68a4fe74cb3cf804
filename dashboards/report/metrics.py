"""Metrics in people's units, and numbers as text that never reads nan or None."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from contract.rows import BalanceRow, BaselineRow

UNKNOWN = "not known"
MINUS = "\N{MINUS SIGN}"
# Two lines of a heading on paper; the command takes no longer names either.
LONGEST_NAME = 60


class Panel(Enum):
    """Metrics that are drawn on one scale; the value says what its axis counts."""

    PERCENT = "% of the mean · + = right larger"
    SHOCK = "% of the mean · shock: compare with your own runs only"
    ANGLE = "degrees, right minus left"
    VELOCITY = "degrees a second, right minus left"

    @property
    def is_own_only(self) -> bool:
        """Whether only earlier runs with the same sensors make it meaningful.

        How tightly a sensor sits scales a shock (algorithms.md 3).
        """
        return self is Panel.SHOCK


@dataclass(frozen=True)
class Metric:
    """How one compared column is named and written.

    Attributes
    ----------
    column : str
        Its name in the rows.
    label, unit : str
        Its name and unit for people.
    factor : float
        From the row's unit to the shown one.
    digits : int
        Decimals shown.
    larger : str
        What more of it is called: longer, higher, larger.
    panel : Panel
        Which rows it is drawn with, on one scale.
    """

    column: str
    label: str
    unit: str
    factor: float
    digits: int
    larger: str
    panel: "Panel" = Panel.PERCENT

    def text(self, value: float | None) -> str:
        """Value in the shown unit, without the unit."""
        return number(None if value is None else value * self.factor, self.digits)

    def signed_text(self, value: float | None) -> str:
        """Value in the shown unit, always with its sign."""
        return signed(None if value is None else value * self.factor, self.digits)


METRICS = (
    Metric("contact_time_s", "Contact time", "ms", 1000.0, 1, "longer"),
    Metric("flight_time_s", "Flight time", "ms", 1000.0, 1, "longer"),
    Metric("step_time_s", "Step time", "ms", 1000.0, 1, "longer"),
    Metric("stride_time_s", "Stride time", "ms", 1000.0, 1, "longer"),
    Metric("swing_time_s", "Swing time", "ms", 1000.0, 1, "longer"),
    Metric("duty_factor", "Duty factor", "%", 100.0, 1, "higher"),
    Metric("cadence_spm", "Cadence", "steps/min", 1.0, 1, "higher"),
    Metric("impulse_bws", "Impulse", "BW s", 1.0, 3, "larger"),
    Metric("peak_force_bw", "Peak force, modelled", "BW", 1.0, 2, "higher"),
    Metric("stride_length_m", "Stride length", "m", 1.0, 2, "longer"),
    Metric("impact_g", "Impact", "g", 1.0, 1, "higher", Panel.SHOCK),
    Metric("braking_g", "Braking", "g", 1.0, 1, "higher", Panel.SHOCK),
    Metric("strike_angle_deg", "Strike angle", "°", 1.0, 1, "toes higher", Panel.ANGLE),
    Metric(
        "pitch_at_toe_off_deg",
        "Pitch at toe-off",
        "°",
        1.0,
        1,
        "toes higher",
        Panel.ANGLE,
    ),
    Metric(
        "pronation_excursion_deg",
        "Pronation excursion",
        "°",
        1.0,
        1,
        "more",
        Panel.ANGLE,
    ),
    Metric("toe_out_deg", "Toe-out", "°", 1.0, 1, "more", Panel.ANGLE),
    Metric(
        "pronation_velocity_dps",
        "Pronation velocity",
        "°/s",
        1.0,
        0,
        "faster",
        Panel.VELOCITY,
    ),
)
"""In the order of the table."""


def is_known(*values: float | None) -> bool:
    """Whether all of them are finite numbers."""
    return all(v is not None and math.isfinite(v) for v in values)


def is_usable(row: BalanceRow | None) -> bool:
    """Whether a comparison can be shown: there, and with finite figures."""
    return row is not None and is_known(row.size, row.ci_low, row.ci_high)


def is_clear(row: BalanceRow) -> bool:
    """Whether the 95 % interval leaves out zero."""
    return row.ci_low > 0 or row.ci_high < 0


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with grouped thousands and a real minus sign."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    text = f"{value:,.{digits}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    is_zero = not text.strip("-0.")
    return text.removeprefix("-") if is_zero else text.replace("-", MINUS)


def signed(value: float | None, digits: int = 1) -> str:
    """Write a number with its sign, also a plus; zero has none."""
    text = number(value, digits)
    is_plus = text != UNKNOWN and not text.startswith(MINUS) and text.strip("0.")
    return f"+{text}" if is_plus else text


def clock(duration_s: float | None) -> str:
    """Write a duration as min:s, or h:min:s from one hour on."""
    if duration_s is None or not math.isfinite(duration_s):
        return UNKNOWN
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02d}"
    return f"{minutes}:{seconds:02d}"


def side_of(asi_pct: float) -> str:
    """Side on which a signed figure is larger: right for plus, left for minus."""
    return "right" if asi_pct > 0 else "left"


def reading(metric: Metric, row: BalanceRow, own: BaselineRow | None = None) -> str:
    """Say in words what a comparison shows, against the own usual where it is known."""
    differs = f"{side_of(row.size)} {metric.larger}" if is_clear(row) else ""
    if own:
        new = f"new: {differs}" if differs else "new for you"
        return new if own.is_new else "as usual"
    if metric.panel.is_own_only:
        return "own runs only"
    return differs or "no clear difference"


def sentence(text: str) -> str:
    """Write words as a sentence: a capital at its start, one full stop at its end."""
    words = text.strip().rstrip(".")
    return f"{words[0].upper()}{words[1:]}." if words else ""


def together(text: str) -> str:
    """Keep words on one line: a figure does not leave what it belongs to."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """Cut a name that would fill its place; what is cut off shows as an ellipsis."""
    whole = " ".join(name.split())
    if len(whole) <= longest:
        return whole
    return whole[: longest - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def joined(words: Iterable[str]) -> str:
    """Join words as in a sentence: a, b and c."""
    *head, last = list(words) or [""]
    return f"{', '.join(head)} and {last}" if head else last
