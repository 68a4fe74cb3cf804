"""A runner's own usual difference between left and right, and whether a run leaves it.

Compared with the runner's own earlier runs the sensors, their mounts and the shoe are
the same, so their systematic part cancels and only what varies from run to run counts
(algorithms.md section 4). That resolves about one percent of contact time, where the
plain difference between the feet is uncertain by three.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.special import stdtrit

from contract.model import FloatArray
from processing.rules import MetricRule

_Z95 = 1.96


@dataclass(frozen=True, slots=True)
class BaselineSettings:
    """Which earlier runs count, and how far from them is new."""

    least_runs: int = 5
    """With fewer, t * sqrt(1 + 1/n) is above 3.5 spreads and says little; issue 3."""
    most_runs: int = 20
    """The latest ones: t has come down to 2.1, and what was usual last year is not."""
    speed_share: float = 0.10
    """Similar pace. Between 2.5 and 4.5 m/s the measured asymmetry of one runner moves
    by 1.0 point (detector.md, change within one runner): a tenth of a speed by .2."""
    cadence_share: float = 0.03
    """The same when speed is not known: cadence goes with speed to the power .25
    (median of 13 runners, rbds_virtual), so 10 % of speed is 2.5 % of cadence."""
    matched_share: float = 0.05
    """The same pace, of the one run that another is set beside (product.md 3.3)."""
    outlier_mads: float = 3.5
    """Earlier runs further out do not shift the usual value (algorithms.md 4); they do
    widen its band, else five runs would give more than 5 % false alarms."""


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """One run of the runner as the baseline sees it; also the run to be judged.

    Attributes
    ----------
    session : str
    time_ns : int
        Unix time of its start.
    shoe : str
    speed_mps, cadence_spm : float or None
        Medians over the run; None where not known.
    sizes : metric -> float
        Left against right over the whole run, as `Comparison.size`.
    random_half : metric -> float
        Half width from step-to-step variation, same unit.
    """

    session: str
    time_ns: int
    shoe: str
    speed_mps: float | None
    cadence_spm: float | None
    sizes: Mapping[str, float]
    random_half: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Baseline:
    """One metric of a run against the own earlier runs; names as in BaselineRow.

    Attributes
    ----------
    band_low, band_high : float
        Ends of the own usual band: of the earlier runs alone, whatever this one is.
    random_half : float
        Half width of what this run's own step-to-step variation leaves open.
    """

    metric: str
    runs: int
    usual: float
    band_low: float
    band_high: float
    mdc: float
    shift: float
    ci_unit: str
    is_new: bool
    z: float | None = None
    random_half: float = 0.0

    @property
    def half(self) -> float:
        """How far from the usual 95 of 100 runs as sure as this one would fall."""
        return float(np.hypot((self.band_high - self.band_low) / 2, self.random_half))

    @property
    def is_outside(self) -> bool:
        """Whether the run is further from the usual than chance leaves open.

        That is the band's reach and this run's own random part together: a run that
        drifts or is short is known less well, and must lie further out.
        """
        return abs(self.shift) > self.half

    def to_leave(self) -> "Baseline":
        """Give the same with the band that this run must leave: that of `half`."""
        low, high = self.usual - self.half, self.usual + self.half
        return replace(self, band_low=low, band_high=high, random_half=0.0)


class Paced(Protocol):
    """Whatever was run at a pace: a run, or the middle of several."""

    @property
    def speed_mps(self) -> float | None:
        """Median speed; None where not known."""

    @property
    def cadence_spm(self) -> float | None:
        """Median cadence; None where not known."""


def is_similar(run: EarlierRun, other: EarlierRun, settings: BaselineSettings) -> bool:
    """Whether two runs were in the same shoe at about the same pace."""
    return run.shoe == other.shoe and bool(has_similar_pace(run, other, settings))


def has_similar_pace(
    run: Paced, other: Paced, settings: BaselineSettings
) -> bool | None:
    """Whether two paces are about the same, by cadence without speed; None: unknown."""
    if run.speed_mps and other.speed_mps:
        return _is_near(run.speed_mps, other.speed_mps, settings.speed_share)
    if run.cadence_spm and other.cadence_spm:
        return _is_near(run.cadence_spm, other.cadence_spm, settings.cadence_share)
    return None


def similar_runs(
    run: EarlierRun,
    runs: Sequence[EarlierRun],
    rule: MetricRule,
    settings: BaselineSettings,
) -> list[EarlierRun]:
    """Runs before this one to compare its metric with; the latest ones, by time."""
    known = [r for r in runs if rule.name in r.sizes and r.session != run.session]
    before = [r for r in known if r.time_ns < run.time_ns]
    similar = [r for r in before if is_similar(run, r, settings)]
    return sorted(similar, key=lambda r: r.time_ns)[-settings.most_runs :]


def pace_matched(
    run: EarlierRun, runs: Sequence[EarlierRun], settings: BaselineSettings
) -> EarlierRun | None:
    """Give the latest run before this one in the same shoe at the same speed."""
    share = settings.matched_share
    near = [
        r
        for r in runs
        if r.shoe == run.shoe and r.session != run.session and r.time_ns < run.time_ns
        if r.speed_mps and run.speed_mps and _is_near(run.speed_mps, r.speed_mps, share)
    ]
    return max(near, key=lambda r: r.time_ns, default=None)


def own_baseline(
    run: EarlierRun,
    runs: Sequence[EarlierRun],
    rule: MetricRule,
    settings: BaselineSettings,
) -> Baseline | None:
    """Judge one metric of a run by the runner's earlier ones; None without enough.

    The band is where 95 of 100 runs like the earlier ones would fall (a prediction
    interval); this run's own step-to-step variation is no part of it, else a run that
    drifts would make the usual look wide. It counts where the run is judged: new is
    what lies further out than both together (`Baseline.half`), and by more than two
    runs differ by without a change: MDC95 = t(.975, n - 1) sqrt(2) SEM. (1.96 in place
    of t holds for a known SEM; of five runs 12 % of unchanged pairs exceeded it.)

    Parameters
    ----------
    run : EarlierRun
        The run to judge.
    runs : sequence
        Other runs of the same runner in any order, any shoe and pace.
    """
    size = run.sizes.get(rule.name)
    chosen = similar_runs(run, runs, rule, settings)
    if size is None or len(chosen) < settings.least_runs:
        return None
    sizes = np.array([r.sizes[rule.name] for r in chosen])
    usual = _robust_mean(sizes, settings.outlier_mads)
    sem = max(_spread(sizes, usual), _random_sd(chosen, rule.name))
    n = len(sizes)
    error = float(stdtrit(n - 1, 0.975)) * sem
    reach, mdc = error * float(np.sqrt(1 + 1 / n)), error * float(np.sqrt(2))
    shift = size - usual
    found = Baseline(
        metric=rule.name,
        runs=n,
        usual=usual,
        band_low=usual - reach,
        band_high=usual + reach,
        mdc=mdc,
        shift=shift,
        ci_unit=rule.ci_unit,
        is_new=False,
        z=shift / sem if sem > 0 else None,
        random_half=run.random_half.get(rule.name, 0.0),
    )
    return replace(found, is_new=found.is_outside and abs(shift) >= mdc)


def why_none(
    run: EarlierRun,
    runs: Sequence[EarlierRun],
    rule: MetricRule,
    settings: BaselineSettings,
) -> str:
    """Say why `own_baseline` gives none; "" when it gives one."""
    if rule.name not in run.sizes:
        return "left and right of this run could not be compared"
    if not run.speed_mps and not run.cadence_spm:
        return "neither speed nor cadence of this run is known"
    found = len(similar_runs(run, runs, rule, settings))
    if found >= settings.least_runs:
        return ""
    return f"{found} of {settings.least_runs} earlier runs in this shoe at this pace"


def _is_near(value: float, other: float, share: float) -> bool:
    """Whether they differ by at most that share of their mean: the same both ways."""
    return abs(value - other) <= share * (value + other) / 2


def _robust_mean(values: FloatArray, most_mads: float) -> float:
    """Mean of the values that are near their median."""
    away = np.abs(values - np.median(values))
    near = away <= most_mads * 1.4826 * float(np.median(away))
    return float(values[near].mean())


def _spread(values: FloatArray, centre: float) -> float:
    """Standard deviation of all values about the centre."""
    return float(np.sqrt(((values - centre) ** 2).sum() / (len(values) - 1)))


def _random_sd(runs: Sequence[EarlierRun], metric: str) -> float:
    """What step-to-step variation alone makes runs differ.

    Five runs may agree by luck; they cannot be known better than each one is.
    """
    halves = [r.random_half.get(metric, 0.0) for r in runs]
    return float(np.median(halves)) / _Z95
