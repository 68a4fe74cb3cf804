"""Bridge a short gap: a few made-up samples keep a stretch of samples whole.

Without them every lost packet would cost the three strides that its windows reach into.
Made-up samples are marked, and no event or angle is taken from them: the strides whose
contact they touch are left out, so what is given does not change (algorithms.md 6).
"""

from dataclasses import replace

import numpy as np

from contract.model import FrameFlag, ImuBatch
from contract.units import NS_PER_S

LONGEST_S = 0.15
"""Half of the hump of pitch rate at mid-swing, by which strides are cut: a packet or
two. In a longer gap a whole swing may be lost."""
MADE_UP = FrameFlag.GAP_BEFORE
"""How made-up batches are marked among the samples of a stretch."""


def bridge(last: ImuBatch, batch: ImuBatch) -> ImuBatch | None:
    """Samples to put between two batches of one connection; None if that is too long.

    They lie on a straight line, on the sensor's own clock.
    """
    missing = _missing_samples(last, batch)
    if not 0 < missing <= LONGEST_S * batch.rate_hz or _scale(last) != _scale(batch):
        return None
    share = (np.arange(missing) + 1.0)[:, None] / (missing + 1)
    first, end = last.counts[-1].astype(float), batch.counts[0].astype(float)
    counts = np.rint(first + share * (end - first)).astype(np.int16)
    took_ns = round(missing * NS_PER_S / batch.rate_hz)
    return replace(
        batch,
        t0_ns=batch.t0_ns - took_ns,
        dev_ns=batch.dev_ns - took_ns,
        counts=counts,
        flags=MADE_UP,
    )


def _missing_samples(last: ImuBatch, batch: ImuBatch) -> int:
    between_s = (batch.dev_ns - last.dev_ns) / NS_PER_S
    return round(between_s * batch.rate_hz) - last.n


def _scale(batch: ImuBatch) -> tuple[float, float, float]:
    return batch.acc_lsb_mps2, batch.gyro_lsb_rps, batch.rate_hz
