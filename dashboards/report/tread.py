"""Where the load went under each sole: two soles of six zones, and it in words."""

from collections.abc import Mapping, Sequence

from contract.rows import WearRow
from dashboards.report.background import Usual, Zone
from dashboards.report.drawing import (
    DARK,
    TEXT_INK,
    box,
    svg,
    text,
)
from dashboards.report.metrics import UNKNOWN, is_known, number

ZONES = (
    ("fore", "medial"),
    ("fore", "lateral"),
    ("mid", "medial"),
    ("mid", "lateral"),
    ("heel", "medial"),
    ("heel", "lateral"),
)
PLAIN = {"medial": "inner", "lateral": "outer", "fore": "front", "mid": "middle"}

# A left sole seen from below, toes up; its inner side is at small x. 98 x 260
# (design.md: the shoe is turned over where it stands, so inner edges point outwards).
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
    ("mid", "lateral"): (66.0, 142.0),
    ("heel", "medial"): (37.0, 210.0),
    ("heel", "lateral"): (66.0, 210.0),
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


def whole_shares(row: WearRow) -> dict[tuple[str, str], int]:
    """Shares in whole percent that add up to 100: largest remainders are rounded up."""
    shares = shares_pct(row)
    whole = {zone: int(share) for zone, share in shares.items()}
    by_rest = sorted(shares, key=lambda zone: whole[zone] - shares[zone])
    for zone in by_rest[: 100 - sum(whole.values())] if shares else ():
        whole[zone] += 1
    return whole


def tread_map(
    rows: Sequence[WearRow], usual: Mapping[Zone, Usual] | None = None
) -> str:
    """Draw both soles seen from below, inner sides outwards; "" without zones."""
    known = {r.side: shares for r in rows if (shares := whole_shares(r))}
    if not known:
        return ""
    marks = [_clip()]
    marks += [_sole(side, shares, usual or {}) for side, shares in known.items()]
    names = (("fore", 66), ("mid", 142), ("heel", 212))
    marks += [text(119, y, n, anchor="middle") for n, y in names]
    marks += _key()
    said = ". ".join(_sentence(s, shares, usual or {}) for s, shares in known.items())
    return svg("0 -14 238 316", f"Seen from below. {said}.", marks, "sole")


def zone_rows(
    rows: Sequence[WearRow], usual: Mapping[Zone, Usual] | None = None
) -> list[list[str]]:
    """Side, zone, share and usual share of each zone: the drawing as a table."""
    return [
        [
            row.side.capitalize(),
            f"{part}, {PLAIN[edge]}",
            number(share),
            _usual_words((usual or {}).get((row.side, part, edge))),
        ]
        for row in sorted(rows, key=lambda r: r.side)
        for (part, edge), share in whole_shares(row).items()
    ]


def _usual_words(own: Usual | None) -> str:
    if own is None:
        return UNKNOWN
    return f"{number(own.usual)} ({number(own.low)} to {number(own.high)})"


def _clip() -> str:
    return f'<clipPath id="sole"><path d="{_OUTLINE}"/></clipPath>'


def _key() -> list[str]:
    """Draw what the shades mean."""
    ends = ("0", *(number(v) for v in _STEPS_PCT[:-1]), f"{number(_STEPS_PCT[-1])} %")
    return [
        mark
        for i, (shade, end) in enumerate(zip(_SHADES, ends, strict=True))
        for mark in (
            box(74 + 18 * i, 284, 18, 6, shade),
            text(74 + 18 * i, 299, end, anchor="middle"),
        )
    ]


def _sole(
    side: str, shares: dict[tuple[str, str], int], usual: Mapping[Zone, Usual]
) -> str:
    """One sole; the right one is the left one seen in a mirror."""
    is_left = side == "left"
    turn = "matrix(1 0 0 1 0 0)" if is_left else "matrix(-1 0 0 1 98 0)"
    areas = "".join(
        f'<path d="{_AREAS[zone]}" fill="{_SHADES[_shade(share)]}"/>'
        for zone, share in shares.items()
    )
    words = "".join(
        _number(zone, share, usual.get((side, *zone)), is_left=is_left)
        for zone, share in shares.items()
    )
    edges = ("inside", "outside") if is_left else ("outside", "inside")
    return (
        f'<g transform="translate({6 if is_left else 134} 0)"><g transform="{turn}">'
        f'<g clip-path="url(#sole)">{areas}<path d="{_SEAMS}" fill="none" '
        f'stroke="#fff" stroke-width="2.4"/></g><path d="{_OUTLINE}" fill="none" '
        f'stroke="{DARK}" stroke-width="1.3"/></g>{words}'
        f"{text(19, -5, edges[0], anchor='middle')}"
        f"{text(79, -5, edges[1], anchor='middle')}"
        + text(
            49, 272, side.capitalize(), TEXT_INK[side], "middle", weight=600, size=10
        )
        + "</g>"
    )


def _number(
    zone: tuple[str, str], share_pct: float, own: Usual | None, *, is_left: bool
) -> str:
    """Write a share, and what is usual below it only where it is not as usual."""
    x, y = _MIDDLES[zone]
    at = x if is_left else 98 - x
    ink = "#FFFFFF" if _shade(share_pct) >= _DARK_FROM else DARK
    words = text(at, y, number(share_pct), ink, "middle", weight=600, size=12)
    if own and own.is_unlike(share_pct):
        words += text(at, y + 9, f"usual {number(own.usual)}", ink, "middle", size=7)
    return words


def _shade(share_pct: float) -> int:
    return sum(share_pct >= step for step in _STEPS_PCT)


def _sentence(
    side: str, shares: dict[tuple[str, str], int], usual: Mapping[Zone, Usual]
) -> str:
    told = ", ".join(
        f"{PLAIN.get(part, part)} {PLAIN[edge]} {number(share)} percent"
        + _unusual((side, part, edge), share, usual)
        for (part, edge), share in shares.items()
    )
    return f"Share of the {side} shoe's load: {told}"


def _unusual(zone: Zone, share_pct: float, usual: Mapping[Zone, Usual]) -> str:
    own = usual.get(zone)
    return f" (usual {number(own.usual)})" if own and own.is_unlike(share_pct) else ""
