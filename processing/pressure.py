"""Where under the shoe the force is: a model of the centre of pressure in running.

It rolls from where the foot strikes to the ball, quickly at first:
x(tau) = x0 + (.8 - x0)(1 - exp(-tau / .35)) of the shoe's length from the heel, tau the
part of contact that is over, the force half a sine. Inward or outward it follows
eversion. All of it is assumed, nothing measured under the foot (algorithms.md section
5): good for comparing left with right and a run with earlier ones.
"""

from itertools import pairwise

import numpy as np

from contract.model import FloatArray

ZONES = ("heel", "mid", "fore")

_STRIKE_DEG = (-1.6, 3.2, 8.0)
_START = (0.65, 0.40, 0.12)
"""Forefoot, middle and heel strike, linear between (algorithms.md 5); angles are the
limits of Altman and Davis and the middle between them."""
_END = 0.8
_TIME_CONSTANT = 0.35
"""Of contact. algorithms.md 5 says .15, by which a heel striker's heel would carry 1 %
of the load and the front all; but the heel stays on the ground until about half of
contact, when the pressure has come to .6 of the shoe (pressure studies, from memory).
"""
_BORDERS = (1 / 3, 2 / 3)
_MEDIAL_PER_DEG = 0.25 / 15.0
_MEDIAL_RANGE = (0.1, 0.9)
_CELLS = 10


def zone_shares(strike_angle_deg: FloatArray) -> FloatArray:
    """Share of a contact's force under heel, mid and forefoot [n, 3]; rows sum to 1."""
    borders = _border_forces(strike_angle_deg)
    one, none = np.ones(len(borders)), np.zeros(len(borders))
    edges = np.column_stack([none, borders, one])
    return np.diff(edges, axis=1)


def _border_forces(strike_angle_deg: FloatArray) -> FloatArray:
    """Part of the force that has passed as the pressure leaves heel and midfoot."""
    start = np.interp(strike_angle_deg, _STRIKE_DEG, _START)
    passed = [
        _passed(_TIME_CONSTANT * np.log((_END - start) / (_END - border)))
        for border in _BORDERS
    ]
    return np.column_stack(passed)


def _passed(phase: FloatArray) -> FloatArray:
    """Part of a half sine's area before a phase of contact."""
    passed: FloatArray = (1.0 - np.cos(np.pi * np.clip(phase, 0.0, 1.0))) / 2
    return passed


def medial_shares(strike_angle_deg: FloatArray, eversion_deg: FloatArray) -> FloatArray:
    """Share of the force on the medial side while it passes each zone.

    Parameters
    ----------
    strike_angle_deg : [n]
    eversion_deg : [n, K]
        Against standing, evenly spaced from initial contact to toe-off.

    Returns
    -------
    [n, 3] for heel, mid and forefoot; one half where the force never passes.
    """
    phase = np.linspace(0.0, 1.0, _CELLS + 1)
    middle = (phase[:-1] + phase[1:]) / 2
    nearest = np.round(middle * (eversion_deg.shape[1] - 1)).astype(np.intp)
    share = 0.5 + _MEDIAL_PER_DEG * eversion_deg[:, nearest]
    share = np.clip(share, *_MEDIAL_RANGE)
    low, high = _passed(phase[:-1]), _passed(phase[1:])
    border = _border_forces(strike_angle_deg)
    out = np.empty((len(border), len(ZONES)))
    edges = [np.zeros(len(border)), border[:, 0], border[:, 1], np.ones(len(border))]
    for zone, (begin, end) in enumerate(pairwise(edges)):
        force = np.minimum(high, end[:, None]) - np.maximum(low, begin[:, None])
        force = np.maximum(force, 0.0)
        total = force.sum(axis=1)
        mean = (force * share).sum(axis=1) / np.where(total > 0, total, 1.0)
        out[:, zone] = np.where(total > 0, mean, 0.5)
    return out
