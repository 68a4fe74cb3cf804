"""The course of a session: how long the runner stands, walks or runs, and turns."""

import math
from dataclasses import dataclass
from typing import Literal

from collector.simulated.traits import RunnerTraits

Gait = Literal["stand", "walk", "run"]

# People speed up and slow down by about this much at leisure.
RAMP_MPS2 = 1.5
# Slower than this people do not run (walking takes less energy below about 2 m/s), nor
# do they walk.
LEAST_RUN_MPS, LEAST_WALK_MPS = 1.6, 0.7
# Comfortable walking speed of adults.
WALK_MPS = 1.4


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a course.

    Attributes
    ----------
    gait : str
        ``stand``, ``walk`` or ``run``.
    seconds : float
        How long it lasts.
    speed_mps : float, optional
        Where it is not the runner's own (running) or a comfortable one (walking).
    turn_dps : float
        Change of heading per second, + = to the left.
    """

    gait: Gait
    seconds: float
    speed_mps: float | None = None
    turn_dps: float = 0.0


@dataclass(frozen=True, slots=True)
class Course:
    """Segments after the first standing; behind the last one it begins again."""

    segments: tuple[Segment, ...]

    @property
    def seconds(self) -> float:
        """Time for one round of the course."""
        return sum(segment.seconds for segment in self.segments)


def circle(radius_m: float, speed_mps: float, seconds: float) -> Segment:
    """Run on a circle; a negative radius turns to the right."""
    turn_dps = math.degrees(speed_mps / radius_m)
    return Segment("run", seconds, speed_mps, turn_dps)


def block(side_m: float, speed_mps: float, corner_s: float = 1.0) -> Course:
    """Run around a square block with corners of 90 degrees to the left."""
    straight = Segment("run", side_m / speed_mps, speed_mps)
    corner = Segment("run", corner_s, speed_mps, 90.0 / corner_s)
    return Course((straight, corner))


@dataclass(frozen=True, slots=True)
class Pace:
    """What the runner is about at a time; ``until_s`` is when that part ends."""

    gait: Gait
    speed_mps: float
    turn_dps: float
    until_s: float


class Pacer:
    """Gait, speed and turning at any time; without a course a run goes on for ever."""

    def __init__(
        self, traits: RunnerTraits, course: Course | None, begin_s: float
    ) -> None:
        self._own_mps = traits.speed_mps
        self._course = course
        self._begin_s = begin_s

    def at(self, t_s: float) -> Pace:
        """Give the pace at a time."""
        if self._course is None:
            return Pace("run", self._own_mps, 0.0, math.inf)
        segments = self._course.segments
        laps, since_s = divmod(t_s - self._begin_s, self._course.seconds)
        end_s, k = segments[0].seconds, 0
        while since_s >= end_s and k + 1 < len(segments):
            k += 1
            end_s += segments[k].seconds
        now, following = segments[k], segments[(k + 1) % len(segments)]
        # Who has just stood starts slowly, in the first round as in later ones.
        before = segments[k - 1] if k or laps else Segment("stand", 0.0)
        gone_s, left_s = since_s - end_s + now.seconds, end_s - since_s
        speed_mps = min(
            self._aim(now),
            self._aim(before) + RAMP_MPS2 * gone_s,
            self._aim(following) + RAMP_MPS2 * left_s,
        )
        return Pace(now.gait, _least(now.gait, speed_mps), now.turn_dps, t_s + left_s)

    def _aim(self, segment: Segment) -> float:
        if segment.gait == "stand":
            return 0.0
        usual = self._own_mps if segment.gait == "run" else WALK_MPS
        return usual if segment.speed_mps is None else segment.speed_mps


def _least(gait: Gait, speed_mps: float) -> float:
    floor = {"stand": 0.0, "walk": LEAST_WALK_MPS, "run": LEAST_RUN_MPS}[gait]
    return max(floor, speed_mps)
