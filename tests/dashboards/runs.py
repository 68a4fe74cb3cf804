"""Rows of a run as the store holds them, and the report that they make."""

import html
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from contract.messages import SessionMeta
from contract.rows import (
    BalanceRow,
    BaselineRow,
    EventRow,
    ExerciseRow,
    FindingRow,
    HipStepRow,
    QualityRow,
    RejectionRow,
    RollRow,
    SessionRow,
    StepRow,
    WearRow,
)
from dashboards.report.background import Advice
from dashboards.report.build import build_report
from dashboards.report.data import collect

START_NS = 1_795_243_200_000_000_000  # 2026-11-21 06:40 UTC
KEYS = {"runner": "ana-1", "session": "20261121t0640-7k2f", "time_ns": START_NS}
MEANS = {
    "contact_time_s": 0.243, "flight_time_s": 0.102, "step_time_s": 0.345,
    "stride_time_s": 0.690, "swing_time_s": 0.447, "duty_factor": 0.352,
    "cadence_spm": 174.0, "impulse_bws": 0.345, "peak_force_bw": 2.61,
    "stride_length_m": 2.31, "impact_g": 9.1, "braking_g": 7.9,
    "strike_angle_deg": 6.2, "pitch_at_toe_off_deg": -41.0,
    "pronation_excursion_deg": 12.4, "toe_out_deg": 8.3,
    "pronation_velocity_dps": 512.0,
}  # fmt: skip
ANGLES = {name: "deg/s" if name.endswith("dps") else "deg"
          for name in MEANS if name.endswith(("_deg", "_dps"))}  # fmt: skip
SHOE = "Pegasus blue"


class Shelf:
    """A store that holds the rows it is given, for real, in lists."""

    def __init__(self, *rows: object) -> None:
        self.kept = rows

    def rows(self, kind: type[Any], session: str) -> Sequence[Any]:
        found = [r for r in self.kept if type(r) is kind and r.session == session]
        return sorted(found, key=lambda r: r.time_ns)

    def session(self, session: str) -> SessionRow | None:
        return next(iter(self.rows(SessionRow, session)), None)

    def meta(self, session: str) -> SessionMeta | None:
        found = (r for r in self.kept if isinstance(r, SessionMeta))
        return next((r for r in found if r.session == session), None)


def session(**changes: object) -> SessionRow:
    row = SessionRow(
        **KEYS, side="both", name="Ana", shoe="Pegasus blue", state="ended",
        duration_s=2764.0, cadence_spm=173.6, steps=7790, rejected=103,
        speed_mps=2.94, distance_m=8412.0, verdict="clearly different",
        source="shoes", baseline_runs=0, simulated=False, method="0.1.0",
    )  # fmt: skip
    return replace(row, **changes)


def balance(metric: str = "contact_time_s", **changes: object) -> BalanceRow:
    asi = changes.get("asi_pct", -3.1)
    mean = MEANS[metric]
    row = BalanceRow(
        **KEYS, side="both", window="run", metric=metric, ci_unit="%", source="shoes",
        left=mean * (1 - asi / 200), right=mean * (1 + asi / 200),
        left_sd=mean / 25, right_sd=mean / 24, left_cv_pct=4.0, right_cv_pct=4.2,
        symmetry_angle_pct=asi / 3.14,
        difference=mean * asi / 100, asi_pct=asi, ci_low=asi - 2.2, ci_high=asi + 2.2,
        random_half=0.6, systematic_half=2.1, n_pairs=3840, n_eff=1212.4,
    )  # fmt: skip
    return replace(row, **changes)


def angle(metric: str, difference: float, **changes: object) -> BalanceRow:
    """Compare an angle: by its difference, without an index in percent."""
    mean = MEANS[metric]
    row = replace(
        balance(metric, asi_pct=0.0), asi_pct=None, ci_unit=ANGLES[metric],
        left=mean - difference / 2, right=mean + difference / 2, left_sd=1.8,
        right_sd=1.6, left_cv_pct=None, right_cv_pct=None, symmetry_angle_pct=None,
        difference=difference, ci_low=difference - 1.9,
        ci_high=difference + 1.9,
    )  # fmt: skip
    return replace(row, **changes)


