"""Rows of a run as the store holds them, and the report that they make."""

import html
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from contract.rows import (
    BalanceRow,
    EventRow,
    QualityRow,
    RejectionRow,
    SessionRow,
    StepRow,
    WearRow,
)
from dashboards.report.build import build_report
from dashboards.report.data import collect

START_NS = 1_795_243_200_000_000_000  # 2026-11-21 06:40 UTC
KEYS = {"runner": "ana-1", "session": "20261121t0640-7k2f", "time_ns": START_NS}
MEANS = {
    "contact_time_s": 0.243, "flight_time_s": 0.102, "step_time_s": 0.345,
    "stride_time_s": 0.690, "swing_time_s": 0.447, "duty_factor": 0.352,
    "cadence_spm": 174.0, "impulse_bws": 0.345,
}  # fmt: skip


class Shelf:
    """A store that holds the rows it is given, for real, in lists."""

    def __init__(self, *rows: object) -> None:
        self.kept = rows

    def rows(self, kind: type[Any], session: str) -> Sequence[Any]:
        found = [r for r in self.kept if type(r) is kind and r.session == session]
        return sorted(found, key=lambda r: r.time_ns)

    def session(self, session: str) -> SessionRow | None:
        return next(iter(self.rows(SessionRow, session)), None)


def session(**changes: object) -> SessionRow:
    row = SessionRow(
        **KEYS, side="both", name="Ana", shoe="Pegasus blue", state="ended",
        duration_s=2764.0, cadence_spm=173.6, steps=7790, rejected=103,
        verdict="differs", simulated=False, method="0.1.0",
    )  # fmt: skip
    return replace(row, **changes)


def balance(metric: str = "contact_time_s", **changes: object) -> BalanceRow:
    asi = changes.get("asi_pct", -3.1)
    mean = MEANS[metric]
    row = BalanceRow(
        **KEYS, side="both", window="run", metric=metric,
        left=mean * (1 - asi / 200), right=mean * (1 + asi / 200),
        difference=mean * asi / 100, asi_pct=asi, ci_low=asi - 2.2, ci_high=asi + 2.2,
        random_half=0.6, systematic_half=2.1, n_pairs=3840, n_eff=1212.4,
    )  # fmt: skip
    return replace(row, **changes)


def course(gap: range = range(40, 52), n: int = 92) -> list[BalanceRow]:
    return [
        balance(
            window="30s",
            time_ns=START_NS + i * 30_000_000_000,
            asi_pct=(asi := 0.4 - i / 24 + 0.7 * math.sin(1.7 * i)),
            ci_low=asi - 2.4,
            ci_high=asi + 2.4,
            n_pairs=42,
        )
        for i in range(n)
        if i not in gap
    ]


def steps(side: str, mean_s: float) -> list[StepRow]:
    return [
        StepRow(
            **{**KEYS, "time_ns": START_NS + i * 690_000_000}, side=side,
            contact_time_s=mean_s + 0.009 * math.sin(2.4 * i) + 0.004 * math.cos(i),
            quality=1.0,
        )
        for i in range(400)
    ]  # fmt: skip


def quality(side: str, **changes: object) -> QualityRow:
    row = QualityRow(
        **KEYS, side=side, rate_hz=199.94, samples=552_800, frames=27_640, duplicates=3,
        reordered=0, gaps=2, lost_s=3.2, clipped=11, activity="running",
        calibration="good", strides=3950, steps=3895, rejected=52,
    )  # fmt: skip
    return replace(row, **changes)


def wear(side: str, per_step: float) -> WearRow:
    return WearRow(
        **KEYS, side=side, shoe="Pegasus blue", steps=3895,
        dose_bws=3895 * per_step, dose_per_step_bws=per_step,
    )  # fmt: skip


def rejected(side: str, reason: str, at: int) -> RejectionRow:
    key = {**KEYS, "time_ns": START_NS + at}
    return RejectionRow(**key, side=side, reason=reason)


def full_run(**changes: object) -> Shelf:
    asis = dict(zip(MEANS, (-3.1, 2.4, -0.3, 0.0, 3.0, -3.0, 0.02, -1.2), strict=True))
    return Shelf(
        session(**changes),
        *(balance(m, asi_pct=a, ci_low=a - 2.2, ci_high=a + 2.2)
          for m, a in asis.items()),
        *course(),
        *steps("left", 0.247),
        *steps("right", 0.239),
        quality("left"), quality("right", rate_hz=None),
        quality("hip", strides=0, steps=0, rejected=0),
        wear("left", 0.347), wear("right", 0.343),
        *(rejected("left", "no clear contact", i) for i in range(61)),
        *(rejected("right", "gap_in_the_data", i) for i in range(42)),
        EventRow(**{**KEYS, "time_ns": START_NS + 10**12}, side="both", kind="mark",
                 text="top of the hill"),
    )  # fmt: skip


def page_of(*rows: object) -> str:
    return build_report(collect(Shelf(*rows), KEYS["session"], UTC))


def words_of(page: str) -> str:
    """Text that a reader sees or hears, without style and tags."""
    page = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    labels = " ".join(re.findall(r'aria-label="([^"]*)"', page))
    text = html.unescape(re.sub(r"<[^>]+>", " ", page) + " " + labels)
    return re.sub(r"\s+", " ", text).replace(" .", ".")
