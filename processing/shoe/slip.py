"""Notice that a sensor slipped on its shoe in mid-run, and undo it.

"Up" at mid-stance and the toes at heel rise fix how the sensor sits, stride by stride
(see `processing.shoe.mount`). Their middle over the last strides is compared with that
over the first ones; nothing looks at events or sides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from contract.model import FloatArray
from processing.arrays import IntArray
from processing.shoe.heel_rise import length
from processing.shoe.mount import Cues


@dataclass(frozen=True, slots=True)
class SlipSettings:
    """When a sensor has slipped."""

    strides: int = 20
    """Strides of the reference and of what is compared with it: "up" scatters by .3 to
    1.2 deg from stride to stride, the heel-rise direction by 1 to 6 deg (dev set)."""
    slip_deg: float = 10.0
    """Turn against the reference that is a slip. A mount moves by less than 5 deg of
    itself (angles.md 7); twice that, because the direction of heel rise differs by up
    to 2 deg (SD) between speeds of one runner and camber tilts the foot by 2 to 3."""
    pitch_weight: float = 0.75
    """Share of a turn in pitch that counts: a hill of 10 % pitches the whole shoe by 6
    deg and pace shifts the pitch of mid-stance, neither of which is the sensor's."""
    settled: int = 20
    """Strides after the slip that must be there before it is measured and said."""
    check_every: int = 5
    """Valid strides between two looks; a median over 20 changes little in between."""
    back: int = 60
    """Earlier strides in which the beginning of the slip is looked for."""


SLIP = SlipSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Slip:
    """A sensor turned on its shoe in mid-run.

    Attributes
    ----------
    since : int
        Number of the first stride after it.
    noticed : int
        Number of the last stride that was looked at to say so.
    angle_deg : float
        How far it turned.
    rotation : [3, 3]
        Turns samples taken after it back into the frame from before.
    """

    since: int
    noticed: int
    angle_deg: float
    rotation: FloatArray


