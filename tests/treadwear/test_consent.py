"""What a runner agreed to decides what is kept of her, and who sees it."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract import topics
from contract.messages import LiveTile, SessionMeta, dumps, loads
from contract.model import Slot
from contract.mqtt import MqttBus, MqttSettings
from dashboards.live.board import TileBoard
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.treadwear.runners_known import from_json, store_run, told, words
from tests.treadwear.spoken import Capture, refused, said
from treadwear.archive import write_archive
from treadwear.broker import start_broker
from treadwear.cli import run
from treadwear.consent import not_shared
from treadwear.settings import load_settings

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

PURPOSES = ("store", "live", "share", "research")


def meta_of(data: str, session: str) -> SessionMeta:
    with SqliteStore.open(Path(data) / "treadwear.db", read_only=True) as store:
        meta = store.meta(session)
    assert meta is not None
    return meta


def test_who_was_never_asked_stores_her_runs_and_all_else_is_off(
    capsys: Capture, data: str
) -> None:
    found = from_json(capsys, "consent", "ana", "--data", data)
    assert found["now"] == dict(zip(PURPOSES, (True, False, False, False), strict=True))
    assert found["answers"] == []
    out = words(capsys, "consent", "ana", "--data", data)
    assert "treadwear consent ana --live yes" in out
    assert not Path(data).exists()  # to ask is not to answer


def test_every_answer_is_kept_with_when_and_by_whom(capsys: Capture, data: str) -> None:
    place = ["--data", data]
    out = words(capsys, "consent", "ana", "--live", "yes", "--by", "Maria", *place)
    assert "from the next run on" in out
    words(capsys, "consent", "ana", "--share", "yes", *place)
    words(capsys, "consent", "ana", "--live", "no", *place)
    found = from_json(capsys, "consent", "ana", *place)
    first, second, third = found["answers"]
    assert [first["live"], second["live"], third["live"]] == [True, True, False]
    assert (first["by"], second["by"]) == ("Maria", "")
    assert first["time_ns"] < second["time_ns"] < third["time_ns"]
    assert found["since_ns"] == {
        "store": None,
        "live": third["time_ns"],
        "share": second["time_ns"],
        "research": None,
    }
    out = words(capsys, "consent", "ana", *place)
    assert "live yes, share no, research no, by Maria" in out
    assert ": share yes" in out
    assert ": live no" in out


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["ana", "--live", "maybe"], "maybe"),
        (["ana", "--by", "Maria"], "--by says nothing by itself"),
        (["ana", "--live", "yes", "--by", "M" * 61], "too long"),
        (["ana", "--live", "yes", "--by", "\x1b[2J"], "has to be readable"),
        (["No Id!", "--live", "yes"], "small letters, digits or dashes"),
    ],
    ids=str,
)
def test_what_is_no_answer_is_refused_and_nothing_is_kept(
    capsys: Capture, data: str, flags: list[str], why: str
) -> None:
    code, _, err = told(capsys, "consent", *flags, "--data", data)
    assert code == 2
    assert why in err
    assert not Path(data).exists()


@pytest.mark.parametrize("command", ["import", "replay"])
def test_who_does_not_want_her_runs_kept_is_not_recorded(
    capsys: Capture, recording: Path, data: str, command: str
) -> None:
    words(capsys, "consent", "ana", "--store", "no", "--data", data)
    run_it = [command, str(recording), "--runner", "ana", "--data", data]
    err = refused(capsys, 2, *run_it)
    assert "no run of ana is kept" in err
    assert "treadwear consent ana --store yes" in err
    with SqliteStore.open(Path(data) / "treadwear.db", read_only=True) as store:
        assert store.sessions() == []
        assert store.sessions_of("ana") == []
    assert not (Path(data) / "spools").exists()
    words(capsys, "consent", "ana", "--store", "yes", "--data", data)
    if command == "import":
        assert said(capsys, *run_it)[0] == 0


@pytest.mark.parametrize("answer", ["yes", "no", None])
def test_only_who_agreed_to_the_live_page_is_shown_on_it(
    capsys: Capture, recording: Path, data: str, answer: str | None
) -> None:
    if answer is not None:
        words(capsys, "consent", "ana", "--live", answer, "--data", data)
    flags = ["--runner", "ana", "--data", data]
    code, out, err = said(capsys, "replay", str(recording), *flags, "--speed", "0")
    assert code == 0, err
    session = out.split(":")[0]
    assert meta_of(data, session).consent_live is (answer == "yes")
    hints = (out + err).count("treadwear consent ana --live yes")
    assert hints == (answer != "yes")  # said once, and only where it helps
    code, out, err = said(capsys, "import", str(recording), *flags, "--json", "--again")
    assert code == 0, err
    imported = json.loads(out)["session"]
    assert meta_of(data, imported).consent_live is (answer == "yes")


@pytest.mark.services
def test_who_takes_it_back_while_she_runs_is_off_every_wall_at_once(
    tmp_path: Path,
    data: str,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    require: Callable[..., str],
) -> None:
    """The running session is described anew, and the walls drop her tile."""
    require("mosquitto")
    with start_broker(tmp_path / "broker", prefer="mosquitto") as broker:
        monkeypatch.setenv("TREADWEAR_BROKER_HOST", "127.0.0.1")
        monkeypatch.setenv("TREADWEAR_BROKER_PORT", str(broker.port))
        with MqttBus(MqttSettings(client_id="test", port=broker.port)) as bus:
            board, metas = TileBoard(), dict[str, SessionMeta]()
            board.attach(bus)
            bus.subscribe(
                topics.ALL_META,
                lambda topic, told: metas.update({topic: loads(told, SessionMeta)}),
            )
            for runner in ("ana", "ben"):
                begin(bus, runner)
            wait_until(lambda: shown(board) == {"ana", "ben"})

            with running_on(bus, "ana"):
                assert run(["consent", "ana", "--live", "no", "--data", data]) == 0
                wait_until(lambda: not metas[topics.meta("ana", "s1")].consent_live)

            wait_until(lambda: shown(board) == {"ben"})
            wait_until(lambda: not metas[topics.meta("ana", "s1")].consent_live)
            assert metas[topics.meta("ben", "s1")].consent_live
            assert metas[topics.meta("ana", "s1")].state == "running"
    assert "ana is off the live page now" in capsys.readouterr().out


def begin(bus: MqttBus, runner: str) -> None:
    """A run that goes on, and its tile."""
    meta = SessionMeta(runner=runner, session="s1", origin_ns=1, consent_live=True)
    bus.publish(topics.meta(runner, "s1"), dumps(meta), retain=True)
    tile = LiveTile(
        runner=runner,
        session="s1",
        name=runner,
        state="live",
        t_ns=1,
        data_t_ns=1,
        elapsed_s=60.0,
        window_s=30.0,
        n_pairs=40,
        pairs_needed=20,
        consent_live=True,
    )
    bus.publish(topics.live(runner, "s1"), dumps(tile))


@contextlib.contextmanager
def running_on(bus: MqttBus, runner: str) -> Iterator[None]:
    """Frames of a run that goes on, for a while: nobody may wait for its end."""
    ends_s, is_over = time.monotonic() + 30, threading.Event()

    def send() -> None:
        while time.monotonic() < ends_s and not is_over.wait(0.1):
            bus.publish(topics.imu(runner, "s1", Slot.LEFT), b"frame")

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
        assert time.monotonic() < ends_s, "it was only done when the run was over"
    finally:
        is_over.set()
        thread.join()


def shown(board: TileBoard) -> set[str]:
    return {place.tile.runner for place in board.state().tiles}


def test_a_broker_that_is_away_does_not_undo_an_answer(
    data: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TREADWEAR_BROKER_HOST", "127.0.0.1")
    monkeypatch.setenv("TREADWEAR_BROKER_PORT", "1")
    code, out, err = said(capsys, "consent", "ana", "--live", "no", "--data", data)
    assert code == 0, err
    assert "The live page could not be told" in out + err
    assert len(from_json(capsys, "consent", "ana", "--data", data)["answers"]) == 1


def test_a_no_says_what_is_still_here_and_how_it_goes_away(
    capsys: Capture, data: str
) -> None:
    """It counts from now on: what was kept before stays until she says otherwise."""
    place = ["--data", data]
    words(capsys, "consent", "ana", "--research", "yes", *place)
    out = words(capsys, "consent", "ana", "--store", "no", *place)
    assert "Still here" not in out
    store_run(data, "s1", 2)
    store_run(data, "s2", 1)
    out = words(capsys, "consent", "ana", "--store", "no", *place)
    assert "Still here: 2 runs" in out
    assert "treadwear export --all ana" in out
    assert "treadwear forget ana" in out
    told = from_json(capsys, "consent", "ana", "--store", "no", *place)
    assert not told["now"]["store"]  # a program reads JSON alone


@pytest.mark.parametrize("purpose", ["share", "research"])
def test_a_no_names_the_archives_that_were_made_before(
    capsys: Capture, data: str, purpose: str
) -> None:
    store_run(data, "s1", 1)
    settings, place = load_settings(data_dir=data), ["--data", data]
    words(capsys, "consent", "ana", "--research", "yes", *place)
    out = words(capsys, "consent", "ana", f"--{purpose}", "no", *place)
    assert "still here" not in out
    words(capsys, "consent", "ana", "--research", "yes", *place)
    archives = [write_archive(settings, "ana", is_research=n) for n in (False, True)]
    other = archives[0].path.with_name("ana-2.zip")
    other.write_bytes(b"")
    out = words(capsys, "consent", "ana", f"--{purpose}", "no", *place)
    assert all(f"still here: {made.path}." in out for made in archives)
    assert str(other) not in out


def test_who_did_not_agree_to_be_shown_is_named_where_it_would_leave(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 1)
    with SqliteStore.open(load_settings(data_dir=data).store_path) as store:
        assert "ana did not agree" in not_shared(store, "ana")
        words(capsys, "consent", "ana", "--share", "yes", "--data", data)
        assert not_shared(store, "ana") == ""
        words(capsys, "consent", "ana", "--share", "no", "--data", data)
        assert "treadwear consent ana --share yes" in not_shared(store, "ana")
