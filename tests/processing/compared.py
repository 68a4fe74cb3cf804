"""Runs with a known truth, as rows, for comparisons of two sides."""

from dataclasses import asdict, dataclass, field, replace

import numpy as np

from contract.messages import SensorInfo, SessionMeta
from contract.model import FloatArray
from contract.rows import BalanceRow, SessionRow, StepRow
from contract.units import NS_PER_S
from processing.asymmetry import compare
from processing.compare import ComparedRun
from processing.metrics import METRICS
from processing.settings import METHOD, BalanceSettings

START_NS = 1_795_243_200 * NS_PER_S  # 2026-11-21 06:40 UTC
DAY_NS = 86_400 * NS_PER_S
STRIDE_S = 0.7
FEET = ("left", "right")


@dataclass(frozen=True)
class Truth:
    """What a run is made of: per foot, at 3 m/s, as the sensors would tell it."""

    contact_s: tuple[float, float] = (0.250, 0.250)
    roll_deg: tuple[float, float] = (9.0, 9.0)
    shoe: str = "blue"
    day: int = 0
    speed_mps: float = 3.0
    strides: int = 430
    sees_speed: bool = True
    serials: tuple[str, str] = ("L1", "R1")
    extra: dict[str, object] = field(default_factory=dict)


def slow_noise(rng: np.random.Generator, n: int, sd: float) -> FloatArray:
    """Noise whose neighbours are alike, as steps are (lag-one correlation .3)."""
    white = rng.normal(0.0, sd * np.sqrt(1 - 0.09), n)
    noise = np.empty(n)
    noise[0] = rng.normal(0.0, sd)
    for k in range(1, n):
        noise[k] = 0.3 * noise[k - 1] + white[k]
    return noise


def made_run(session: str, rng: np.random.Generator, truth: Truth) -> ComparedRun:
    """Draw a run: its steps, and left against right over all of it."""
    n = truth.strides
    speed = truth.speed_mps * (1 + 0.04 * np.sin(np.arange(n) / 60 + rng.uniform(0, 6)))
    slower = (speed / 3.0) ** -0.7
    contact = [c * slower + slow_noise(rng, n, 0.006) for c in truth.contact_s]
    roll = [r + slow_noise(rng, n, 1.0) for r in truth.roll_deg]
    at_ns = START_NS + truth.day * DAY_NS
    seen = speed if truth.sees_speed else None
    steps = [
        StepRow(
            runner="ana", session=session, side=side, quality=1.0,
            time_ns=at_ns + round((k + foot / 2) * STRIDE_S * NS_PER_S),
            contact_time_s=float(contact[foot][k]),
            pronation_excursion_deg=float(roll[foot][k]),
            speed_mps=None if seen is None else float(seen[k]),
        )
        for foot, side in enumerate(FEET)
        for k in range(n)
    ]  # fmt: skip
    about = session_row(session, truth, at_ns)
    pairs = {"contact_time_s": contact, "pronation_excursion_deg": roll}
    balances = {m: balance_row(about, m, *both) for m, both in pairs.items()}
    sensors = {
        side: SensorInfo(serial=serial)
        for side, serial in zip(FEET, truth.serials, strict=True)
    }
    meta = SessionMeta(
        runner="ana", session=session, origin_ns=at_ns, shoe=truth.shoe, sensors=sensors
    )
    return ComparedRun(about, balances, steps, meta=meta)


def session_row(session: str, truth: Truth, at_ns: int) -> SessionRow:
    row = SessionRow(
        runner="ana", session=session, side="both", time_ns=at_ns, name="Ana",
        shoe=truth.shoe, state="ended", duration_s=truth.strides * STRIDE_S,
        cadence_spm=171.0, speed_mps=truth.speed_mps if truth.sees_speed else None,
        distance_m=900.0, steps=2 * truth.strides, rejected=3,
        verdict="no clear difference", source="shoes", baseline_runs=0,
        simulated=False, method=METHOD,
    )  # fmt: skip
    return replace(row, **truth.extra)


def balance_row(
    about: SessionRow, metric: str, left: FloatArray, right: FloatArray
) -> BalanceRow:
    found = compare(left, right, METRICS[metric], BalanceSettings())
    assert found is not None
    return BalanceRow(
        runner="ana", session=about.session, side="both", time_ns=about.time_ns,
        window="run", metric=metric, source="shoes", **asdict(found),
    )  # fmt: skip