class SlipWatch:
    """Notices that a sensor slipped; fed stride by stride, in any portions.

    The first running strides are the reference. Cues are those of the samples as they
    are analysed: once a slip was said, what follows must be turned by its rotation.
    """

    def __init__(self) -> None:
        self._past: Cues | None = None
        self._usual: FloatArray | None = None
        self._since_look = 0

    def push(self, found: Cues) -> Slip | None:
        """Look at further strides; stop at the first slip.

        Strides after ``Slip.noticed`` have not been looked at: turn them, and give
        their cues again.
        """
        valid = found.select(found.is_valid)
        past = self._past.followed_by(valid) if self._past else valid
        fresh = len(valid.number)
        if self._usual is None and len(past.number) >= SLIP.strides:
            self._usual = _attitude(past.select(slice(SLIP.strides)))
        for end in self._suspect_ends(past, len(past.number) - fresh):
            slip = self._judge(past.select(slice(max(0, end - SLIP.back), end)))
            if slip:
                self._past, self._since_look = None, 0
                return slip
        self._since_look = (self._since_look + fresh) % SLIP.check_every
        self._past = past.select(slice(-SLIP.back, None))
        return None

    def _suspect_ends(self, past: Cues, begin: int) -> list[int]:
        """Where the middle of the strides before is turned against the reference."""
        if self._usual is None:
            return []
        first = begin + SLIP.check_every - self._since_look
        ends = np.arange(first, len(past.number) + 1, SLIP.check_every)
        ends = ends[ends >= SLIP.strides]
        if not len(ends):
            return []
        turned = _frames(*_middles(past, ends))
        return [int(e) for e in ends[_weighed_deg(self._usual, turned) > SLIP.slip_deg]]

    def _judge(self, recent: Cues) -> Slip | None:
        """Find where in these strides the sensor turned, and by how much."""
        assert self._usual is not None  # noqa: S101 - looks are for a reference only
        after = _attitude(recent.select(slice(-(SLIP.strides // 2), None)))
        at = _change(recent, self._usual, after)
        count = len(recent.number)
        if count - at < SLIP.settled and at > 0:
            return None
        new = _attitude(recent.select(slice(at, None)))
        old = self._before(recent, at, new)
        rotation = old.T @ new
        return Slip(
            int(recent.number[at]),
            int(recent.number[-1]),
            _angle_deg(rotation),
            rotation,
        )

    def _before(self, recent: Cues, at: int, new: FloatArray) -> FloatArray:
        """Orientation to go back to: that just before, if the sensor turned at once.

        Just before, the runner ran at the same pace and slope, so these stay out of it.
        A sensor that crept away is turned back to the reference.
        """
        assert self._usual is not None  # noqa: S101 - looks are for a reference only
        if at < SLIP.strides // 2:
            return self._usual
        just = _attitude(recent.select(slice(max(0, at - 2 * SLIP.strides), at)))
        crept_deg = _weighed_deg(self._usual, just[None])[0]
        at_once_deg = _weighed_deg(just, new[None])[0]
        is_at_once = crept_deg < SLIP.slip_deg / 2 and at_once_deg > SLIP.slip_deg
        return just if is_at_once else self._usual


def _middles(found: Cues, ends: IntArray) -> tuple[FloatArray, FloatArray]:
    """Median ``up`` and ``toe`` [3, E] of the strides before each end."""
    if not len(ends):
        return np.empty((3, 0)), np.empty((3, 0))
    both = np.concatenate([found.up, found.toe])
    views = sliding_window_view(both, SLIP.strides, axis=-1)[:, ends - SLIP.strides]
    middle = np.median(views, axis=-1)
    return middle[:3], middle[3:]


def _attitude(found: Cues) -> FloatArray:
    """Foot axes [3, 3], rows x y z, by the median of strides."""
    up, toe = np.median(found.up, axis=1), np.median(found.toe, axis=1)
    return np.asarray(_frames(up[:, None], toe[:, None])[0])


def _frames(up: FloatArray, toe: FloatArray) -> FloatArray:
    """Axes [E, 3, 3] from two directions each: up exactly, the toes as near as can be.

    This is TRIAD with "up" as its first vector (Black 1964).
    """
    z = up / length(up)
    x = toe - z * (toe * z).sum(axis=0)
    x = x / length(x)
    return np.stack([x, np.cross(z, x, axis=0), z]).transpose(2, 0, 1)


def _weighed_deg(usual: FloatArray, frames: FloatArray) -> FloatArray:
    """Turn between frames and the usual one [E], less of it where it is pitch."""
    # The turn that brings what is seen back onto the usual: usual.T @ frames.
    turn = (usual[:, :, None] * frames[:, :, None, :]).sum(axis=1)
    angle = np.arccos(np.clip((np.trace(turn, axis1=1, axis2=2) - 1) / 2, -1.0, 1.0))
    skew = np.stack(
        [
            turn[:, 2, 1] - turn[:, 1, 2],
            turn[:, 0, 2] - turn[:, 2, 0],
            turn[:, 1, 0] - turn[:, 0, 1],
        ]
    )
    axis = (usual[:, :, None] * skew).sum(axis=1)
    along = axis / np.maximum(2 * np.sin(angle), 1e-9)
    weight = np.array([1.0, SLIP.pitch_weight, 1.0])
    share = np.where(angle < np.pi / 2, length(along * weight[:, None]), 1.0)
    return np.asarray(np.degrees(angle) * share)


def _angle_deg(rotation: FloatArray) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))


def _change(found: Cues, old: FloatArray, new: FloatArray) -> int:
    """First stride from which on the new attitude fits better than the old one."""

    def misfit(axes: FloatArray) -> FloatArray:
        apart = found.up - axes[2][:, None], found.toe - axes[0][:, None]
        return np.asarray(sum((v * v).sum(axis=0) for v in apart))

    gain = misfit(old) - misfit(new)
    return int(np.argmax(np.cumsum(gain[::-1])[::-1]))
