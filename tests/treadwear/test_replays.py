"""Several replays at once, full disk buffers, and what killed replays leave."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from collector.recording import Recording, RecordingMeta, read_recording
from collector.recording import write_recording as write
from collector.spool import Spool, StreamKey
from collector.track import Track
from contract.errors import StoreError
from contract.messages import SessionMeta
from contract.model import Slot
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.treadwear.spoken import Capture, refused, said
from treadwear.about_runner import AboutRunner
from treadwear.recordings import describe, sources_of
from treadwear.runtime import who_runs
from treadwear.settings import load_settings
from treadwear.spools import leftover_paths, opened_spool, spool_path

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


@contextmanager
def child(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own, ended at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "treadwear", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def spools(data: str) -> list[str]:
    return sorted(path.name for path in (Path(data) / "spools").glob("*"))


def runs_of(data: str) -> list[str]:
    """Sessions that the store knows so far; none while there is no store yet."""
    try:
        with SqliteStore.open(Path(data) / "treadwear.db", read_only=True) as store:
            return [row.session for row in store.sessions()]
    except StoreError:
        return []


def is_closed(data: str, session: str) -> bool:
    with SqliteStore.open(Path(data) / "treadwear.db", read_only=True) as store:
        return store.is_closed(session)


def leave_behind(
    data: str, directory: Path, most_bytes: int = 10**9
) -> tuple[str, Path]:
    """A session half sent, as a killed replay leaves it, in the spool of nobody."""
    recording = read_recording(directory)
    bo = AboutRunner("bo")
    meta = describe(recording, about=bo, session="killed", origin_ns=10**18)
    path = Path(data) / "spools" / "spool-killed-0.db"
    spool = Spool(path, most_bytes)
    spool.put_meta(meta)
    for source in sources_of(recording, meta.origin_ns):
        stream = StreamKey(meta.runner, meta.session, source.slot)
        spool.next_epoch(stream)
        spool.append((stream, batch) for batch in source.batches())
    spool.close()
    return meta.session, path


def test_two_runners_are_replayed_into_one_up(recording: Path, data: str) -> None:
    common = ["--speed", "20", "--data", data]
    with child("up", "--data", data) as up:
        wait_until(lambda: who_runs(Path(data)) is not None)
        with (
            child("replay", str(recording), "--runner", "ana", *common) as one,
            child("replay", str(recording), "--runner", "bo", *common) as two,
        ):
            told = [process.communicate() for process in (one, two)]
            assert [one.returncode, two.returncode] == [0, 0], told
        up.send_signal(signal.SIGINT)
        up.communicate()
    with SqliteStore.open(Path(data) / "treadwear.db", read_only=True) as store:
        runs = {row.runner: row.steps for row in store.sessions()}
    assert runs["ana"] == runs["bo"] > 100
    assert spools(data) == []


def test_what_a_killed_replay_left_is_sent_with_the_next_one(
    capsys: Capture, recording: Path, data: str
) -> None:
    left, path = leave_behind(data, recording)
    words = ["replay", str(recording), "--runner", "ana", "--speed", "0"]
    code, _, err = said(capsys, *words, "--data", data)
    assert code == 0, err
    assert f"left of 1 unfinished run: {left}" in err
    _, out, _ = said(capsys, "sessions", "--json", "--data", data)
    steps = {row["runner"]: row["steps"] for row in json.loads(out)}
    assert steps["ana"] == steps["bo"] > 100
    assert not path.exists()
    assert spools(data) == []


def test_up_sends_what_a_killed_replay_left(recording: Path, data: str) -> None:
    left, _ = leave_behind(data, recording)
    with child("up", "--data", data) as up:
        wait_until(lambda: who_runs(Path(data)) is not None)
        wait_until(lambda: left in runs_of(data))
        wait_until(lambda: is_closed(data, left))
        up.send_signal(signal.SIGINT)
        _, err = up.communicate()
    assert f"left of 1 unfinished run: {left}" in err


def test_what_was_lost_of_a_leftover_is_said(
    capsys: Capture, recording: Path, data: str
) -> None:
    leave_behind(data, recording, most_bytes=100_000)
    words = ["replay", str(recording), "--runner", "ana", "--speed", "0"]
    code, _, err = said(capsys, *words, "--data", data)
    assert code == 0
    assert "Of an earlier run: " in err
    assert "frames were lost: the disk buffer was full" in err


def test_a_spool_in_use_is_left_alone(data: str) -> None:
    settings = load_settings(data_dir=Path(data))
    path = spool_path(settings, "s1")
    with opened_spool(settings, path) as spool:
        assert leftover_paths(settings) == []
        spool.put_meta(SessionMeta(runner="ana", session="s1", origin_ns=0))
    assert path.exists(), "it still holds a session"


def test_a_damaged_leftover_keeps_nobody_from_replaying(
    capsys: Capture, recording: Path, data: str
) -> None:
    path = Path(data) / "spools" / "spool-damaged-0.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 500)
    words = ["replay", str(recording), "--runner", "ana", "--speed", "0"]
    assert said(capsys, *words, "--data", data)[0] == 0
    assert path.exists()


def test_a_full_disk_buffer_fails_the_replay_and_says_how_much_was_lost(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: str
) -> None:
    # Thrice the buffer, sent as fast as it can be read, not as it can be stored.
    n = 60_000
    samples = np.zeros((n, 6))
    samples[:, 2] = 9.81
    tracks = {slot: Track(np.arange(n) / 200.0, samples, 200.0) for slot in Slot}
    write(tmp_path / "still", Recording("", RecordingMeta(rate_hz=200.0), tracks))
    monkeypatch.setenv("TREADWEAR_SPOOL_MB", "1")
    words = ["replay", str(tmp_path / "still"), "--runner", "ana", "--data", data]
    err = refused(capsys, 1, *words, "--speed", "1e6")
    assert "frames were lost: the disk buffer was full" in err
    assert "TREADWEAR_SPOOL_MB" in err


def test_ctrl_c_ends_a_replay_with_what_was_sent_and_how_to_see_it(
    recording: Path, data: str
) -> None:
    words = ["replay", str(recording), "--runner", "ana", "--data", data]
    with child(*words, "--speed", "1") as replay:
        wait_until(lambda: bool(runs_of(data)))
        replay.send_signal(signal.SIGINT)
        out, err = replay.communicate()
    assert replay.returncode == 130, out + err
    assert "Report: treadwear report 20" in out
    assert "all that was sent is stored" in err
    assert spools(data) == []


def test_a_second_replay_without_up_is_refused_with_the_way_to_run_both(
    capsys: Capture, recording: Path, data: str
) -> None:
    words = ["replay", str(recording), "--runner", "ana", "--data", data]
    with child(*words, "--speed", "1"):
        wait_until((Path(data) / "replaying.json").exists)
        err = refused(capsys, 1, *words)
    assert "works on a run there on its own" in err
    assert "start treadwear up first" in err
    assert said(capsys, *words, "--speed", "0")[0] == 0, "the first is gone now"


def test_a_data_directory_that_cannot_be_is_said(
    capsys: Capture, recording: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no directory", encoding="utf-8")
    words = ["replay", str(recording), "--runner", "ana"]
    err = refused(capsys, 1, *words, "--data", str(tmp_path / "file" / "data"))
    assert "directory" in err
