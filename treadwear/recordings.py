"""A recording as the frames and the description that a live run would have sent."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import numpy as np

from collector.recording import Recording, RecordingMeta, WrittenRun
from collector.replay import RecordingSource
from collector.track import Track
from contract import wire
from contract.errors import RecordingError
from contract.messages import SensorInfo, SessionMeta
from contract.model import FloatArray, ImuBatch, Slot
from contract.units import DEG_PER_RAD, NS_PER_S, STANDARD_GRAVITY_MPS2
from processing.offline import analyse_frames
from processing.past import Past
from processing.session import LiveSession
from processing.store.base import RawFrame
from treadwear.about_runner import AboutRunner


def sources_of(recording: Recording, origin_ns: int) -> list[RecordingSource]:
    """One source per sensor of the recording."""
    slots = sorted(recording.tracks)
    return [RecordingSource(recording, slot, origin_ns=origin_ns) for slot in slots]


def describe(
    recording: Recording,
    *,
    about: AboutRunner,
    session: str,
    origin_ns: int,
    shoe: str = "",
) -> SessionMeta:
    """Session description of a recording; what it says of mass itself counts.

    So does what it says of ground, bends and belt, if treadwear wrote it.
    """
    written = recording.meta.treadwear or WrittenRun(origin_ns=origin_ns)
    sensors: dict[str, SensorInfo] = {
        slot.word: SensorInfo(family="recording", rate_hz=track.rate_hz)
        for slot, track in recording.tracks.items()
    }
    return SessionMeta(
        runner=about.runner,
        session=session,
        origin_ns=origin_ns,
        name=about.name,
        shoe=shoe,
        surface=written.surface,
        bends=written.bends,
        speed_mps=written.speed_mps,
        mass_kg=recording.meta.mass_kg or about.mass_kg,
        sensors=sensors,
        simulated=recording.meta.simulated,
        consent_live=about.consent_live,
    )


def frames_of(recording: Recording, meta: SessionMeta) -> list[RawFrame]:
    """Every frame a live run of this recording would have sent, sensor by sensor."""
    where = (meta.runner, meta.session)
    return [
        RawFrame(*where, Slot(batch.slot), batch.epoch, batch.seq, wire.encode(batch))
        for source in sources_of(recording, meta.origin_ns)
        for batch in source.batches()
    ]


def on_belt(meta: SessionMeta, speed_mps: float | None) -> SessionMeta:
    """Description of a run on a treadmill's belt of that speed, if there is one."""
    return msgspec.structs.replace(meta, speed_mps=speed_mps) if speed_mps else meta


def analyse_recording(
    recording: Recording, belt_speed_mps: float | None = None
) -> LiveSession:
    """Analyse a recording on its own clock, without broker or store."""
    meta = describe(
        recording, about=AboutRunner("recording"), session="recording", origin_ns=0
    )
    meta = on_belt(meta, belt_speed_mps)
    frames = frames_of(recording, meta)
    today = datetime.now().astimezone().date()
    return analyse_frames(meta, frames, past=Past(today=today))


def recording_of(
    meta: SessionMeta, frames: Iterable[RawFrame], *, is_told: bool = False
) -> Recording:
    """The recording that stored frames hold; times count from the session's origin.

    ``is_told``: it says when and on what it was run too, so that it can be taken in
    elsewhere with its history. Not for research: that must not know the day.
    """
    batches: dict[Slot, list[ImuBatch]] = {}
    for frame in frames:
        batches.setdefault(frame.slot, []).append(wire.decode(frame.payload))
    if not batches:
        raise RecordingError(
            f"session {meta.session!r} cannot be exported", "it holds no raw data"
        )
    first = next(iter(batches.values()))[0]
    full = 32768 / STANDARD_GRAVITY_MPS2, 32768 * DEG_PER_RAD
    known = RecordingMeta(
        rate_hz=round(first.rate_hz, 6),
        mass_kg=meta.mass_kg,
        acc_range_g=round(first.acc_lsb_mps2 * full[0], 4),
        gyro_range_dps=round(first.gyro_lsb_rps * full[1], 4),
        simulated=meta.simulated,
        treadwear=written_of(meta) if is_told else None,
        extra={"runner": meta.runner, "session": meta.session, "shoe": meta.shoe},
    )
    tracks = {slot: _track(found, meta.origin_ns) for slot, found in batches.items()}
    return Recording(meta.session, known, tracks)


def written_of(meta: SessionMeta) -> WrittenRun:
    """Give what a recording of a run says of it."""
    return WrittenRun(
        origin_ns=meta.origin_ns,
        runner=meta.runner,
        session=meta.session,
        shoe=meta.shoe,
        surface=meta.surface,
        bends=meta.bends,
        speed_mps=meta.speed_mps,
    )


def _track(batches: list[ImuBatch], origin_ns: int) -> Track:
    following = [*batches[1:], None]
    t_s = [
        (b.t0_ns - origin_ns) / NS_PER_S + _since_first_s(b, after)
        for b, after in zip(batches, following, strict=True)
    ]
    samples = np.concatenate([b.si() for b in batches])
    return Track(np.concatenate(t_s), samples, batches[0].rate_hz)


def _since_first_s(batch: ImuBatch, after: ImuBatch | None) -> FloatArray:
    """Time of each sample: even steps up to the next batch, if that follows.

    A clock that is still finding its time moves from batch to batch; spread over the
    samples that is no more than a slow drift.
    """
    period_ns = NS_PER_S / batch.rate_hz
    if after is not None:
        passed_ns = (after.t0_ns - batch.t0_ns) / batch.n
        if abs(passed_ns / period_ns - 1) < _SLEWED:
            period_ns = passed_ns
    return np.asarray(np.arange(batch.n) * (period_ns / NS_PER_S), dtype=np.float64)


_SLEWED = 0.01
"""Twice what `collector.clock` stretches time by while a clock is not known yet; a lost
sample is more in any batch of less than a hundred."""
