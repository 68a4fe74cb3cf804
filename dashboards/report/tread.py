"""Where the load went under each sole: two soles of six zones, and it in words."""

from collections.abc import Sequence
from html import escape

from contract.rows import WearRow
from dashboards.report.drawing import INK, TEXT_INK, place, text
from dashboards.report.metrics import is_known, number

ZONES = (
    ("fore", "medial"),
    ("fore", "lateral"),
    ("mid", "medial"),
    ("mid", "lateral"),
    ("heel", "medial"),
    ("heel", "lateral"),
)
PLAIN = {"medial": "inner", "lateral": "outer", "fore": "front", "mid": "middle"}

PRESSURE_PATH = (
    "The model follows the middle of the pressure, which leaves the heel early in a "
    "running step: compare left with right and run with run, not heel with front."
)

# A right sole seen from above, toes up; its inner side is on the left. 100 x 260.
_OUTLINE = (
    "M42 4C66 2 86 30 91 66C95 96 84 122 81 152C79 176 84 196 82 218C80 244 66 256 52 "
    "256C36 256 23 244 22 220C21 198 31 178 29 150C27 126 9 104 7 72C5 36 18 6 42 4Z"
)
_AREAS = {
    ("fore", "medial"): "M0 0H47L53 104H0Z",
    ("fore", "lateral"): "M47 0H100V104H53Z",
    ("mid", "medial"): "M0 104H53L54 172H0Z",
    ("mid", "lateral"): "M53 104H100V172H54Z",
    ("heel", "medial"): "M0 172H54L52 260H0Z",
    ("heel", "lateral"): "M54 172H100V260H52Z",
}
_SEAMS = "M47 0L53 104L54 172L52 260M0 104H100M0 172H100"
_MIDDLES = {
    ("fore", "medial"): (29.0, 64.0),
    ("fore", "lateral"): (69.0, 68.0),
    ("mid", "medial"): (42.0, 142.0),
    ("mid", "lateral"): (67.0, 142.0),
    ("heel", "medial"): (38.0, 212.0),
    ("heel", "lateral"): (67.0, 212.0),
}
# One hue, darker is more; a sixth of the load, 17 %, is an even share.
_SHADES = ("#F1EDF7", "#D9CDEA", "#B69BD6", "#8C63BA", "#5F3193")
_STEPS_PCT = (10.0, 16.0, 21.0, 26.0)
_DARK_FROM = 3


def shares_pct(row: WearRow) -> dict[tuple[str, str], float]:
    """Share of each zone in the shoe's dose; empty when the zones are not known."""
    doses = {zone: getattr(row, f"{zone[0]}_{zone[1]}_bws") for zone in ZONES}
    total = sum(d for d in doses.values() if is_known(d))
    if not all(is_known(d) for d in doses.values()) or total <= 0:
        return {}
    return {zone: 100.0 * dose / total for zone, dose in doses.items()}


def tread_map(rows: Sequence[WearRow]) -> str:
    """Draw both soles seen from above, inner sides together; "" without zones."""
    known = {r.side: shares for r in rows if (shares := shares_pct(r))}
    if not known:
        return ""
    marks = "".join(_sole(side, shares) for side, shares in known.items())
    names = (("front", 66), ("middle", 142), ("heel", 212))
    marks += "".join(text(119, y, n, anchor="middle") for n, y in names)
    said = ". ".join(_sentence(side, shares) for side, shares in known.items())
    return (
        '<svg class="sole" viewBox="-4 -16 246 300" width="100%" role="img" '
        f'aria-label="{escape(said)}"><clipPath id="sole"><path d="{_OUTLINE}"/>'
        f"</clipPath>{marks}</svg>"
    )


def _sole(side: str, shares: dict[tuple[str, str], float]) -> str:
    """One sole; the left one is the right one seen in a mirror."""
    is_left = side == "left"
    turn = "matrix(-1 0 0 1 98 0)" if is_left else "matrix(1 0 0 1 0 0)"
    areas = "".join(
        f'<path d="{_AREAS[zone]}" fill="{_SHADES[_shade(share)]}"/>'
        for zone, share in shares.items()
    )
    words = "".join(_number(zone, s, is_left=is_left) for zone, s in shares.items())
    edges = ("outer side", "inner side") if is_left else ("inner side", "outer side")
    return (
        f'<g transform="translate({2 if is_left else 138} 0)"><g transform="{turn}">'
        f'<g clip-path="url(#sole)">{areas}<path d="{_SEAMS}" fill="none" '
        f'stroke="#fff" stroke-width="2.4"/></g><path d="{_OUTLINE}" fill="none" '
        f'stroke="{INK[side]}" stroke-width="1.6"/></g>{words}'
        f"{text(18, -6, edges[0], anchor='middle')}"
        f"{text(82, -6, edges[1], anchor='middle')}"
        f"{text(49, 276, side.capitalize(), TEXT_INK[side], 'middle', weight=640)}</g>"
    )


def _number(zone: tuple[str, str], share_pct: float, *, is_left: bool) -> str:
    x, y = _MIDDLES[zone]
    ink = "#fff" if _shade(share_pct) >= _DARK_FROM else "var(--ink)"
    return (
        f'<text class="zone" x="{place(98 - x if is_left else x)}" y="{place(y)}" '
        f'text-anchor="middle" style="fill:{ink}">{number(share_pct)}</text>'
    )


def _shade(share_pct: float) -> int:
    return sum(share_pct >= step for step in _STEPS_PCT)


def _sentence(side: str, shares: dict[tuple[str, str], float]) -> str:
    told = ", ".join(
        f"{PLAIN.get(part, part)} {PLAIN[edge]} {number(share)} percent"
        for (part, edge), share in shares.items()
    )
    return f"Share of the {side} shoe's load: {told}"


def wear_words(rows: Sequence[WearRow]) -> list[str]:
    """Balance of load in words: left and right, inner and outer."""
    feet = {r.side: r for r in rows if r.side in INK}
    between = next((r.lr_pct for r in feet.values() if is_known(r.lr_pct)), None)
    told = []
    if between is not None and len(feet) > 1:
        right, left = _halves(between, 1)
        told.append(f"Load of a step, both shoes together: left {left}, right {right}.")
    for side, row in sorted(feet.items()):
        if is_known(row.ml_pct):
            inner, outer = _halves(row.ml_pct)
            told.append(
                f"{side.capitalize()} shoe: inner side {inner}, outer side {outer}."
            )
    if any(is_known(row.hf_pct) for row in feet.values()):
        told.append(PRESSURE_PATH)
    return told


def _halves(contrast_pct: float | None, digits: int = 0) -> tuple[str, str]:
    """Both shares that a contrast 100 (a - b) / (a + b) stands for."""
    first = 50.0 + (contrast_pct or 0.0) / 2.0
    shares = (number(share, digits) for share in (first, 100.0 - first))
    one, other = (f"{share}\N{NO-BREAK SPACE}%" for share in shares)
    return one, other
