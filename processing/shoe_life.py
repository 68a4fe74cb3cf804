"""A pair of shoes over all its runs: distance, modelled load dose, measured tread.

Depth is only ever given in millimetres of tread where a person has measured it at least
twice; then, and only then, a zone's loss per dose is known and its present depth can be
estimated (algorithms.md section 5).
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray
from contract.people import Shoe
from contract.rows import WearRow
from processing.wear import heel_fore_pct, left_right_pct, medial_lateral_pct

_M_PER_KM = 1000.0
_SIDES = ("left", "right")
_PLACES = (
    "heel_medial",
    "heel_lateral",
    "mid_medial",
    "mid_lateral",
    "fore_medial",
    "fore_lateral",
)
_GAUGE_SD_MM = 0.2
"""A tread depth gauge reads to 0.1 mm; finding the same place again costs as much."""
_NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class SideLife:
    """Sums over one shoe's runs; zones are None where no run has them.

    ``zones_bws`` are keyed heel_medial to fore_lateral and hold the runs whose zones
    are known only; ``dose_bws`` holds every run.
    """

    runs: int
    steps: int
    distance_km: float
    dose_bws: float
    zones_bws: dict[str, float] | None
    ml_pct: float | None
    hf_pct: float | None


@dataclass(frozen=True, slots=True)
class ShoeLife:
    """What a pair of shoes has been through.

    Attributes
    ----------
    distance_km : float
        With what it had run before the first recording; the longer of both sides.
    runs_without_distance : int
        Runs that are not in it; where there are any it is a lower bound.
    lr_pct : float or None
        100 (R - L) / (R + L) of the dose per step over the shoe's life.
    service_km : float
        When the reminder comes.
    """

    shoe: str
    runs: int
    runs_without_distance: int
    distance_km: float
    service_km: float
    left: SideLife
    right: SideLife
    lr_pct: float | None

    @property
    def is_due(self) -> bool:
        """Whether the service distance is reached."""
        return self.distance_km >= self.service_km > 0

    def reminder(self) -> str:
        """One sentence about the service distance."""
        ran = f"{self.distance_km:.0f} km"
        ran = f"at least {ran}" if self.runs_without_distance else ran
        if not self.service_km:
            return f"{self.shoe}: {ran}. No service distance is set."
        state = f"{self.shoe}: {ran} of {self.service_km:.0f} km."
        if not self.is_due:
            return state
        look = "Look at the soles and the foam: the distance you set is reached."
        return f"{state} {look} It is a reminder by distance, not a measurement."


@dataclass(frozen=True, slots=True)
class TreadEstimate:
    """Tread of one zone by measured depths and the dose since.

    Attributes
    ----------
    depth_mm, half_mm : float
        Present depth and half of its 95 % interval (gauge and scatter of the
        measurings; that loss goes with dose is assumed).
    loss_mm : float
        Since the first measuring.
    mm_per_bws : float
        Loss per dose in this zone, by least squares.
    measurings : int
    """

    depth_mm: float
    half_mm: float
    loss_mm: float
    mm_per_bws: float
    measurings: int


def shoe_life(shoe: Shoe, rows: Iterable[WearRow]) -> ShoeLife:
    """Sum all sessions of a shoe; a session and side counted twice counts once."""
    own = _runs_of(shoe, rows)
    left, right = (_side_life([r for r in own if r.side == s]) for s in _SIDES)
    with_distance = {r.session for r in own if r.distance_m is not None}
    sessions = {r.session for r in own}
    return ShoeLife(
        shoe=shoe.name,
        runs=len(sessions),
        runs_without_distance=len(sessions - with_distance),
        distance_km=shoe.start_km + max((km for _, km in _odometer(own)), default=0.0),
        service_km=shoe.service_km,
        left=left,
        right=right,
        lr_pct=left_right_pct(_per_step(left), _per_step(right)),
    )


def tread_estimates(shoe: Shoe, rows: Iterable[WearRow]) -> dict[str, TreadEstimate]:
    """Present depth of each zone that was measured twice or more with a dose between.

    Keys are those of the measurings, such as ``left_heel_lateral``; empty without
    measurings: a dose alone says nothing about millimetres.
    """
    own = _runs_of(shoe, rows)
    kms = shoe.start_km + np.array([0.0, *(km for _, km in _odometer(own))])
    found: dict[str, TreadEstimate] = {}
    for side, place in itertools.product(_SIDES, _PLACES):
        name = f"{side}_{place}"
        measured = _measured(shoe, name)
        if len(measured) > 1:
            estimate = _fit(measured, kms, _zone_course(own, side, place))
            found |= {name: estimate} if estimate else {}
    return found


def _measured(shoe: Shoe, name: str) -> list[tuple[float, float]]:
    """Kilometres and depths of a zone since the recordings began.

    The dose until then is not known, so an earlier depth says nothing.
    """
    return sorted(
        (km, depth_mm[name])
        for km, depth_mm in shoe.tread_mm
        if name in depth_mm and km >= shoe.start_km
    )


def _runs_of(shoe: Shoe, rows: Iterable[WearRow]) -> list[WearRow]:
    """Rows of this shoe in order of time, the last of each session and side."""
    latest = {(r.session, r.side): r for r in rows if r.shoe == shoe.name}
    return sorted(latest.values(), key=lambda r: (r.time_ns, r.session, r.side))


def _odometer(rows: Sequence[WearRow]) -> list[tuple[str, float]]:
    """Sessions in order of time and the distance run by the end of each (km).

    Both shoes of a pair run as far; a side that knows less has lost strides.
    """
    ran_m: dict[str, float] = {}
    for row in rows:
        ran_m[row.session] = max(ran_m.get(row.session, 0.0), row.distance_m or 0.0)
    total = np.cumsum(list(ran_m.values())) / _M_PER_KM
    return list(zip(ran_m, map(float, total), strict=True))


def _side_life(rows: Sequence[WearRow]) -> SideLife:
    grids = [grid for grid in map(_grid, rows) if grid is not None]
    grid: FloatArray | None = np.sum(grids, axis=0) if grids else None
    zones = None
    if grid is not None:
        zones = dict(zip(_PLACES, grid.ravel().tolist(), strict=True))
    return SideLife(
        runs=len(rows),
        steps=sum(r.steps for r in rows),
        distance_km=sum(r.distance_m or 0.0 for r in rows) / _M_PER_KM,
        dose_bws=sum(r.dose_bws for r in rows),
        zones_bws=zones,
        ml_pct=None if grid is None else medial_lateral_pct(grid),
        hf_pct=None if grid is None else heel_fore_pct(grid),
    )


def _grid(row: WearRow) -> FloatArray | None:
    """Zones of a run [3, 2], None when they are not known."""
    zones = [getattr(row, f"{place}_bws") for place in _PLACES]
    return None if None in zones else np.array(zones, float).reshape(3, 2)


def _per_step(side: SideLife) -> float:
    return side.dose_bws / side.steps if side.steps else 0.0


def _zone_course(rows: Sequence[WearRow], side: str, place: str) -> FloatArray:
    """Dose of a zone by the end of each session, zero first (as the odometer)."""
    dose = dict.fromkeys((r.session for r in rows), 0.0)
    for row in rows:
        if row.side == side:
            dose[row.session] += getattr(row, f"{place}_bws") or 0.0
    return np.concatenate([[0.0], np.cumsum(list(dose.values()))])


def _fit(
    measured: Sequence[tuple[float, float]], kms: FloatArray, dose_bws: FloatArray
) -> TreadEstimate | None:
    """Line of depth over dose through the measurings, and where it is at today's dose.

    None when no dose lies between them: then nothing is known about loss per dose.
    """
    at, depth = np.array(measured).T
    dose = np.interp(at, kms, dose_bws)
    mean, spread = dose.mean(), ((dose - dose.mean()) ** 2).sum()
    if not spread:
        return None
    slope = float(((dose - mean) * (depth - depth.mean())).sum() / spread)
    rest = depth - depth.mean() - slope * (dose - mean)
    sd = _GAUGE_SD_MM
    if len(depth) > 2:
        sd = max(sd, float(np.sqrt((rest**2).sum() / (len(depth) - 2))))
    now = float(dose_bws[-1])
    half = _NORMAL_95 * sd * np.sqrt(1 / len(depth) + (now - mean) ** 2 / spread)
    return TreadEstimate(
        depth_mm=float(depth.mean() + slope * (now - mean)),
        half_mm=float(half),
        loss_mm=float(-slope * (now - dose[0])),
        mm_per_bws=-slope,
        measurings=len(depth),
    )
