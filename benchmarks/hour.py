"""A long recording in memory, and how long its analysis takes, stage by stage."""

import cProfile
import gc
import pstats
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from collector.recording import Recording, RecordingMeta
from collector.replay import RecordingSource
from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from collector.track import Track
from contract.messages import SessionMeta
from contract.model import FloatArray, ImuBatch, Slot
from processing.session import LiveSession
from processing.settings import Settings

RATE_HZ = 200.0
_SIMULATED_S = 120.0
_RUNNING_FROM_S = 8.0
_ROUNDS = 3
_OWN_FOLDER = "/processing/"
_CONDUCTORS = ("foot.py", "gait.py", "pipeline.py", "session.py", "hip/analysis.py")
"""Modules that call the stages in turn: what they call is a stage."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Processor seconds; medians of a few rounds, so that neighbours matter little."""

    order_s: float
    analysis_s: float
    rows_s: float
    steps: int


def tiled_run(seconds: float) -> Recording:
    """Two feet of a simulated runner: standing, then two minutes of running repeated.

    The seams are odd strides, one in two minutes; simulating an hour takes minutes.
    """
    radio = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)
    sources = simulated_run(
        draw_runner(1), 0, min(seconds, _SIMULATED_S), 1, RunSettings(radio=radio)
    )
    tracks = {}
    for slot in (Slot.LEFT, Slot.RIGHT):
        samples = np.concatenate([batch.si() for batch in sources[slot].batches()])
        tracks[slot] = track_of(_repeated(samples, round(seconds * RATE_HZ)), RATE_HZ)
    meta = RecordingMeta(rate_hz=RATE_HZ, acc_range_g=32.0, gyro_range_dps=2000.0)
    return Recording("hour", meta, tracks)


def _repeated(samples: FloatArray, length: int) -> FloatArray:
    running = samples[round(_RUNNING_FROM_S * RATE_HZ) :]
    times = 1 + max(0, -(-(length - len(samples)) // max(1, len(running))))
    parts = [samples, *[running] * (times - 1)]
    return np.concatenate(parts)[:length]


def track_of(samples: FloatArray, rate_hz: float) -> Track:
    """Samples at an even rate, from time zero."""
    return Track(np.arange(len(samples)) / rate_hz, samples, rate_hz)


def batches_of(recording: Recording, frame_samples: int) -> list[ImuBatch]:
    """All batches of a recording, sensor by sensor."""
    return [
        batch
        for slot in sorted(recording.tracks)
        for batch in RecordingSource(
            recording, slot, origin_ns=0, frame_samples=frame_samples
        ).batches()
    ]


def time_analysis(batches: Sequence[ImuBatch], rounds: int = _ROUNDS) -> Timing:
    """Time putting in order, the analysis with all metrics, and making the rows."""
    each = [_time_once(batches) for _ in range(rounds)]
    return Timing(
        order_s=statistics.median(one.order_s for one in each),
        analysis_s=statistics.median(one.analysis_s for one in each),
        rows_s=statistics.median(one.rows_s for one in each),
        steps=each[0].steps,
    )


def _time_once(batches: Sequence[ImuBatch]) -> Timing:
    session = _session()
    gc.collect()
    begin = time.process_time()
    for batch in batches:
        session.stream(batch.slot).accept(batch)
    ordered = time.process_time()
    steps = _analyse(session)
    analysed = time.process_time()
    session.new_rows()
    session.summary()
    done = time.process_time()
    return Timing(ordered - begin, analysed - ordered, done - analysed, steps)


def _session() -> LiveSession:
    session = LiveSession(Settings())
    session.describe(SessionMeta(runner="speed", session="speed", origin_ns=0))
    return session


def _analyse(session: LiveSession) -> int:
    """Events, every metric of every step, and left against right over the run."""
    session.finish()
    assert session.analysis is not None  # noqa: S101 - a described session has one
    session.analysis.compare()
    return sum(len(steps.ic_ns) for steps in session.analysis.steps().values())


def stages(batches: Sequence[ImuBatch]) -> dict[str, float]:
    """Share of the analysis that each stage takes, largest first."""
    session = _session()
    for batch in batches:
        session.stream(batch.slot).accept(batch)
    profile = cProfile.Profile()
    profile.runcall(_analyse, session)
    stats = pstats.Stats(profile)
    # The stubs leave out what pstats has gathered; it has no public way to it.
    whole = float(stats.total_tt)  # type: ignore[attr-defined]
    spent: dict[str, float] = {}
    for (path, _, function), entry in stats.stats.items():  # type: ignore[attr-defined]
        share = _time_as_stage(path, entry[4]) / whole
        if share > 0.005:
            name = f"{path.rsplit(_OWN_FOLDER, 1)[1]} {function}"
            spent[name] = spent.get(name, 0.0) + share
    spent["all else: to SI units, hand over"] = 1 - sum(spent.values())
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def _time_as_stage(
    path: str, callers: dict[tuple[str, int, str], tuple[int, int, float, float]]
) -> float:
    """Seconds in a function of a stage when a conductor called it, callees included."""
    if _OWN_FOLDER not in path or path.endswith(_CONDUCTORS):
        return 0.0
    return sum(
        seconds
        for (caller, _, _), (_, _, _, seconds) in callers.items()
        if caller.endswith(_CONDUCTORS)
    )


def repeated_walk(recording: Recording, seconds: float) -> Recording:
    """A recording of both feet end to end until it lasts so long."""
    rate_hz = recording.meta.rate_hz
    length = min(len(track.t_s) for track in recording.tracks.values())
    times = max(1, round(seconds * rate_hz / length))
    tracks = {
        slot: track_of(np.tile(track.samples[:length], (times, 1)), rate_hz)
        for slot, track in recording.tracks.items()
    }
    return replace(recording, tracks=tracks)
