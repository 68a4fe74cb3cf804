"""What the hip sensor saw, as facts: no left/right claim about contact time."""

from collections.abc import Callable
from statistics import median

from contract.rows import HipStepRow
from dashboards.report.data import ReportData
from dashboards.report.metrics import is_known, number

Fact = tuple[str, str]
"""Name and value with unit."""

Figure = tuple[str, Callable[[HipStepRow], float | None], float, str, int]
"""Name, where it stands, factor to the unit, unit, decimals."""

_FACTS: tuple[Figure, ...] = (
    ("Steps a minute", lambda s: s.cadence_spm, 1.0, "", 0),
    ("Rise and fall of the hip", lambda s: s.vertical_oscillation_m, 100.0, " cm", 1),
    (
        "Time on the ground, an estimate (± 25 ms between runners)",
        lambda s: s.contact_time_estimate_s,
        1000.0,
        " ms",
        0,
    ),
)
_PHYSIO_FACTS: tuple[Figure, ...] = (
    ("Pelvic drop against standing", lambda s: s.pelvic_drop_deg, 1.0, "°", 1),
    ("Pelvic tilt against standing", lambda s: s.pelvic_tilt_deg, 1.0, "°", 1),
    ("Range of pelvic rotation", lambda s: s.pelvic_rotation_deg, 1.0, "°", 1),
)


def hip_facts(data: ReportData) -> list[Fact]:
    """Count of steps, and medians for the runner."""
    if not data.hip_steps:
        return []
    return [("Steps", number(len(data.hip_steps))), *_medians(data, _FACTS)]


def hip_line(data: ReportData) -> str:
    """Everything the hip sensor saw in one line for the physio; "" without it."""
    if not data.hip_steps:
        return ""
    sides = [s.foot for s in data.hip_steps]
    counts = ", ".join(
        f"{number(sides.count(side))} {side}"
        for side in ("left", "right", "unknown")
        if side in sides
    )
    facts = (*_medians(data, _FACTS), *_medians(data, _PHYSIO_FACTS))
    told = "; ".join(f"{name.lower()} {value}" for name, value in facts)
    return (
        f"{number(len(data.hip_steps))} steps ({counts}); medians: {told}. Pelvic "
        "angles: compare with your own runs only."
    )


def _medians(data: ReportData, facts: tuple[Figure, ...]) -> list[Fact]:
    found = []
    for name, get, factor, unit, digits in facts:
        values = [v for s in data.hip_steps if (v := get(s)) is not None]
        known = [v for v in values if is_known(v)]
        if known:
            found.append((name, f"{number(factor * median(known), digits)}{unit}"))
    return found
