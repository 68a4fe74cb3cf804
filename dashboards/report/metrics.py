"""Metrics in people's units, and numbers as text that never reads nan or None."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from contract.rows import BalanceRow

UNKNOWN = "not known"
MINUS = "\N{MINUS SIGN}"
# Two lines of a heading on paper; the command takes no longer names either.
LONGEST_NAME = 60


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
    """

    column: str
    label: str
    unit: str
    factor: float
    digits: int
    larger: str

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


def reading(metric: Metric, row: BalanceRow) -> str:
    """Say in words what a comparison shows."""
    if not is_clear(row):
        return "no clear difference"
    return f"{side_of(row.size)} {metric.larger}"


def shortened(name: str) -> str:
    """Cut a name that would fill a heading; what is cut off shows as an ellipsis."""
    whole = " ".join(name.split())
    if len(whole) <= LONGEST_NAME:
        return whole
    return whole[: LONGEST_NAME - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def joined(words: Iterable[str]) -> str:
    """Join words as in a sentence: a, b and c."""
    *head, last = list(words) or [""]
    return f"{', '.join(head)} and {last}" if head else last
