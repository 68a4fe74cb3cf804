"""Forgetting a runner: nothing of her stays anywhere, and nobody else is touched."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from collector.simulated.source import simulated_run
from collector.simulated.traits import draw_runner
from collector.spool import Spool, StreamKey
from contract import topics
from contract.messages import SessionMeta, dumps
from contract.model import Slot
from contract.mqtt import MqttBus, MqttSettings
from contract.track import Track
from processing.store.database import Turn
from processing.store.influx import InfluxServer
from processing.store.people import keep_track
from processing.store.sqlite import SqliteStore
from tests.influxd import points_at, server_at, settings_for
from tests.treadwear.spoken import Capture
from tests.treadwear.stored_rows import every_row
from treadwear.archive import write_archive
from treadwear.broker import start_broker
from treadwear.cli import run
from treadwear.research import research_name
from treadwear.runtime import Running, announce
from treadwear.settings import load_settings

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

WHO = "anastasia-77"


@pytest.fixture
def two_runners(recording: Path, data: str, capsys: Capture) -> tuple[str, str]:
    """Session of the runner to be forgotten, and of another, with all that goes by."""
    sessions = []
    for runner in (WHO, "ben"):
        capsys.readouterr()
        words = ["import", str(recording), "--runner", runner, "--name", "A person"]
        assert run([*words, "--shoe", "blue", "--data", data, "--json"]) == 0
        sessions.append(str(json.loads(capsys.readouterr().out)["session"]))
        assert run(["report", sessions[-1], "--data", data]) == 0
        assert run(["pain", runner, "3", "--where", "knee", "--data", data]) == 0
        shoes = ["shoes", runner, "--add", "blue", "--start-km", "5", "--data", data]
        assert run(shoes) == 0
        person = ["runners", runner, "--name", f"{runner} by name", "--data", data]
        assert run(person) == 0
        answers = ["--research", "yes", "--by", f"guardian of {runner}"]
        assert run(["consent", runner, *answers, "--data", data]) == 0
        settings = load_settings(data_dir=data)
        with SqliteStore.open(settings.store_path) as store:
            name = sessions[-1]
            track = Track(session=name, source=runner, shift_s=0.0, points=())
            keep_track(store, runner, track, 1)
        write_archive(settings, runner)
        write_archive(settings, runner, is_research=True)
    capsys.readouterr()
    return sessions[0], sessions[1]


def research_archive(data: str, runner: str) -> str:
    """Name of the file, which does not hold the runner's own."""
    return f"{research_name(Path(data), runner)}.zip"


def places_of(word: str, directory: Path) -> list[str]:
    """Files in which a word stands, in their names or in their bytes."""
    return [
        path.name
        for path in sorted(directory.rglob("*"))
        if path.is_file() and (word in path.name or word.encode() in path.read_bytes())
    ]


def test_no_file_holds_a_byte_of_a_runner_who_was_forgotten(
    two_runners: tuple[str, str], data: str, capsys: Capture
) -> None:
    session, _ = two_runners
    assert places_of(WHO, Path(data))
    assert places_of(session, Path(data))

    assert run(["forget", WHO, "--yes", "--data", data]) == 0

    assert places_of(WHO, Path(data)) == []
    assert places_of(session, Path(data)) == []
    receipt = capsys.readouterr().out
    assert WHO in receipt
    assert "runs 1" in " ".join(receipt.split())
    assert "Backups" in receipt
    assert "under a name of your own" in " ".join(receipt.split())
    assert "archives 2" in " ".join(receipt.split())


def test_everybody_else_stays_as_they_are(
    two_runners: tuple[str, str], data: str
) -> None:
    _, other = two_runners
    store_path = load_settings(data_dir=data).store_path
    before = every_row(data, other)
    assert run(["forget", WHO, "--yes", "--data", data]) == 0
    assert every_row(data, other) == before
    with SqliteStore.open(store_path, read_only=True) as store:
        assert [row.runner for row in store.sessions()] == ["ben"]
        assert list(store.frames(other))
    assert places_of(other, Path(data) / "reports") != []
    kept = [path.name for path in (Path(data) / "archives").iterdir()]
    assert sorted(kept) == sorted(["ben.zip", research_archive(data, "ben")])


