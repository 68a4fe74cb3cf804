"""Who the simulated runner is: drawn once from a seed, frozen afterwards.

Ranges follow design notes of the project (running at 2.4 to 4.8 m/s) unless a line says
otherwise. What a sensor's features owe to a foot (lags, resonances, speed before the
impact) differs between runners, feet and steps: a detector must not learn a constant.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from contract.model import Slot

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
# Stride and contact time fall with speed: lines through rbds (13 runners, 2.5 to
# 4.5 m/s), where runners scatter by 35 and 18 ms around them. Below, contact grows
# faster, until hardly any flight is left: pyshoe's slow running (1.3 to 2.2 m/s) has
# contacts of 0.30 to 0.37 s in strides of 0.72 to 0.79 s.
STRIDE_AT_0_S, STRIDE_PER_MPS = 0.86, -0.046
CONTACT_AT_0_S, CONTACT_PER_MPS = 0.342, -0.034
SLOW_RUN_MPS, SLOW_CONTACT_PER_MPS = 2.4, 0.07


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
class HipTraits:
    """How the pelvis moves, and how the sensor at its back follows.

    Attributes
    ----------
    yaw_deg, yaw_phase_deg : float
        Turning about the vertical: amplitude, and phase of the yaw rate at left contact
        (57 to 61 degrees in rbds, one runner of 13 was 90 degrees off).
    drop_left_deg, drop_right_deg, drop_lag_deg : float
        How far the swing side hangs in the stance of each foot, and how late.
    rock_deg, rock_phase_deg : float
        Wave of roll at three times the stride's frequency.
    tilt_deg, nod_deg, nod_twice_deg : float
        Forward tilt against standing, and its waves at once and twice each step.
    rise : float
        Rise and fall of the pelvis over that of the whole body (rbds: 1.24, SD 0.10).
    blow_mps, blow_s : float
        Change of speed of the leg that lands, and the time to its peak force.
    sine_share : float
        How much of the body's force is half a sine, the rest a raised cosine.
    brake_share, sway_mps2, swing_mps2 : float
        Speed that the pelvis loses and regains in each contact, as a share; push to the
        middle, and back again. At a pelvis in rbds such accelerations have 5 to 8 m/s2.
    walk_share, walk_yaw_phase_deg, walk_bounce_m : float
        The same pelvis in walking: turning against running, its phase, rise and fall.
    tissue_hz, tissue_damping : float
        Skin and belt as a low-pass filter with overshoot.
    sensor_m : tuple of float
        Place of the sensor in the pelvis.
    """

    yaw_deg: float
    yaw_phase_deg: float
    drop_left_deg: float
    drop_right_deg: float
    drop_lag_deg: float
    rock_deg: float
    rock_phase_deg: float
    tilt_deg: float
    nod_deg: float
    nod_twice_deg: float
    rise: float
    blow_mps: float
    blow_s: float
    sine_share: float
    brake_share: float
    sway_mps2: float
    swing_mps2: float
    walk_share: float
    walk_yaw_phase_deg: float
    walk_bounce_m: float
    tissue_hz: float
    tissue_damping: float
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
    hip: HipTraits

    def foot(self, slot: Slot) -> FootTraits:
        """Give the traits of one foot."""
        return self.left if slot is Slot.LEFT else self.right

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
    stride_time_s = usual_stride_s(speed) + float(rng.normal(0, 0.03))
    contact_time_s = CONTACT_AT_0_S + CONTACT_PER_MPS * speed
    contact_time_s += float(rng.normal(0, 0.016))
    contact_time_s += SLOW_CONTACT_PER_MPS * max(0.0, SLOW_RUN_MPS - speed)
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
        hip=_draw_hip(np.random.default_rng([seed, 6])),
    )


def usual_stride_s(speed_mps: float) -> float:
    """Give the stride time of runners at a speed."""
    return STRIDE_AT_0_S + STRIDE_PER_MPS * speed_mps


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


def _draw_hip(rng: np.random.Generator) -> HipTraits:
    def between(least: float, most: float) -> float:
        return float(rng.uniform(least, most))

    drop_deg = between(2, 7)
    # One in thirty trials of rbds was 90 degrees off: a few people turn otherwise.
    phase_sd_deg = 80.0 if rng.uniform() < 0.05 else 15.0
    return HipTraits(
        yaw_deg=between(3, 9),
        yaw_phase_deg=float(rng.normal(59, phase_sd_deg)),
        drop_left_deg=drop_deg + float(rng.normal(0, 1)),
        drop_right_deg=drop_deg + float(rng.normal(0, 1)),
        drop_lag_deg=between(-10, 20),
        rock_deg=between(0, 1.5),
        rock_phase_deg=between(0, 360),
        tilt_deg=between(3, 12),
        nod_deg=between(1.5, 4),
        nod_twice_deg=float(rng.normal(0, 0.8)),
        rise=between(1.1, 1.4),
        blow_mps=between(1.0, 2.0),
        blow_s=between(0.025, 0.045),
        sine_share=between(0.4, 1),
        brake_share=between(0.06, 0.18),
        sway_mps2=float(rng.normal(2.0, 1.2)),
        swing_mps2=float(rng.normal(0, 3.0)),
        walk_share=between(0.4, 0.8),
        walk_yaw_phase_deg=float(rng.normal(-90, 15)),
        walk_bounce_m=between(0.03, 0.05),
        tissue_hz=between(8, 12),
        tissue_damping=between(0.35, 0.6),
        sensor_m=(-between(0.09, 0.13), float(rng.normal(0, 0.01)), between(0, 0.05)),
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
