"""How far, how long and how fast the shoe everts after landing.

A shoe sensor sees the shoe, not the heel bone in it: what is called pronation here is
the eversion of the shoe against standing (algorithms.md section 0).
"""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray
from processing.contacts import ROLL_PCT
from processing.dsp import vertex
from processing.settings import PronationSettings

CELLS = 50
"""Parts that a contact is looked at in: 4 to 6 ms each. The rate of eversion is taken
over two of them, which passes 40 to 50 Hz (algorithms.md section 3 asks for 40)."""


@dataclass(frozen=True, slots=True, eq=False)
class Pronation:
    """Figures of `StepMotion` per contact [S]."""

    excursion_deg: FloatArray
    time_pct: FloatArray
    velocity_dps: FloatArray
    landing_deg: FloatArray


def measure_pronation(
    eversion_deg: FloatArray, contact_time_s: FloatArray, settings: PronationSettings
) -> Pronation:
    """Eversion's course to its maximum.

    Parameters
    ----------
    eversion_deg : [S, CELLS + 1]
        Evenly spaced from initial contact to toe-off.
    contact_time_s : [S]
    """
    until = round(settings.phase * CELLS)
    early = eversion_deg[:, : until + 1]
    top = early.argmax(axis=1)
    row = np.arange(len(top))
    per_cell = (eversion_deg[:, 2 : until + 2] - eversion_deg[:, :until]) / 2
    is_on_the_way = np.arange(1, until + 1) <= np.maximum(top, 1)[:, None]
    fastest = np.where(is_on_the_way, per_cell, -np.inf).max(axis=1)
    place = np.where((top > 0) & (top < until), vertex(early, top), top)
    landing = eversion_deg[:, round(settings.landing_phase * CELLS)]
    return Pronation(
        excursion_deg=early[row, top] - eversion_deg[:, 0],
        time_pct=place * (100.0 / CELLS),
        velocity_dps=fastest * CELLS / contact_time_s,
        landing_deg=landing - eversion_deg[:, 0],
    )


def roll_course(eversion_deg: FloatArray) -> FloatArray:
    """Eversion [S, CELLS + 1] at the places `ROLL_PCT` of contact [S, 21].

    A place between two cells has the mean of both.
    """
    return (eversion_deg[:, _BEFORE] + eversion_deg[:, _AFTER]) / 2


_PLACES = np.array(ROLL_PCT) * (CELLS / 100)
_BEFORE, _AFTER = np.floor(_PLACES).astype(np.intp), np.ceil(_PLACES).astype(np.intp)
