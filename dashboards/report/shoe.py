"""What the shoes carried and how far they have run: a bar and words for both pages."""

from collections.abc import Sequence

from contract.rows import WearRow
from dashboards.report.background import ShoeFacts
from dashboards.report.drawing import GREY, HAIR, INK, box, svg
from dashboards.report.metrics import is_known, number

WHOLE_KM = 10.0
PRESSURE_PATH = (
    "The model follows the middle of the pressure, which leaves the heel early in a "
    "running step: compare left with right and run with run, not heel with front."
)
SHORT_PATH = "Compare left with right, not heel with front."
"""The same for page 1, below the drawing."""


def life_bar(shoe: ShoeFacts | None, name: str) -> str:
    """Draw how far the shoe has run of the distance that was set; "" when unknown."""
    if shoe is None or shoe.service_km <= 0:
        return ""
    share = min(shoe.distance_km / shoe.service_km, 1.0)
    said = (
        f"{name}: {life_words(shoe)} of the {number(shoe.service_km)} km after which "
        "you want to look at the soles."
    )
    marks = [box(0, 0, 238, 5, HAIR), box(0, 0, 238 * share, 5, GREY)]
    return svg("0 0 238 5", said, marks, "life")


def life_line(shoe: ShoeFacts, name: str) -> str:
    """Say it as a line above the bar."""
    return f"{name}: {life_words(shoe)} of {number(shoe.service_km)} km"


def life_words(shoe: ShoeFacts) -> str:
    """Say how far the shoe has run."""
    digits = 0 if shoe.distance_km >= WHOLE_KM else 1
    least = "at least " if shoe.is_least else ""
    return f"{least}{number(shoe.distance_km, digits)} km"


def wear_words(rows: Sequence[WearRow]) -> list[str]:
    """Balance of load in words, left and right."""
    feet = {r.side: r for r in rows if r.side in INK}
    between = next((r.lr_pct for r in feet.values() if is_known(r.lr_pct)), None)
    told = []
    if between is not None and len(feet) > 1:
        right, left = _halves(between, 1)
        told.append(f"Load of a step, both shoes together: left {left}, right {right}.")
    return told


def _halves(contrast_pct: float | None, digits: int = 0) -> tuple[str, str]:
    """Both shares that a contrast 100 (a - b) / (a + b) stands for."""
    first = 50.0 + (contrast_pct or 0.0) / 2.0
    shares = (number(share, digits) for share in (first, 100.0 - first))
    one, other = (f"{share}\N{NO-BREAK SPACE}%" for share in shares)
    return one, other