def own(metric: str = "contact_time_s", **changes: object) -> BaselineRow:
    row = BaselineRow(
        **KEYS, side="both", metric=metric, runs=7, usual=-1.0, band_low=-2.3,
        band_high=0.3, mdc=1.2, shift=-2.1, ci_unit=ANGLES.get(metric, "%"),
        is_new=True, z=-4.8, is_flagged=False,
    )  # fmt: skip
    return replace(row, **changes)


def finding(rank: int = 1, **changes: object) -> FindingRow:
    row = FindingRow(
        **KEYS, side="left", code="TW-011", rank=rank, metric="contact_time_s",
        text="Your ground contact time differs: 3.1 % longer on the left, new for you "
        "(usual: 1.0 % longer on the left), seen in one run only, worth watching if it "
        "comes back.",
        size=-3.1, low=-5.3, high=-0.9, unit="%", certainty=2, since="in your last 3 "
        "runs", action="Think of what changed (shoes, surface, sloping road, pace, "
        "tired legs) and look again on your next easy run.",
    )  # fmt: skip
    return replace(row, **changes)


def findings() -> list[FindingRow]:
    """Three, as many as are ever told; not in their order."""
    roll = finding(
        2, metric="pronation_excursion_deg", side="right", size=3.4, low=0.8, high=6.0,
        unit="deg", certainty=3, code="TW-041",
    )  # fmt: skip
    shock = finding(3, metric="impact_g", size=-9.0, low=-30.0, high=12.0, certainty=1)
    return [shock, finding(), roll]


def exercises() -> list[ExerciseRow]:
    """Four, in the order of the phases, with the corrective table's lengths of text."""
    how = "Roll slowly from the ankle to below the knee and stay on each tender spot"
    names = ("Roll the outer calf", "Calf stretch", "Heel raise", "Balance and reach")
    phases = ("inhibit", "lengthen", "activate", "integrate")
    return [
        ExerciseRow(
            **KEYS, side=side, place=place, phase=phase, exercise=f"{name}. {how}.",
            dose="before the run: 30 s; after it: 1 set, hold each tender spot 30 to "
            "60 s; about 2 min",
            when="before and after the run",
            why="hint from TW-041, confidence low: right foot flattens",
            retest="2026-12-19",
        )
        for place, (phase, name, side) in enumerate(
            zip(phases, names, ("right", "right", "both", "left"), strict=True), 1
        )
    ]  # fmt: skip


def hip_steps(n: int = 40) -> list[HipStepRow]:
    return [
        HipStepRow(
            **{**KEYS, "time_ns": START_NS + i * 345_000_000}, side="hip",
            foot=("left", "right")[i % 2], cadence_spm=174.0, step_time_s=0.345,
            contact_time_estimate_s=0.241, vertical_oscillation_m=0.083,
            pelvic_drop_deg=2.5, side_confidence=1.0,
        )
        for i in range(n)
    ]  # fmt: skip


def splits(kilometres: int = 8) -> list[BalanceRow]:
    """Thirds, their change, and kilometres."""
    parts = [("first_third", START_NS), ("last_third", START_NS + 10**12),
             ("change", START_NS), *(("km", START_NS + k * 330 * 10**9)
                                     for k in range(kilometres))]  # fmt: skip
    return [
        made
        for window, start_ns in parts
        for made in (
            balance(window=window, time_ns=start_ns),
            angle("strike_angle_deg", -1.2, window=window, time_ns=start_ns),
        )
    ]


def course(gap: range = range(40, 52), n: int = 92) -> list[BalanceRow]:
    return [
        balance(
            window="30s",
            time_ns=START_NS + i * 30_000_000_000,
            asi_pct=(asi := 0.4 - i / 24 + 0.7 * math.sin(1.7 * i)),
            ci_low=asi - 2.4,
            ci_high=asi + 2.4,
            n_pairs=42,
            speed_mps=2.94 + 0.12 * math.sin(i / 9),
        )
        for i in range(n)
        if i not in gap
    ]


def steps(side: str, mean_s: float) -> list[StepRow]:
    return [
        StepRow(
            **{**KEYS, "time_ns": START_NS + i * 690_000_000}, side=side,
            contact_time_s=mean_s + 0.009 * math.sin(2.4 * i) + 0.004 * math.cos(i),
            strike_type="middle" if i % 4 else "heel", is_clipped=False, quality=1.0,
            impact_g=9.0 + 2.1 * math.sin(3.1 * i), speed_mps=2.94 + 0.1 * math.sin(i),
            cadence_spm=174.0 + 2.0 * math.cos(i),
        )
        for i in range(400)
    ]  # fmt: skip


