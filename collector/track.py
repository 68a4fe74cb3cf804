"""One sensor's samples on the recording's clock: put in order, rate measured."""

from dataclasses import dataclass, replace

import numpy as np

from contract.errors import RecordingError
from contract.model import FloatArray

# Radio reorders a packet now and then; a clock that was set back moves far more rows.
MOST_BEHIND_SHARE = 0.1
# The same: stamps shared by many rows are times of packets, not of samples.
MOST_SHARED_SHARE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Samples of one sensor.

    Attributes
    ----------
    t_s : array [N]
        Time of each sample, strictly increasing.
    samples : array [N, 6]
        ax ay az in m/s2, gx gy gz in rad/s.
    rate_hz : float
        Nominal rate.
    n_sorted, n_dropped : int
        Rows that stood too late in the file, and rows whose time was already taken.
    """

    t_s: FloatArray
    samples: FloatArray
    rate_hz: float = 0.0
    n_sorted: int = 0
    n_dropped: int = 0

    def with_rate(self, rate_hz: float) -> "Track":
        """Give the same track with that nominal rate."""
        return replace(self, rate_hz=rate_hz)

    def shifted(self, by_s: float) -> "Track":
        """Give the same track with that added to all times."""
        return replace(self, t_s=self.t_s + by_s) if by_s else self


def order(rows: FloatArray, name: str) -> tuple[Track, list[str]]:
    """Sort rows [N, 7] by time, drop repeated times; also say in words what was done.

    Raises `RecordingError` where that would hide a broken clock.
    """
    t_s = rows[:, 0]
    n_behind = int((t_s < np.maximum.accumulate(t_s)).sum())
    if n_behind > MOST_BEHIND_SHARE * len(t_s):
        raise RecordingError(
            f"{name}: time runs backwards",
            f"{n_behind} of {len(t_s)} rows are earlier than one before them, so its "
            "clock was set back or two runs were joined",
            "Split the file where its time starts anew.",
        )
    ordered = rows[np.argsort(t_s, kind="stable")] if n_behind else rows
    is_new = np.concatenate([[True], np.diff(ordered[:, 0]) > 0])
    _check_shared(ordered, is_new, name)
    kept = ordered[is_new]
    n_dropped = int(len(rows) - len(kept))
    notes = []
    if n_behind:
        notes.append(f"{name}: {n_behind} rows out of order were sorted.")
    if n_dropped:
        notes.append(f"{name}: {n_dropped} rows with a repeated time were dropped.")
    samples = np.ascontiguousarray(kept[:, 1:])
    return Track(kept[:, 0].copy(), samples, 0.0, n_behind, n_dropped), notes


def _check_shared(
    ordered: FloatArray, is_new: np.ndarray[tuple[int], np.dtype[np.bool_]], name: str
) -> None:
    """Refuse files whose rows share times without being the same rows."""
    differs = np.concatenate([[False], (np.diff(ordered[:, 1:], axis=0) != 0).any(1)])
    n_shared = int((~is_new & differs).sum())
    if n_shared > MOST_SHARED_SHARE * len(ordered):
        raise RecordingError(
            f"{name}: {n_shared} of {len(ordered)} rows share their time with another",
            "the times are probably those of radio packets, not of samples",
            "Use treadwear import: leave t out of its --columns and give --rate.",
        )


def measured_rate_hz(t_s: FloatArray) -> float:
    """Rate of increasing times, from the spacings that are no gaps."""
    if len(t_s) < 3:
        raise RecordingError(
            "the rate cannot be measured",
            f"there are only {len(t_s)} samples",
            "Give the rate: rate_hz in meta.json, or --rate.",
        )
    spacing_s = np.diff(t_s)
    usual_s = float(np.median(spacing_s))
    # Half a period more than usual is already a missing sample.
    return float(1.0 / spacing_s[spacing_s < 1.5 * usual_s].mean())
