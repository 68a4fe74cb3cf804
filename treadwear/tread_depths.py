"""Tread depths as a runner measures them: zone by zone, in words or in a file."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import msgspec

from contract.errors import UsageError

ZONES = tuple(
    "_".join(words)
    for words in product(
        ("left", "right"), ("heel", "mid", "fore"), ("medial", "lateral")
    )
)
"""Zones of both soles, named as wear is kept."""

_DEEPEST_MM = 30.0
"""No outsole of a running shoe is thicker."""


def depths_of(words: Sequence[str]) -> dict[str, float]:
    """Tread depths of ``ZONE=mm`` words, or of one JSON file that holds them."""
    pairs = [word.partition("=") for word in words]
    if len(words) == 1 and not pairs[0][1]:
        depths = _depths_in(Path(words[0]))
    else:
        depths = {zone: _number(zone, text) for zone, _, text in pairs}
    for zone, depth_mm in depths.items():
        if zone not in ZONES:
            why = f"zones are {', '.join(ZONES)}"
            raise UsageError(f"{zone!r} is no zone of a sole", why, "Choose one.")
        if not 0 <= depth_mm <= _DEEPEST_MM:
            why = f"a tread is 0 to {_DEEPEST_MM:.0f} mm deep"
            raise UsageError(f"{zone} cannot be {depth_mm:g} mm", why, "Measure again.")
    return depths


def _number(zone: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as fault:
        what = f"{zone}={text} is no depth"
        raise UsageError(what, "", "Write it like left_heel_lateral=6.5.") from fault


def _depths_in(path: Path) -> dict[str, float]:
    next_step = 'It should hold an object such as {"left_heel_lateral": 6.5}.'
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except OSError as fault:
        why = fault.strerror or str(fault)
        raise UsageError(f"{path} cannot be read", why, next_step) from fault
    except msgspec.MsgspecError as fault:
        raise UsageError(f"{path} holds no depths", str(fault), next_step) from fault