def quality(side: str, **changes: object) -> QualityRow:
    row = QualityRow(
        **KEYS, side=side, rate_hz=199.94, samples=552_800, frames=27_640, duplicates=3,
        reordered=0, gaps=2, lost_s=3.2, clipped=11, activity="running",
        calibration="good", mount="standing", axis_spread_deg=3.7, withheld="",
        near_gaps=4, strides=3950, steps=3895, rejected=52,
    )  # fmt: skip
    return replace(row, **changes)


def wear(side: str, per_step: float, **changes: object) -> WearRow:
    """One shoe: 20 % of its load on the heel, 15 % under the midfoot."""
    dose = 3895 * per_step
    row = WearRow(
        **KEYS, side=side, shoe=SHOE, steps=3895, dose_bws=dose,
        dose_per_step_bws=per_step, heel_medial_bws=0.08 * dose,
        heel_lateral_bws=0.12 * dose, mid_medial_bws=0.09 * dose,
        mid_lateral_bws=0.06 * dose, fore_medial_bws=0.37 * dose,
        fore_lateral_bws=0.28 * dose, lr_pct=-0.6, ml_pct=8.0, hf_pct=-52.9,
        distance_m=8412.0,
    )  # fmt: skip
    return replace(row, **changes)


def rejected(side: str, reason: str, at: int) -> RejectionRow:
    key = {**KEYS, "time_ns": START_NS + at}
    return RejectionRow(**key, side=side, reason=reason)


RATIOS = {
    "contact_time_s": -3.1, "flight_time_s": 2.4, "step_time_s": -0.3,
    "stride_time_s": 0.0, "swing_time_s": 3.0, "duty_factor": -3.0,
    "cadence_spm": 0.02, "impulse_bws": -1.2, "peak_force_bw": 0.4,
    "stride_length_m": 0.3, "impact_g": -9.0, "braking_g": 4.0,
}  # fmt: skip


def full_run(**changes: object) -> Shelf:
    """A run alone, without earlier ones: everything that it gives."""
    return Shelf(
        session(**changes),
        *(balance(m, asi_pct=a, ci_low=a - 2.2, ci_high=a + 2.2)
          for m, a in RATIOS.items()),
        *(angle(m, d) for m, d in zip(ANGLES, (-0.8, 1.1, 3.4, -2.0, 14.0),
                                      strict=True)),
        *course(),
        *splits(),
        *steps("left", 0.247),
        *steps("right", 0.239),
        quality("left"), quality("right", rate_hz=None),
        quality("hip", strides=0, steps=0, rejected=0, mount="", axis_spread_deg=None),
        *hip_steps(),
        wear("left", 0.347), wear("right", 0.343),
        *(rejected("left", "no clear contact", i) for i in range(61)),
        *(rejected("right", "gap_in_the_data", i) for i in range(42)),
        EventRow(**{**KEYS, "time_ns": START_NS + 10**12}, side="both", kind="mark",
                 text="top of the hill"),
    )  # fmt: skip


def rolls() -> list[RollRow]:
    """Both shoes: they land on the outer edge, roll in, and out again."""
    return [
        RollRow(
            **KEYS, side=side, contact_pct=pct, eversion_sd_deg=1.6, steps=3890,
            eversion_deg=-4.0 - pct / 25 + peak * math.sin(math.pi * pct / 100) ** 2,
        )
        for side, peak in (("left", 12.9), ("right", 10.6))
        for pct in range(0, 101, 5)
    ]  # fmt: skip


def judged_run(**changes: object) -> Shelf:
    """A run against seven own earlier ones, with three findings and a plan."""
    shelf = full_run(**{"baseline_runs": 7, **changes})
    judged = [own(m) for m in (*RATIOS, *ANGLES) if m != "cadence_spm"]
    return Shelf(*shelf.kept, *judged, *findings(), *exercises(), *rolls())


def page_of(*rows: object, told: Advice | None = None) -> str:
    known = told or Advice()
    return build_report(collect(Shelf(*rows), KEYS["session"], UTC, known))


def words_of(page: str) -> str:
    """Text that a reader sees or hears, without style and tags."""
    page = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    labels = " ".join(re.findall(r'aria-label="([^"]*)"', page))
    text = html.unescape(re.sub(r"<[^>]+>", " ", page) + " " + labels)
    return re.sub(r"\s+", " ", text).replace(" .", ".")
