"""A club's server by its real commands: laptop, broker, processing, InfluxDB.

What the containers run, as processes: the generated broker, `treadwear process`, and on
a runner's laptop `treadwear replay` with `analysed_here = false`.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract import topics
from contract.bus import fits
from contract.model import Slot
from contract.mqtt import MqttBus
from contract.schema import MEASUREMENTS
from processing.share import Share
from processing.store.base import Backlog
from processing.store.sqlite import SqliteStore
from tests.influxd import points_at, points_of, server_at
from tests.patience import wait_until
from tests.server.club import WITNESS, ClubBroker, watching
from tests.treadwear.conftest import recorded
from treadwear.server import mosquitto

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("runs") / "park", Slot.LEFT, Slot.RIGHT)


def environment(club: ClubBroker, user: str, **others: str) -> dict[str, str]:
    """Settings of one part of the server, as its container or laptop has them."""
    secret = club.directory / f"secrets/broker_{user}"
    plain = {k: v for k, v in os.environ.items() if not k.startswith("TREADWEAR_")}
    return plain | {
        "TREADWEAR_BROKER_HOST": "127.0.0.1",
        "TREADWEAR_BROKER_PORT": str(club.port),
        "TREADWEAR_BROKER_USERNAME": user,
        "TREADWEAR_BROKER_PASSWORD_FILE": str(secret),
        **others,
    }


def treadwear(*words: str, env: dict[str, str], cwd: Path) -> tuple[int, str]:
    """Exit code and words of a command that ends by itself."""
    done = subprocess.run(
        [sys.executable, "-m", "treadwear", *words],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def processing(env: dict[str, str], data: Path) -> Iterator["subprocess.Popen[bytes]"]:
    words = [sys.executable, "-m", "treadwear", "process", "--data", str(data)]
    with subprocess.Popen(words, env=env, cwd=data.parent) as child:
        try:
            yield child
        finally:
            child.terminate()


def backlog(data: Path) -> Backlog:
    with SqliteStore.open(data / "treadwear.db", read_only=True) as store:
        return store.backlog()


def stored_runs(data: Path) -> list[str]:
    if not (data / "treadwear.db").exists():
        return []
    with SqliteStore.open(data / "treadwear.db", read_only=True) as store:
        return [row.session for row in store.sessions() if row.state == "ended"]


def test_a_run_reaches_the_boards_though_influxdb_was_away_and_all_was_killed(
    own_club: ClubBroker,
    require: Callable[..., str],
    recording: Path,
    tmp_path: Path,
) -> None:
    require("influxd")
    server, laptop = tmp_path / "server", tmp_path / "laptop"
    server.mkdir()
    laptop.mkdir()
    token = tmp_path / "token"
    token.write_text("secret\n")
    with server_at(tmp_path / "influx") as (influxd, door):
        own = environment(
            own_club,
            "processing",
            TREADWEAR_INFLUX_URL=door.url,
            TREADWEAR_INFLUX_TOKEN_FILE=str(token),
        )
        ana = environment(own_club, "ana", TREADWEAR_ANALYSED_HERE="false")
        influxd.stop()  # away for the whole run

        with processing(own, server) as child:
            run = ["replay", str(recording), "--runner", "ana", "--speed", "0"]
            code, said = treadwear(*run, "--data", str(laptop), env=ana, cwd=laptop)
            assert code == 0, said
            assert "stored at the server" in said
            wait_until(lambda: len(stored_runs(server)) == 1)
            assert backlog(server).rows > 100
            wait_until(lambda: backlog(server).influx.startswith("retrying"))
            child.kill()

        influxd.start()
        with processing(own, server):
            wait_until(lambda: backlog(server).rows == 0)
        assert points_at(influxd.url, MEASUREMENTS) == everything_in(server)

        forget = ["forget", "ana", "--yes", "--data", str(server)]
        code, said = treadwear(*forget, env=own, cwd=server)
        assert code == 0, said
        assert points_at(influxd.url) == service_points(influxd.url)
        assert retained_of(own_club, "ana") == []


def everything_in(data: Path) -> object:
    with SqliteStore.open(data / "treadwear.db", read_only=True) as store:
        (session,) = [row.session for row in store.sessions()]
        kinds = [kind.row for kind in MEASUREMENTS.values()]
        return points_of([r for kind in kinds for r in store.rows(kind, session)])


def service_points(url: str) -> object:
    """What is about the service itself, and about nobody."""
    return points_at(url, ["pipeline"])


def retained_of(club: ClubBroker, runner: str) -> list[str]:
    """Topics of a runner of which the broker still keeps a message."""
    with watching(club, WITNESS, "witness") as (bus, ear):
        bus.publish("end/of/it", b"")  # after all that was retained
        wait_until(lambda: bool(ear.payloads("end/of/it")))
        return [t for t, _ in ear.got if fits(f"{topics.ROOT}/{runner}/#", t)]


def test_a_processing_that_the_broker_locks_out_says_so_and_why(
    own_club: ClubBroker,
) -> None:
    with MqttBus(own_club.settings("processing", "processing-x")) as bus:
        assert bus.trouble == ""
        words = dict.fromkeys(("processing", WITNESS), "another secret")
        passwords = own_club.directory / "mosquitto/passwords"
        passwords.write_text(mosquitto.passwords(words))
        own_club.reload()
        own_club.stop()
        own_club.start()
        wait_until(lambda: "Not authorized" in bus.trouble)


def test_two_processes_share_the_runners_and_end_together(
    own_club: ClubBroker, recording: Path, tmp_path: Path
) -> None:
    server, laptop = tmp_path / "server", tmp_path / "laptop"
    server.mkdir()
    laptop.mkdir()
    own = environment(own_club, "processing", TREADWEAR_PROCESSES="2")
    with processing(own, server) as child:
        for runner in ("ana", "ben"):  # one of each share
            env = environment(own_club, runner, TREADWEAR_ANALYSED_HERE="false")
            words = ["replay", str(recording), "--runner", runner, "--speed", "0"]
            code, said = treadwear(*words, "--data", str(laptop), env=env, cwd=laptop)
            assert code == 0, said
        wait_until(lambda: len(stored_runs(server)) == 2)
        second = ["process", "--data", str(server)]
        code, said = treadwear(*second, env=own, cwd=server)
        assert code == 1
        assert "works on" in said
        child.terminate()
        assert child.wait(30.0) == 0
    wait_until(lambda: own_club_clients(own_club) == [])


def test_the_shares_of_the_test_above_differ() -> None:
    assert {Share(n, 2).has("ana") for n in (0, 1)} == {True, False}
    assert Share(0, 2).has("ana") != Share(0, 2).has("ben")


def own_club_clients(club: ClubBroker) -> list[str]:
    """Clients of the processing that are there, by what they say of themselves."""
    with watching(club, WITNESS, "witness") as (bus, ear):
        bus.publish("end/of/it", b"")
        wait_until(lambda: bool(ear.payloads("end/of/it")))
        said = {t: payload for t, payload in ear.got if "/status/processing" in t}
        return [topic for topic, payload in said.items() if b"online" in payload]
