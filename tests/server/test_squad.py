"""`treadwear live` and `treadwear simulate` on the club's real broker."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import topics
from contract.errors import UsageError
from contract.messages import LiveTile, SessionMeta, dumps, loads
from contract.wire import decode
from processing.service import ProcessingService
from processing.store.sqlite import SqliteStore
from tests.server.club import WITNESS, ClubBroker, wait_until, watching
from treadwear.server.simulated import draw_squad, run
from treadwear.server.wall import running_wall
from treadwear.settings import Settings

pytestmark = pytest.mark.services

RUN_S = 4.0


def settings(broker: ClubBroker, user: str, data_dir: Path) -> Settings:
    return Settings(
        data_dir=data_dir,
        broker_host="127.0.0.1",
        broker_port=broker.port,
        broker_username=user,
        broker_password_file=broker.directory / f"secrets/broker_{user}",
        spool_mb=50,
    )


def tile(runner: str) -> LiveTile:
    now_ns = time.time_ns()
    return LiveTile(
        runner=runner,
        session="s1",
        name=runner.title(),
        state="live",
        t_ns=now_ns,
        data_t_ns=now_ns,
        elapsed_s=60.0,
        window_s=30.0,
        n_pairs=40,
        pairs_needed=20,
    )


@pytest.fixture
def wall(own_club: ClubBroker, tmp_path: Path) -> Iterator[str]:
    with running_wall(settings(own_club, "live", tmp_path), ["club.local"]) as server:
        yield server.url


def ask(url: str, host: str = "127.0.0.1") -> dict[str, object]:
    asked = urllib.request.Request(f"{url}tiles.json", headers={"Host": host})  # noqa: S310 - our own page
    with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310 - the same
        told: dict[str, object] = json.load(answer)
    return told


def test_the_wall_shows_what_the_processing_sends_and_nobody_else(
    own_club: ClubBroker, wall: str
) -> None:
    with own_club.join("processing", "processing") as processing:
        with own_club.join("ana", "collector-ana") as ana:
            ana.publish(topics.live("ana", "s1"), dumps(tile("ana")))
        processing.publish(topics.live("ben", "s1"), dumps(tile("ben")), qos=0)
        wait_until(lambda: bool(ask(wall)["tiles"]))

    assert '"ben"' in json.dumps(ask(wall))
    assert '"ana"' not in json.dumps(ask(wall))


def test_the_wall_answers_under_names_that_were_allowed_only(wall: str) -> None:
    assert ask(wall, "club.local")["tiles"] == []
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(wall, "elsewhere.example")
    with refused.value as answer:
        assert answer.code == 403


def test_a_wall_needs_a_broker(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="the live page needs a broker"),
        running_wall(Settings(data_dir=tmp_path)),
    ):
        pass


def test_simulated_runners_run_on_the_clubs_broker_until_all_is_stored(
    own_club: ClubBroker, tmp_path: Path
) -> None:
    squad = draw_squad(3, seed=1, origin_ns=time.time_ns())
    store_path = tmp_path / "treadwear.db"
    looks = []
    with (
        watching(own_club, WITNESS, "watcher") as (_, ear),
        own_club.join("processing", "processing") as bus,
    ):
        service = ProcessingService(bus, store_path)
        service.start()
        try:
            mine = settings(own_club, "sim", tmp_path)
            assert run(mine, squad, RUN_S, lambda c: looks.append(len(c.progress())))
        finally:
            service.stop()

    assert set(looks) == {3}
    metas = [loads(x, SessionMeta) for x in ear.payloads(topics.ALL_META)]
    assert {m.runner for m in metas} == {"sim-1", "sim-2", "sim-3"}
    assert all(m.simulated for m in metas)
    frames = [decode(x) for x in ear.payloads("treadwear/v1/sim-2/+/left/imu")]
    assert sum(len(f.counts) for f in frames) >= 200 * RUN_S * 0.9
    with SqliteStore.open(store_path, read_only=True) as store:
        for runner in squad:
            stored = sum(1 for _ in store.frames(runner.session))
            sent = ear.payloads(f"treadwear/v1/{runner.meta.runner}/+/+/imu")
            assert stored == len(set(sent)) > 0


def test_the_first_of_a_squad_limps_and_no_other() -> None:
    squad = draw_squad(4, seed=1, origin_ns=0)

    assert [r.traits.contact_asymmetry_pct != 0 for r in squad] == [True] + [False] * 3
    assert "limping" in squad[0].meta.name
    assert len({r.session for r in squad}) == 4
    assert draw_squad(4, 1, 0)[1].traits == squad[1].traits
    assert draw_squad(4, 2, 0)[1].traits != squad[1].traits


@pytest.mark.parametrize("count", [0, -1, 21])
def test_a_squad_that_the_broker_does_not_know_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match="cannot run"):
        draw_squad(count, seed=1, origin_ns=0)


def test_both_end_when_a_container_is_stopped(
    own_club: ClubBroker, tmp_path: Path
) -> None:
    """SIGTERM, as `docker compose stop` sends it: they leave in order, with 0."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "TREADWEAR_DATA_DIR": str(tmp_path),
        "TREADWEAR_BROKER_HOST": "127.0.0.1",
        "TREADWEAR_BROKER_PORT": str(own_club.port),
        "TREADWEAR_BROKER_USERNAME": "live",
        "TREADWEAR_BROKER_PASSWORD_FILE": f"{own_club.directory}/secrets/broker_live",
    }
    code = (
        "import signal, typer\n"
        "from treadwear.commands import server\n"
        "signal.signal(signal.SIGTERM, signal.default_int_handler)\n"
        "app = typer.Typer(); server.register(app)\n"
        "app(['live'])\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert "Live page http://127.0.0.1:" in child.stdout.readline()
        child.terminate()
        assert child.wait(20) == 0
