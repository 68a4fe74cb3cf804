"""An archive as a reader finds it, and a runner of whom everything was told."""

import zipfile
from pathlib import Path

from contract.rows import EventRow
from contract.track import Track, TrackPoint
from processing.store.people import keep_track
from processing.store.sqlite import SqliteStore
from tests.treadwear.runners_known import words
from tests.treadwear.spoken import Capture
from treadwear.settings import Settings


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def told_of_everything(settings: Settings, session: str, capsys: Capture) -> None:
    """A record of every kind, a mark and a watch's track beside an imported run."""
    data = str(settings.data_dir)
    words(capsys, "runners", "ana", "--name", "Ana Almeida", "--data", data)
    words(capsys, "consent", "ana", "--live", "yes", "--by", "Maria", "--data", data)
    words(capsys, "shoes", "ana", "--add", "blue", "--data", data)
    words(capsys, "pain", "ana", "2", "--where", "left calf", "--data", data)
    words(capsys, "assess", "ana", "--goals", "10 km in Porto", "--data", data)
    with SqliteStore.open(settings.store_path) as store:
        point = TrackPoint(t_ns=1, latitude_deg=41.15, longitude_deg=-8.61)
        track = Track(session=session, source="FIT", shift_s=0.1, points=(point,))
        keep_track(store, "ana", track, 1)
        mark = EventRow(
            runner="ana",
            session=session,
            side="both",
            time_ns=store.session(session).time_ns,
            kind="mark",
            text="Ana looked tired",
        )
        store.write([mark])
