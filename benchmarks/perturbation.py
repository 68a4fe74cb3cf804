"""The same recording with something wrong with it: each takes one and gives another.

For the table of detector.md section 4. Random ones are seeded by the caller.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from msgspec import structs
from scipy.signal import butter, sosfiltfilt
from scipy.spatial.transform import Rotation

from collector.recording import Recording
from collector.track import Track
from contract.model import FloatArray, Slot
from contract.units import RAD_PER_DEG, STANDARD_GRAVITY_MPS2

Change = Callable[[Recording], Recording]
"""Takes a recording, gives it with something wrong."""

_FRAME_SAMPLES = 10
"""As many samples as a radio packet carries."""


def _each_track(
    recording: Recording, change: Callable[[Slot, Track], Track]
) -> Recording:
    tracks = {slot: change(slot, track) for slot, track in recording.tracks.items()}
    return replace(recording, tracks=tracks)


def _with_samples(track: Track, samples: FloatArray) -> Track:
    return replace(track, samples=samples)


def smoothed(recording: Recording, cutoff_hz: float) -> Recording:
    """Every channel through a zero-phase low-pass (Butterworth, order 2)."""

    def change(_: Slot, track: Track) -> Track:
        sos = butter(2, cutoff_hz, fs=track.rate_hz, output="sos")
        return _with_samples(track, sosfiltfilt(sos, track.samples, axis=0))

    return _each_track(recording, change)


def half_rate(recording: Recording) -> Recording:
    """Every second sample, after a low-pass that keeps frequencies from folding."""

    def change(_: Slot, track: Track) -> Track:
        return Track(track.t_s[::2], track.samples[::2], track.rate_hz / 2)

    soft = smoothed(recording, 0.2 * recording.meta.rate_hz)
    meta = structs.replace(recording.meta, rate_hz=recording.meta.rate_hz / 2)
    return replace(_each_track(soft, change), meta=meta)


def turned(recording: Recording, turns: dict[Slot, Rotation]) -> Recording:
    """Every sensor mounted another way."""

    def change(slot: Slot, track: Track) -> Track:
        return _with_samples(track, _rotated(track.samples, turns[slot]))

    return _each_track(recording, change)


def randomly_mounted(recording: Recording, rng: np.random.Generator) -> Recording:
    """Any orientation, another for each sensor."""
    turns = {slot: Rotation.random(random_state=rng) for slot in recording.tracks}
    return turned(recording, turns)


def upside_down(recording: Recording) -> Recording:
    """Half a turn about the sensor's own x."""
    half = Rotation.from_rotvec([np.pi, 0.0, 0.0])
    return turned(recording, dict.fromkeys(recording.tracks, half))


def noisy(recording: Recording, rng: np.random.Generator) -> Recording:
    """White noise of 3 m/s2 and 8.6 deg/s on every axis (detector.md section 4)."""
    size = np.array([3.0] * 3 + [8.6 * RAD_PER_DEG] * 3)

    def change(_: Slot, track: Track) -> Track:
        noise = size * rng.standard_normal(track.samples.shape)
        return _with_samples(track, track.samples + noise)

    return _each_track(recording, change)


def clipped(recording: Recording, range_g: float) -> Recording:
    """An accelerometer of a smaller range."""
    most = range_g * STANDARD_GRAVITY_MPS2

    def change(_: Slot, track: Track) -> Track:
        force = np.clip(track.samples[:, :3], -most, most)
        return _with_samples(track, np.hstack([force, track.samples[:, 3:]]))

    meta = structs.replace(recording.meta, acc_range_g=range_g)
    return replace(_each_track(recording, change), meta=meta)


def without_standing(recording: Recording) -> Recording:
    """Begun when the runner already ran."""
    begin_s = recording.start_s + (recording.meta.standing_s or 0.0) + 0.5

    def change(_: Slot, track: Track) -> Track:
        keep = track.t_s >= begin_s
        return replace(track, t_s=track.t_s[keep], samples=track.samples[keep])

    meta = structs.replace(recording.meta, standing_s=None)
    return replace(_each_track(recording, change), meta=meta)


def with_losses(
    recording: Recording, share: float, rng: np.random.Generator
) -> Recording:
    """Some frames of ten samples never came."""

    def change(_: Slot, track: Track) -> Track:
        frame = np.arange(len(track.t_s)) // _FRAME_SAMPLES
        keep = (rng.random(frame[-1] + 1) >= share)[frame]
        return replace(track, t_s=track.t_s[keep], samples=track.samples[keep])

    return _each_track(recording, change)


def with_stop(recording: Recording) -> Recording:
    """The beginning's standing, three times over, in the middle of the run."""
    standing_s = recording.meta.standing_s or 0.0
    middle_s = recording.start_s + (recording.duration_s + standing_s) / 2

    def change(_: Slot, track: Track) -> Track:
        still = track.t_s < track.t_s[0] + standing_s - 0.2
        pause = np.tile(track.samples[still], (3, 1))
        first = track.t_s < middle_s
        parts = [track.samples[first], pause, track.samples[~first]]
        samples = np.concatenate(parts)
        t_s = track.t_s[0] + np.arange(len(samples)) / track.rate_hz
        return replace(track, t_s=t_s, samples=samples)

    return _each_track(recording, change)


def repeated(recording: Recording, times: int) -> Recording:
    """The running part several times over; a seam is one odd stride."""
    standing_s = (recording.meta.standing_s or 0.0) + 1.0

    def change(_: Slot, track: Track) -> Track:
        running = track.samples[track.t_s >= recording.start_s + standing_s]
        samples = np.concatenate([track.samples, *[running] * (times - 1)])
        t_s = track.t_s[0] + np.arange(len(samples)) / track.rate_hz
        return replace(track, t_s=t_s, samples=samples)

    return _each_track(recording, change)


def with_slip(
    recording: Recording, slot: Slot, angle_deg: float, rng: np.random.Generator
) -> Recording:
    """One sensor turns on its shoe in the middle of the run, about a random axis."""
    axis = rng.standard_normal(3)
    turn = Rotation.from_rotvec(angle_deg * RAD_PER_DEG * axis / np.linalg.norm(axis))
    middle_s = recording.start_s + recording.duration_s / 2

    def change(of: Slot, track: Track) -> Track:
        if of is not slot:
            return track
        later = (track.t_s >= middle_s)[:, None]
        return _with_samples(
            track, np.where(later, _rotated(track.samples, turn), track.samples)
        )

    return _each_track(recording, change)


def _rotated(samples: FloatArray, turn: Rotation) -> FloatArray:
    force, spin = turn.apply(samples[:, :3]), turn.apply(samples[:, 3:])
    return np.hstack([force, spin])
