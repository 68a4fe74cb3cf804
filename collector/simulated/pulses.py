"""Angles as sums of smooth steps, each one a pulse of angular rate in closed form.

A pulse is a split normal (two widths); its integral is an error function. So an angle
at any time needs no running sum, and blocks of a run agree with each other.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from contract.model import FloatArray

# Beyond seven widths a normal's integral misses 1e-12: far below one count.
REACH = 7.0


class Pulse(NamedTuple):
    """A turn by ``area_deg`` around ``mu_s``; widths before and after are SDs."""

    mu_s: float
    rise_s: float
    fall_s: float
    area_deg: float


def turn(
    start_deg: float, pulses: list[Pulse], t_s: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give angle (deg) and rate (deg/s) at ascending times."""
    angle = np.full(len(t_s), start_deg)
    rate = np.zeros(len(t_s))
    for mu_s, rise_s, fall_s, area in pulses:
        ends = [mu_s - REACH * rise_s, mu_s, mu_s + REACH * fall_s]
        first, middle, last = np.searchsorted(t_s, ends)
        width = rise_s + fall_s
        peak = area / (width * math.sqrt(math.pi / 2))
        before = (t_s[first:middle] - mu_s) / rise_s
        after = (t_s[middle:last] - mu_s) / fall_s
        rate[first:middle] += peak * np.exp(-0.5 * before**2)
        rate[middle:last] += peak * np.exp(-0.5 * after**2)
        angle[first:middle] += area * 2 * rise_s / width * ndtr(before)
        angle[middle:last] += area * (1 - 2 * fall_s / width * ndtr(-after))
        angle[last:] += area
    return angle, rate
