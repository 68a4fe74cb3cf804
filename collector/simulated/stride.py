"""What a stride of one foot is, and how each one differs from the foot's traits."""

import math
from dataclasses import dataclass, replace

import numpy as np

from collector.simulated.course import Gait, Pace
from collector.simulated.traits import FootTraits, RunnerTraits
from collector.simulated.walking import walking
from contract.model import Slot

# Deviations remember about one step (design notes of the simulator, section 9).
MEMORY = 0.4
# Features scatter by 2 to 4 ms around the true event: what real shoes show.
LANDING_JITTER_S = 0.002
PUSHOFF_JITTER_S = 0.0025
RELEASE_JITTER_S = 0.002
# The last step before a stop is put down flat and lightly.
HALT_STRIKE_DEG, HALT_LAG_S, HALT_SPEED = 5.0, 0.03, 0.3


@dataclass(frozen=True, slots=True)
class Spot:
    """Where and how the body comes to a contact; heading + = turned to the left."""

    x_m: float
    y_m: float
    heading_deg: float
    speed_mps: float
    gait: Gait

    def onward(self, pace: Pace, way_m: float, step_s: float) -> "Spot":
        """Go a way along the mean heading of a step."""
        turn_deg = pace.turn_dps * step_s
        heading = math.radians(self.heading_deg + turn_deg / 2)
        return Spot(
            self.x_m + way_m * math.cos(heading),
            self.y_m + way_m * math.sin(heading),
            self.heading_deg + turn_deg,
            self.speed_mps,
            self.gait,
        )

    def at(self, pace: Pace) -> "Spot":
        """Give the same place at another pace."""
        return replace(self, speed_mps=pace.speed_mps, gait=pace.gait)


@dataclass(frozen=True, slots=True)
class Stride:
    """One ground contact of one foot, and how this step differs from the others.

    ``spot`` is where the foot stands; at ``t_release_s`` its toes let go. The first
    stride of a foot (index -1) is the standing before the run, without a landing.
    """

    slot: Slot
    index: int
    t_ic_s: float
    t_to_s: float
    spot: Spot
    foot: FootTraits
    strike_deg: float
    eversion_deg: float
    eversion_ic_deg: float
    landing_lag_s: float
    pushoff_deg: float
    pushoff_lag_s: float
    t_release_s: float
    preimpact_mps: tuple[float, float, float]

    @property
    def is_standing(self) -> bool:
        """Whether the runner stands, before the run or in between."""
        return self.spot.gait == "stand"

    @property
    def contact_time_s(self) -> float:
        """Time on the ground."""
        return self.t_to_s - self.t_ic_s


class Memory:
    """Noise with SD 1 that remembers its last value (AR(1))."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._value = float(rng.normal())

    def draw(self) -> float:
        """Give the next value."""
        fresh = math.sqrt(1 - MEMORY**2) * float(self._rng.normal())
        self._value = MEMORY * self._value + fresh
        return self._value


class Foot:
    """One foot's own noise and where its next contact is built."""

    def __init__(self, slot: Slot, runner: RunnerTraits, seed: int) -> None:
        self.slot = slot
        self._running = runner.foot(slot)
        self._walking = walking(self._running)
        self._own_mps = runner.speed_mps
        self._rng = np.random.default_rng([seed, 2, int(slot)])
        self.contact = Memory(self._rng)
        self._strike = Memory(self._rng)
        self._eversion = Memory(self._rng)
        self._eversion_ic = Memory(self._rng)

    def _as(self, gait: Gait) -> FootTraits:
        return self._walking if gait == "walk" else self._running

    def stand(self, until_s: float, then: Gait) -> Stride:
        """Stand flat at the start line."""
        foot = self._as(then)
        return Stride(
            slot=self.slot,
            index=-1,
            t_ic_s=0.0,
            t_to_s=until_s,
            spot=Spot(0.0, 0.0, 0.0, 0.0, "stand"),
            foot=foot,
            strike_deg=0.0,
            eversion_deg=0.0,
            eversion_ic_deg=0.0,
            landing_lag_s=0.0,
            pushoff_deg=foot.pushoff_deg,
            pushoff_lag_s=foot.pushoff_lag_s,
            t_release_s=until_s + foot.release_lag_s,
            preimpact_mps=(0.0, 0.0, 0.0),
        )

    def halt(
        self, index: int, times_s: tuple[float, float], spot: Spot, then: Gait
    ) -> Stride:
        """Come to rest in the middle of a session, until it goes on."""
        standing = self.stand(times_s[1], then)
        tilt_deg = standing.foot.eversion_ic_deg
        forward, left, up = standing.foot.preimpact_mps
        return replace(
            standing,
            index=index,
            t_ic_s=times_s[0],
            spot=replace(spot, gait="stand", speed_mps=0.0),
            strike_deg=HALT_STRIKE_DEG,
            eversion_ic_deg=tilt_deg,
            eversion_deg=-tilt_deg,
            landing_lag_s=HALT_LAG_S,
            preimpact_mps=(HALT_SPEED * forward, left, HALT_SPEED * up),
        )

    def land(self, index: int, t_ic_s: float, t_to_s: float, spot: Spot) -> Stride:
        """Make one contact, with this step's deviations from the foot's traits."""
        foot = self._as(spot.gait)
        jitter = self._rng.normal(size=7).tolist()
        forward, left, up = foot.preimpact_mps
        gentle = self._gentleness(spot)
        return Stride(
            slot=self.slot,
            index=index,
            t_ic_s=t_ic_s,
            t_to_s=t_to_s,
            spot=spot,
            foot=foot,
            strike_deg=foot.strike_deg + 1.2 * self._strike.draw(),
            eversion_deg=foot.eversion_deg + 0.9 * self._eversion.draw(),
            eversion_ic_deg=foot.eversion_ic_deg + 0.6 * self._eversion_ic.draw(),
            landing_lag_s=foot.landing_lag_s + LANDING_JITTER_S * jitter[0],
            pushoff_deg=foot.pushoff_deg * (1 + 0.02 * jitter[1]),
            pushoff_lag_s=foot.pushoff_lag_s + PUSHOFF_JITTER_S * jitter[2],
            t_release_s=t_to_s
            + max(foot.release_lag_s + RELEASE_JITTER_S * jitter[6], 0),
            preimpact_mps=(
                gentle * forward * (1 + 0.12 * jitter[3]),
                left + 0.05 * jitter[4],
                gentle * up * (1 + 0.10 * jitter[5]),
            ),
        )

    def _gentleness(self, spot: Spot) -> float:
        """Who runs slower than she is used to comes down with less speed."""
        if spot.gait == "walk":
            return 1.0
        return min(1.0, spot.speed_mps / self._own_mps)
