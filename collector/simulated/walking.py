"""How the same person walks: other times and other features of the foot.

Typical figures of healthy adults at 1.4 m/s: stride 1.1 s, 60 % of it on the ground,
heel strike 20 degrees toes up, foot flat a tenth of a stride later, toe-off 60 degrees
toes down, contact without the blow of running.
"""

import math
from dataclasses import replace

from collector.simulated.course import WALK_MPS
from collector.simulated.traits import (
    CONTACT_PER_MPS,
    SLOW_CONTACT_PER_MPS,
    SLOW_RUN_MPS,
    STRIDE_PER_MPS,
    FootTraits,
    RunnerTraits,
    usual_stride_s,
)

WALK_STRIDE_S, WALK_DUTY = 1.1, 0.60
# Slower walking: longer strides in time (with the root of speed) and more of them on
# the ground.
DUTY_PER_MPS = -0.04
LEAST_DUTY, MOST_DUTY = 0.56, 0.70


def stride_s(traits: RunnerTraits, speed_mps: float, *, is_walking: bool) -> float:
    """Give the mean stride time at a speed."""
    if not is_walking:
        return traits.stride_time_s + STRIDE_PER_MPS * (speed_mps - traits.speed_mps)
    own = traits.stride_time_s / usual_stride_s(traits.speed_mps)
    return own * WALK_STRIDE_S * math.sqrt(WALK_MPS / speed_mps)


def contact_s(traits: RunnerTraits, speed_mps: float, *, is_walking: bool) -> float:
    """Give the mean contact time of both feet at a speed."""
    if not is_walking:
        slow = _slowness(speed_mps) - _slowness(traits.speed_mps)
        change = CONTACT_PER_MPS * (speed_mps - traits.speed_mps)
        return traits.contact_time_s + change + SLOW_CONTACT_PER_MPS * slow
    duty = WALK_DUTY + DUTY_PER_MPS * (speed_mps - WALK_MPS)
    duty = min(max(duty, LEAST_DUTY), MOST_DUTY)
    return duty * stride_s(traits, speed_mps, is_walking=True)


def _slowness(speed_mps: float) -> float:
    return max(0.0, SLOW_RUN_MPS - speed_mps)


def walking(foot: FootTraits) -> FootTraits:
    """Give the foot of a runner as she walks; what is personal stays in proportion."""
    forward, left, up = foot.preimpact_mps
    return replace(
        foot,
        strike_deg=20.0 + 0.2 * (foot.strike_deg - 12.0),
        eversion_deg=0.6 * foot.eversion_deg,
        eversion_ic_deg=0.6 * foot.eversion_ic_deg,
        landing_lag_s=4.0 * foot.landing_lag_s,
        landing_rise_s=1.8 * foot.landing_rise_s,
        landing_fall_s=2.0 * foot.landing_fall_s,
        roll_in_s=2.0 * foot.roll_in_s,
        pushoff_rise=0.55 * foot.pushoff_rise,
        pushoff_fall_s=1.1 * foot.pushoff_fall_s,
        flexion_deg=0.35 * foot.flexion_deg,
        flexion_at=0.8 * foot.flexion_at,
        recovery_lead_s=1.7 * foot.recovery_lead_s,
        recovery_fall_s=2.5 * foot.recovery_fall_s,
        release_lag_s=0.5 * foot.release_lag_s,
        pull_mps2=0.4 * foot.pull_mps2,
        preimpact_mps=(0.3 * forward, 0.5 * left, 0.2 * up),
        impact_hz=0.6 * foot.impact_hz,
        braking_mps2=0.3 * foot.braking_mps2,
        clearance_m=0.05 + 0.2 * foot.clearance_m,
        swing_yaw_deg=0.5 * foot.swing_yaw_deg,
        swing_roll_deg=0.5 * foot.swing_roll_deg,
        sway_m=0.5 * foot.sway_m,
    )
