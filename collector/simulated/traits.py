"""Who the simulated runner is: drawn once from a seed, frozen afterwards.

Ranges follow design notes of the project (running at 2.4 to 4.8 m/s) unless a line says
otherwise. What a sensor's features owe to a foot (lags, resonances, speed before the
impact) differs between runners, feet and steps: a detector must not learn a constant.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Strike = Literal["rear", "mid", "fore"]

# Shares of strike patterns among recreational runners, roughly as in road races.
STRIKE_SHARES: dict[Strike, float] = {"rear": 0.7, "mid": 0.2, "fore": 0.1}
STRIKE_RANGES_DEG: dict[Strike, tuple[float, float]] = {
    "rear": (9.0, 24.0),
    "mid": (-1.5, 5.0),
    "fore": (-12.0, -2.0),
}
# Shortest mean flight: below it the gait is no run, and steps would touch each other.
MIN_MEAN_FLIGHT_S = 0.045


@dataclass(frozen=True, slots=True)
class FootTraits:
    """How one foot moves; lags count from the true event to the feature it causes.

    Attributes
    ----------
    strike_deg, eversion_deg, eversion_ic_deg, toe_out_deg : float
        Pitch before landing (+ toes up), eversion gained in stance, eversion at initial
        contact, and direction of the toes.
    eversion_peak : float
        Time of the greatest eversion as a share of contact time.
    landing_lag_s, landing_rise_s, landing_fall_s : float
        Pulse of pitch rate in which the foot becomes flat.
    roll_in_s : float
        Width of the quick part of eversion after initial contact.
    pushoff_deg, pushoff_lag_s, pushoff_rise, pushoff_fall_s : float
        Pulse of pitch rate around toe-off; its rise is a share of contact time.
    flexion_deg, flexion_at : float
        Second toe-down pulse as the knee bends, at that share of the swing.
    recovery_lead_s, recovery_fall_s : float
        How long before the next contact the toes stop coming up, and how quickly.
    release_lag_s, pull_mps2 : float
        From toe-off (force below a plate's threshold) to the last touch of the toes,
        and the forward acceleration of the foot from there.
    preimpact_mps : tuple of float
        Velocity just before initial contact, forward, left, up.
    braking_mps2 : float
        How hard the leg holds the foot back then.
    impact_hz, impact_damping : float
        Heel pad and midsole as a damped spring.
    clearance_m, swing_yaw_deg, swing_roll_deg, sway_m : float
        Height, turn, tilt and sideways way of the foot in swing.
    sensor_m : tuple of float
        Place of the sensor in the foot frame (x to the toes, y left, z up).
    """

    strike_deg: float
    eversion_deg: float
    eversion_ic_deg: float
    toe_out_deg: float
    eversion_peak: float
    landing_lag_s: float
    landing_rise_s: float
    landing_fall_s: float
    roll_in_s: float
    pushoff_deg: float
    pushoff_lag_s: float
    pushoff_rise: float
    pushoff_fall_s: float
    flexion_deg: float
    flexion_at: float
    recovery_lead_s: float
    recovery_fall_s: float
    release_lag_s: float
    pull_mps2: float
    preimpact_mps: tuple[float, float, float]
    braking_mps2: float
    impact_hz: float
    impact_damping: float
    clearance_m: float
    swing_yaw_deg: float
    swing_roll_deg: float
    sway_m: float
    sensor_m: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class RunnerTraits:
    """A runner at one speed; ``contact_asymmetry_pct`` is 100 (R - L) / mean.

    ``asymmetry_drift_pct`` is what ten minutes of running add to that asymmetry.
    """

    speed_mps: float
    stride_time_s: float
    contact_time_s: float
    strike: Strike
    contact_asymmetry_pct: float
    asymmetry_drift_pct: float
    left: FootTraits
    right: FootTraits

    @property
    def cadence_spm(self) -> float:
        """Expected steps per minute."""
        return 120.0 / self.stride_time_s


def draw_runner(
    seed: int,
    *,
    speed_mps: float | None = None,
    strike: Strike | None = None,
    contact_asymmetry_pct: float = 0.0,
    asymmetry_drift_pct: float = 0.0,
    foot_spread: float = 1.0,
) -> RunnerTraits:
    """Draw a runner; the same seed gives the same one.

    Parameters
    ----------
    seed : int
        Where the traits come from.
    speed_mps, strike : float, str, optional
        Fixed instead of drawn; everything else that is drawn stays the same.
    contact_asymmetry_pct : float
        100 (R - L) / mean of ground contact time, + = right longer.
    asymmetry_drift_pct : float
        Change of that asymmetry in ten minutes.
    foot_spread : float
        How much the feet differ in all other traits: 1 as people do, 0 not at all.
    """
    rng = np.random.default_rng([seed, 1])
    drawn_speed = float(rng.uniform(2.4, 4.8))
    drawn_strike: Strike = rng.choice(
        np.array(list(STRIKE_SHARES)), p=list(STRIKE_SHARES.values())
    ).item()
    speed, pattern = speed_mps or drawn_speed, strike or drawn_strike
    # Stride and contact time fall with speed: lines through rbds (13 runners, 2.5 to
    # 4.5 m/s), where runners scatter by 35 and 18 ms around them.
    stride_time_s = 0.86 - 0.046 * speed + float(rng.normal(0, 0.03))
    contact_time_s = 0.342 - 0.034 * speed + float(rng.normal(0, 0.016))
    longest = 0.5 * stride_time_s - MIN_MEAN_FLIGHT_S
    contact_time_s = min(
        contact_time_s, longest / (1 + abs(contact_asymmetry_pct) / 200)
    )
    both = _draw_foot(rng, pattern, speed)
    return RunnerTraits(
        speed_mps=speed,
        stride_time_s=stride_time_s,
        contact_time_s=contact_time_s,
        strike=pattern,
        contact_asymmetry_pct=contact_asymmetry_pct,
        asymmetry_drift_pct=asymmetry_drift_pct,
        left=_vary_foot(both, rng, foot_spread),
        right=_vary_foot(both, rng, foot_spread),
    )


def _draw_foot(rng: np.random.Generator, strike: Strike, speed: float) -> FootTraits:
    unit = float(rng.uniform())
    low, high = STRIKE_RANGES_DEG[strike]

    def between(least: float, most: float) -> float:
        return float(rng.uniform(least, most))

    return FootTraits(
        strike_deg=low + unit * (high - low),
        eversion_deg=between(7, 19),
        eversion_ic_deg=-between(2, 9),
        toe_out_deg=between(-2, 15),
        eversion_peak=between(0.3, 0.5),
        landing_lag_s=between(0.006, 0.016),
        landing_rise_s=between(0.011, 0.015),
        landing_fall_s=between(0.011, 0.016),
        roll_in_s=between(0.010, 0.015),
        pushoff_deg=-between(48, 64),
        pushoff_lag_s=float(rng.normal(-0.002, 0.006)),
        pushoff_rise=between(0.22, 0.30),
        pushoff_fall_s=between(0.022, 0.034),
        flexion_deg=-between(34, 52),
        flexion_at=between(0.16, 0.22),
        recovery_lead_s=between(0.058, 0.074),
        recovery_fall_s=between(0.019, 0.024),
        release_lag_s=between(0.004, 0.012),
        pull_mps2=between(0, 8) * speed / 3.5,
        preimpact_mps=(
            between(0.3, 1.3),
            float(rng.normal(0, 0.08)),
            -between(0.5, 1.3),
        ),
        braking_mps2=between(25, 50) * speed / 3.5,
        impact_hz=between(16, 28),
        impact_damping=between(0.55, 0.85),
        clearance_m=0.08 + 0.03 * speed + float(rng.normal(0, 0.02)),
        swing_yaw_deg=between(2, 8),
        swing_roll_deg=between(2, 8),
        sway_m=between(-0.02, 0.03),
        sensor_m=(0.03, 0.0, 0.075),
    )


def _vary_foot(both: FootTraits, rng: np.random.Generator, spread: float) -> FootTraits:
    """Let one foot differ from the runner's common traits."""

    def near(centre: float, deviation: float) -> float:
        return centre + spread * deviation * float(rng.normal())

    def scaled(centre: float, share: float) -> float:
        return centre * float(np.exp(spread * share * rng.normal()))

    forward, left, up = both.preimpact_mps
    x, y, z = both.sensor_m
    return FootTraits(
        strike_deg=near(both.strike_deg, 1.0),
        eversion_deg=max(3.0, near(both.eversion_deg, 1.5)),
        eversion_ic_deg=near(both.eversion_ic_deg, 1.0),
        toe_out_deg=near(both.toe_out_deg, 2.0),
        eversion_peak=scaled(both.eversion_peak, 0.05),
        # Lags spread by some 3 ms between feet: what the design notes hold possible.
        landing_lag_s=max(0.004, near(both.landing_lag_s, 0.0025)),
        landing_rise_s=scaled(both.landing_rise_s, 0.06),
        landing_fall_s=scaled(both.landing_fall_s, 0.06),
        roll_in_s=scaled(both.roll_in_s, 0.06),
        pushoff_deg=scaled(both.pushoff_deg, 0.02),
        pushoff_lag_s=near(both.pushoff_lag_s, 0.002),
        pushoff_rise=scaled(both.pushoff_rise, 0.03),
        pushoff_fall_s=scaled(both.pushoff_fall_s, 0.03),
        flexion_deg=scaled(both.flexion_deg, 0.05),
        flexion_at=scaled(both.flexion_at, 0.03),
        recovery_lead_s=scaled(both.recovery_lead_s, 0.03),
        recovery_fall_s=scaled(both.recovery_fall_s, 0.04),
        release_lag_s=max(0.001, near(both.release_lag_s, 0.0015)),
        pull_mps2=scaled(both.pull_mps2, 0.1),
        preimpact_mps=(scaled(forward, 0.1), near(left, 0.05), scaled(up, 0.1)),
        braking_mps2=scaled(both.braking_mps2, 0.08),
        impact_hz=scaled(both.impact_hz, 0.06),
        impact_damping=scaled(both.impact_damping, 0.06),
        clearance_m=scaled(both.clearance_m, 0.05),
        swing_yaw_deg=near(both.swing_yaw_deg, 1.0),
        swing_roll_deg=near(both.swing_roll_deg, 1.0),
        sway_m=near(both.sway_m, 0.008),
        sensor_m=(near(x, 0.005), near(y, 0.004), near(z, 0.003)),
    )