def test_files_of_a_runner_with_a_longer_id_stay(
    two_runners: tuple[str, str], data: str
) -> None:
    """Ana is not ana-2, and a run is not another whose id begins like its own."""
    settings, session = load_settings(data_dir=data), two_runners[0]
    for folder, name in (
        (settings.data_dir / "archives", f"{WHO}-2.zip"),
        (settings.reports_dir, f"{session}b.html"),
        (settings.reports_dir, f"month_{WHO}-2.html"),
        (settings.reports_dir, f"month_{WHO}.html"),
        (settings.reports_dir, f"{session}.pdf"),
        (settings.data_dir / "archives", f"{WHO}.zip.part"),
    ):
        (folder / name).write_text("")
    assert run(["forget", WHO, "--yes", "--data", data]) == 0
    left = {path.name for path in settings.reports_dir.iterdir()}
    assert left == {f"{session}b.html", f"month_{WHO}-2.html", f"{two_runners[1]}.html"}
    left = {path.name for path in (settings.data_dir / "archives").iterdir()}
    assert left == {f"{WHO}-2.zip", "ben.zip", research_archive(data, "ben")}


def test_the_receipt_is_a_file_too_and_names_what_is_out_of_reach(
    two_runners: tuple[str, str], data: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "receipt.txt"
    words = ["forget", WHO, "ben", "--yes", "--receipt", str(path), "--data", data]
    assert run(words) == 0
    text = path.read_text(encoding="utf-8")
    assert f"Forgotten: {WHO}\n  runs: 1\n" in text
    assert "Forgotten: ben\n" in text
    for place in ("Backups", "exports", "watch", "others saved"):
        assert place in text
    assert str(path) in capsys.readouterr().out
    assert places_of(two_runners[0], Path(data)) == []


def test_a_receipt_that_cannot_be_written_undoes_nothing(
    two_runners: tuple[str, str], data: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "nowhere" / "receipt.txt"
    words = ["forget", WHO, "--yes", "--receipt", str(path), "--data", data]
    assert run(words) == 2
    assert "All else is done" in capsys.readouterr().err
    assert places_of(two_runners[0], Path(data)) == []


def test_without_a_yes_nothing_is_deleted(
    two_runners: tuple[str, str], data: str, capsys: Capture
) -> None:
    assert run(["forget", WHO, "--data", data]) == 2  # nobody sits at a terminal here
    assert "--yes" in capsys.readouterr().err
    assert places_of(two_runners[0], Path(data))


def test_while_treadwear_runs_nobody_is_forgotten(
    two_runners: tuple[str, str], data: str, capsys: Capture
) -> None:
    with announce(Path(data), Running(1, 0, "http://127.0.0.1:1/")):
        assert run(["forget", WHO, "--yes", "--data", data]) == 2
    assert "Stop it first" in capsys.readouterr().err
    assert places_of(two_runners[0], Path(data))


def test_while_rows_are_on_their_way_to_influxdb_nobody_is_forgotten(
    two_runners: tuple[str, str], data: str, capsys: Capture
) -> None:
    """They would arrive after they were deleted there: a backfill holds the turn."""
    turn = Turn(load_settings(data_dir=data).store_path)
    assert turn.take()
    try:
        assert run(["forget", WHO, "--yes", "--data", data]) == 2
        assert "backfill" in capsys.readouterr().err
        assert places_of(two_runners[0], Path(data))
    finally:
        turn.end()
    assert run(["forget", WHO, "--yes", "--data", data]) == 0


def test_a_runner_nobody_knows_is_said_to_be_unknown(
    data: str, capsys: Capture
) -> None:
    assert run(["forget", "nobody", "--yes", "--data", data]) == 0
    assert "Nothing was known of nobody" in capsys.readouterr().out


def test_several_are_forgotten_at_once_each_with_a_receipt(
    two_runners: tuple[str, str], data: str, capsys: Capture
) -> None:
    """Also those after one whom nobody knows."""
    assert run(["forget", "nobody", WHO, "ben", WHO, "--yes", "--data", data]) == 0
    out = capsys.readouterr().out
    told = [line.split()[-1] for line in out.splitlines() if "Forgotten:" in line]
    assert told == ["nobody", WHO, "ben"]
    assert out.count("Backups") == 1
    for session in two_runners:
        assert places_of(session, Path(data)) == []


def test_an_id_that_cannot_be_one_stops_all_before_anything_is_deleted(
    two_runners: tuple[str, str], data: str
) -> None:
    assert run(["forget", WHO, "No Id!", "--yes", "--data", data]) == 2
    assert places_of(two_runners[0], Path(data))


def test_nobody_is_forgotten_without_a_yes_for_all_of_them(
    data: str, capsys: Capture
) -> None:
    assert run(["forget", "ana", "ben", "--data", data]) == 2
    assert "treadwear forget ana ben --yes" in capsys.readouterr().err


@pytest.mark.parametrize("columns", ["80", "100"])
def test_the_help_of_forget_breaks_no_line_in_two(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run(["forget", "--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    first = next(n for n, line in enumerate(lines) if line.startswith("Runs, raw"))
    text = lines[first : lines.index("", first)]
    assert all(len(line.split()) > 1 for line in text[:-1])
    assert "what the broker keeps" in " ".join(text)


def test_an_influxdb_that_is_away_is_told_to_hold_her_rows_until_it_is_said_again(
    two_runners: tuple[str, str],
    data: str,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TREADWEAR_INFLUX_URL", "http://127.0.0.1:1")
    assert run(["forget", "ben", WHO, "--yes", "--data", data]) == 1
    told = capsys.readouterr().err
    assert f"InfluxDB may still have rows of {WHO}" in told
    assert "until forget is said again" in told
    assert "Nothing is lost" not in told
    assert "tried again" not in told
    assert f"treadwear forget ben {WHO} --yes" in told
    assert places_of(two_runners[0], Path(data)) == []


def test_what_waits_on_the_collectors_disk_goes_too(data: str) -> None:
    settings = load_settings(data_dir=data)
    path = settings.spools_dir / "spool-s1-1.db"
    spool = Spool(path)
    source = simulated_run(draw_runner(1), 0, 3.0, 1)[Slot.LEFT]
    batches = list(source.batches())
    for runner in (WHO, "ben"):
        spool.put_meta(SessionMeta(runner=runner, session="s1", origin_ns=0))
        stream = StreamKey(runner, "s1", Slot.LEFT)
        spool.next_epoch(stream)
        spool.append((stream, batch) for batch in batches)
    spool.close()

    assert run(["forget", WHO, "--yes", "--data", data]) == 0

    spool = Spool(path)
    assert [meta.runner for meta in spool.metas()] == ["ben"]
    assert [stream.runner for stream in spool.streams()] == ["ben"]
    assert spool.held_frames == len(batches)
    spool.close()


@pytest.mark.services
def test_the_broker_keeps_nothing_of_her(
    data: str,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    require: Callable[..., str],
) -> None:
    require("mosquitto")
    with start_broker(tmp_path / "broker", prefer="mosquitto") as broker:
        monkeypatch.setenv("TREADWEAR_BROKER_HOST", "127.0.0.1")
        monkeypatch.setenv("TREADWEAR_BROKER_PORT", str(broker.port))
        settings = MqttSettings(client_id="test", port=broker.port)
        with MqttBus(settings) as bus:
            for runner in (WHO, "ben"):
                meta = SessionMeta(runner=runner, session="s1", origin_ns=0)
                bus.publish(topics.meta(runner, "s1"), dumps(meta), retain=True)

            assert run(["forget", WHO, "--yes", "--data", data]) == 0

            heard: list[str] = []
            bus.subscribe(topics.ALL_META, lambda topic, _: heard.append(topic))
            while topics.meta("ben", "s1") not in heard:
                pass
        assert topics.meta(WHO, "s1") not in heard
    assert "1 message" in capsys.readouterr().out


def test_a_broker_that_is_away_is_told_and_the_rest_is_done(
    two_runners: tuple[str, str],
    data: str,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TREADWEAR_BROKER_HOST", "127.0.0.1")
    monkeypatch.setenv("TREADWEAR_BROKER_PORT", "1")
    assert run(["forget", WHO, "--yes", "--data", data]) == 1
    out, told = capsys.readouterr()
    assert "kept by the broker not asked" in " ".join(out.split())
    assert "The broker may still keep messages" in told
    assert f"treadwear forget {WHO} --yes" in told
    assert places_of(two_runners[0], Path(data)) == []


@pytest.mark.services
def test_influxdb_gives_no_row_of_her_and_the_receipt_says_what_it_may_still_keep(
    data: str,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    require: Callable[..., str],
) -> None:
    require("influxd")
    with server_at(tmp_path / "influxd") as (influxd, shim):
        monkeypatch.setenv("TREADWEAR_INFLUX_URL", shim.url)
        monkeypatch.setenv("TREADWEAR_INFLUX_TOKEN", "secret")
        with closing(InfluxServer(settings_for(shim.url))) as server:
            for who in (WHO, "ben"):
                tags = f"runner={who},session=s1,side=left"
                server.write([f"step,{tags} contact_time_s=9 1"])
        assert run(["forget", WHO, "--yes", "--data", data]) == 0
        held = points_at(influxd.url)
    assert [dict(tags)["runner"] for _, _, tags in held] == ["ben"]
    out = " ".join(capsys.readouterr().out.split())
    assert "InfluxDB deleted; the id itself may stay in InfluxDB's own files" in out
