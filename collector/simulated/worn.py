"""How a sensor is worn, and what may go wrong with that."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation

from contract.model import FloatArray, Slot
from contract.units import RAD_PER_DEG

# Where the sensor sits in the foot frame when it is not on the laces: on the heel cap.
HEEL_M = (-0.095, 0.0, 0.05)
UPSIDE_DOWN = Rotation.from_euler("x", 180, degrees=True)


@dataclass(frozen=True, slots=True)
class Slip:
    """The sensor turns on the shoe, about an axis of its own, and stays so."""

    t_s: float
    angle_deg: float
    axis: tuple[float, float, float] = (0.0, 0.0, 1.0)
    takes_s: float = 0.2

    def turn(
        self, force: FloatArray, rate: FloatArray, t_s: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Give the sensor's signals as they are with the slip, at these times."""
        share = np.clip((t_s - self.t_s) / self.takes_s, 0.0, 1.0)
        gone = share**3 * (share * (6 * share - 15) + 10)
        speed = 30 * (share * (1 - share)) ** 2 / self.takes_s
        axis = np.array(self.axis) / np.linalg.norm(self.axis)
        angle = self.angle_deg * RAD_PER_DEG
        turned = _turned_back(rate, axis, angle * gone)
        turned += (angle * speed)[:, None] * axis
        return _turned_back(force, axis, angle * gone), turned


def _turned_back(v: FloatArray, axis: FloatArray, angle: FloatArray) -> FloatArray:
    """Give vectors [n, 3] as seen from axes that have turned by an angle [n]."""
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    along = (v @ axis)[:, None] * axis
    return np.asarray(along + cos * (v - along) - sin * np.cross(axis, v))


@dataclass(frozen=True, slots=True)
class Worn:
    """One slot's device on the body; the default is drawn and well kept.

    Attributes
    ----------
    foot : Slot, optional
        The foot that really carries a shoe's sensor, where it is not the slot's.
    mount : Rotation, optional
        Turns foot axes from sensor axes; drawn within 40 degrees where not given.
    place : str
        ``laces`` or ``heel``.
    slip : Slip, optional
        See there.
    acc_range_g, gyro_range_dps : float
        Where the device clips.
    """

    foot: Slot | None = None
    mount: Rotation | None = None
    place: Literal["laces", "heel"] = "laces"
    slip: Slip | None = None
    acc_range_g: float = 16.0
    gyro_range_dps: float = 2000.0


def swapped() -> dict[Slot, Worn]:
    """Left sensor on the right shoe and the other way round."""
    return {Slot.LEFT: Worn(foot=Slot.RIGHT), Slot.RIGHT: Worn(foot=Slot.LEFT)}


def both_on(foot: Slot) -> dict[Slot, Worn]:
    """Both sensors on one shoe."""
    return {Slot.LEFT: Worn(foot=foot), Slot.RIGHT: Worn(foot=foot)}
