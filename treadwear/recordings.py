"""A recording as the frames and the description that a live run would have sent."""

from collector.recording import Recording
from collector.replay import RecordingSource
from contract import wire
from contract.messages import SensorInfo, SessionMeta
from contract.model import Slot
from processing.offline import analyse_frames, ends_of
from processing.session import LiveSession
from processing.store.base import RawFrame


def sources_of(recording: Recording, origin_ns: int) -> list[RecordingSource]:
    """One source per sensor of the recording."""
    slots = sorted(recording.tracks)
    return [RecordingSource(recording, slot, origin_ns=origin_ns) for slot in slots]


def describe(
    recording: Recording,
    *,
    runner: str,
    session: str,
    origin_ns: int,
    name: str = "",
    shoe: str = "",
) -> SessionMeta:
    """Session description of a recording."""
    rates = {slot: track.rate_hz for slot, track in recording.tracks.items()}
    return SessionMeta(
        runner=runner,
        session=session,
        origin_ns=origin_ns,
        name=name,
        shoe=shoe,
        mass_kg=recording.meta.mass_kg,
        sensors={s.word: SensorInfo(family="recording", rate_hz=r) for s, r in rates.items()},
        simulated=recording.meta.simulated,
    )


def frames_of(recording: Recording, meta: SessionMeta) -> list[RawFrame]:
    """Every frame a live run of this recording would have sent, sensor by sensor."""
    where = (meta.runner, meta.session)
    return [
        RawFrame(*where, Slot(batch.slot), batch.epoch, batch.seq, wire.encode(batch))
        for source in sources_of(recording, meta.origin_ns)
        for batch in source.batches()
    ]


def analyse_recording(recording: Recording) -> LiveSession:
    """Analyse a recording on its own clock, without broker or store."""
    meta = describe(recording, runner="recording", session="recording", origin_ns=0)
    frames = frames_of(recording, meta)
    return analyse_frames(meta, frames)


__all__ = ["analyse_recording", "describe", "ends_of", "frames_of", "sources_of"]
