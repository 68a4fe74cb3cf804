"""Steps, hip steps, rejections and mean roll as rows of the store."""

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from contract.messages import SessionMeta
from contract.model import Slot
from contract.rows import HipStepRow, RejectionRow, RollRow, StepRow
from processing.contacts import ROLL_PCT, Rejected
from processing.hip.steps import HipSteps
from processing.metrics import Steps
from processing.roll import MeanRoll
from processing.shoe.motion import strike_type

_OWN = {f.name for f in fields(StepRow)} & {f.name for f in fields(Steps)}
_FOOT_WORDS = {1: "left", -1: "right", 0: "unknown"}
_HIP_FIGURES = (
    "step_time_s",
    "contact_time_estimate_s",
    "vertical_oscillation_m",
    "pelvic_drop_deg",
    "pelvic_tilt_deg",
    "pelvic_rotation_deg",
)


def key(meta: SessionMeta, side: str, t_ns: int = 0) -> dict[str, Any]:
    """What names a row: runner, session, side and Unix time."""
    return {
        "runner": meta.runner,
        "session": meta.session,
        "side": side,
        "time_ns": meta.origin_ns + t_ns,
    }


def step_rows(
    meta: SessionMeta, slot: Slot, steps: Steps, since_ns: int
) -> list[StepRow]:
    """One row per step of a foot that began at or after a time (session's clock)."""
    chosen = steps.ic_ns >= since_ns
    columns = {name: _known(getattr(steps, name)[chosen]) for name in sorted(_OWN)}
    angles = columns["strike_angle_deg"]
    columns["strike_type"] = [None if a is None else strike_type(a) for a in angles]
    times = steps.ic_ns[chosen].tolist()
    return [
        StepRow(
            **key(meta, slot.word, t_ns),
            **dict(zip(columns, values, strict=True)),
        )
        for t_ns, *values in zip(times, *columns.values(), strict=True)
    ]


def hip_rows(meta: SessionMeta, steps: HipSteps, since_ns: int) -> list[HipStepRow]:
    """One row per step that the hip saw at or after a time (session's clock)."""
    chosen = steps.select(steps.mid_ns >= since_ns)
    columns = {name: _known(getattr(chosen, name)) for name in _HIP_FIGURES}
    return [
        HipStepRow(
            **key(meta, "hip", int(chosen.mid_ns[k])),
            foot=_FOOT_WORDS[int(chosen.side[k])],
            side_confidence=float(chosen.side_confidence[k]),
            cadence_spm=_cadence_spm(columns["step_time_s"][k]),
            **{name: column[k] for name, column in columns.items()},
        )
        for k in range(chosen.count)
    ]


def _cadence_spm(step_time_s: float | None) -> float | None:
    return 60.0 / step_time_s if step_time_s else None


def rejection_rows(
    meta: SessionMeta, slot: Slot, rejected: Sequence[Rejected]
) -> list[RejectionRow]:
    """One row per stride that gave no step."""
    return [
        RejectionRow(**key(meta, slot.word, r.t_ns), reason=r.reason) for r in rejected
    ]


def roll_rows(meta: SessionMeta, slot: Slot, roll: MeanRoll) -> list[RollRow]:
    """One row per place of contact."""
    places = zip(ROLL_PCT, roll.eversion_deg, roll.sd_deg, strict=True)
    return [
        RollRow(
            **key(meta, slot.word),
            contact_pct=pct,
            eversion_deg=float(eversion_deg),
            eversion_sd_deg=float(sd_deg),
            steps=roll.steps,
        )
        for pct, eversion_deg, sd_deg in places
    ]


def _known(values: np.ndarray) -> list[Any]:
    """Values as Python's own, None for what is not known."""
    if values.dtype == bool:
        return list(values.tolist())
    return [v if math.isfinite(v) else None for v in values.tolist()]
