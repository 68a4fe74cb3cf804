"""Physical constants and conversions; SI inside, other units only where people look.

Names carry their unit: ``_s``, ``_ns``, ``_ms``, ``_hz``, ``_spm`` (steps per minute),
``_mps2``, ``_rps`` (radians per second), ``_dps``, ``_deg``, ``_bws`` (body-weight
seconds), ``_pct``. Intervals are half open: ``[start, end)``.
"""

import math

STANDARD_GRAVITY_MPS2 = 9.81
"""One g as this project uses it (the recordings and the design notes use 9.81)."""

NS_PER_S = 1_000_000_000
RAD_PER_DEG = math.pi / 180.0
DEG_PER_RAD = 180.0 / math.pi

ACC_TO_MPS2 = {
    "m/s2": 1.0,
    "g": STANDARD_GRAVITY_MPS2,
    "mg": STANDARD_GRAVITY_MPS2 / 1000.0,
}
"""Factor from an acceleration unit that an importer may name to m/s2."""

GYRO_TO_RPS = {"rad/s": 1.0, "dps": RAD_PER_DEG}
"""Factor from an angular-rate unit that an importer may name to rad/s."""

TIME_TO_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""Factor from a time unit that an importer may name to seconds."""
