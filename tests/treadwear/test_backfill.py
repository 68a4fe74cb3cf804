from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import typer

from benchmarks.server.influxd import Influxd, Shim
from contract.errors import InfluxError, StoreError, UsageError
from contract.rows import SessionRow
from processing.store.forwarder import Forwarder, Pace
from processing.store.influx import InfluxServer
from processing.store.sqlite import SqliteStore
from tests.influxd import points_at, points_in, server_at, settings_for, step
from tests.treadwear.spoken import Capture
from treadwear.commands import backfill

DAY_NS = 86_400 * 10**9
NOON_NS = 1_790_164_800 * 10**9  # 2026-09-23 12:00 UTC: the same day nearly anywhere

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


def ended(session: str, runner: str, day: int) -> SessionRow:
    return SessionRow(
        runner=runner,
        session=session,
        side="both",
        time_ns=NOON_NS + day * DAY_NS,
        name="",
        shoe="blue",
        state="ended",
        duration_s=60.0,
        steps=20,
        rejected=0,
        verdict="even",
        source="shoes",
        baseline_runs=0,
        simulated=False,
        method="1",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two runs of two runners, two days apart, from before there was an InfluxDB."""
    path = tmp_path / "data" / "treadwear.db"
    with SqliteStore.open(path) as store:
        for session, runner, day in (("s2", "ben", 2), ("s1", "ana", 0)):
            rows = [step(n, session=session, runner=runner) for n in range(20)]
            store.write([*rows, ended(session, runner, day)])
    return path


@pytest.fixture
def there(
    no_settings_from_outside: None,
    require: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Influxd, Shim]]:
    del no_settings_from_outside  # before ours are set
    require("influxd")
    with server_at(tmp_path / "influxd") as (influxd, shim):
        monkeypatch.setenv("TREADWEAR_INFLUX_URL", shim.url)
        monkeypatch.setenv("TREADWEAR_INFLUX_TOKEN", "secret")
        yield influxd, shim


def call(path: Path, *words: str) -> None:
    """Say the command as a person does; errors come through."""
    app = typer.Typer()
    app.callback()(lambda: None)
    backfill.register(app)
    app(["backfill", *words, "--data", str(path.parent)], standalone_mode=False)


def sessions_at(influxd: Influxd) -> set[str]:
    return {dict(tags)["session"] for _, _, tags in points_at(influxd.url)}


@pytest.mark.services
def test_all_runs_are_sent_oldest_first_and_each_is_told(
    path: Path, there: tuple[Influxd, Shim], capsys: Capture
) -> None:
    call(path, "--all")
    assert capsys.readouterr().out.splitlines() == ["1 of 2: s1", "2 of 2: s2"]
    assert points_at(there[0].url) == points_in(path)


@pytest.mark.services
@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (["s1"], {"s1"}),
        (["last"], {"s2"}),
        (["--runner", "ben"], {"s2"}),
        (["--since", "2026-09-24"], {"s2"}),
        (["--since", "2026-09-01"], {"s1", "s2"}),
        (["--runner", "ana", "--since", "2026-09-01"], {"s1"}),
    ],
)
def test_only_the_runs_asked_for_are_sent(
    path: Path, there: tuple[Influxd, Shim], words: list[str], sent: set[str]
) -> None:
    call(path, *words)
    assert sessions_at(there[0]) == sent


@pytest.mark.services
def test_what_influxdb_had_of_a_run_is_replaced(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    with closing(InfluxServer(settings_for(there[1].url))) as server:
        server.write(["step,runner=ana,session=s1,side=left contact_time_s=9 1"])
        server.write(["step,runner=eve,session=s9,side=left contact_time_s=9 1"])
    call(path, "s1")
    call(path, "s1")
    held = points_at(there[0].url)
    assert {dict(tags)["session"] for _, _, tags in held} == {"s1", "s9"}
    assert len(held) == 22


@pytest.mark.services
def test_runs_stay_queued_while_influxdb_is_away_and_go_out_later(
    path: Path, there: tuple[Influxd, Shim], capsys: Capture
) -> None:
    influxd, shim = there
    shim.stop()
    with pytest.raises(InfluxError, match="cannot be reached") as caught:
        call(path, "--all")
    assert caught.value.exit_code == 1
    assert "Of 2 runs, what was not sent stays queued" in capsys.readouterr().err
    shim.start()
    call(path, "s1")
    assert points_at(influxd.url) == points_in(path)


@pytest.mark.services
def test_a_run_that_influxdb_does_not_take_is_told_and_stays(
    path: Path,
    there: tuple[Influxd, Shim],
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backfill, "_PATIENCE_S", 0.2)
    there[1].faults.token = "rotated"  # noqa: S105 - of a server that is gone in a second
    with pytest.raises(InfluxError, match="does not take s1") as caught:
        call(path, "s1")
    assert "refused: InfluxDB" in caught.value.why
    assert "stays queued" in capsys.readouterr().err
    with SqliteStore.open(path, read_only=True) as store:
        assert store.outbox.is_to_be_sent("s1")


@pytest.mark.services
def test_a_service_that_forwards_already_does_the_work(
    path: Path, there: tuple[Influxd, Shim]
) -> None:
    influxd, shim = there
    pace = Pace(gather_s=0.01)
    service = Forwarder(path, settings_for(shim.url), 2**20, pace=pace)
    service.start()
    try:
        call(path, "--all")
    finally:
        service.stop()
    assert points_at(influxd.url) == points_in(path)


def test_without_an_influxdb_it_says_how_to_name_one(path: Path) -> None:
    with pytest.raises(UsageError, match="no InfluxDB to send runs to") as caught:
        call(path, "--all")
    assert "TREADWEAR_INFLUX_URL" in caught.value.next_step
    with SqliteStore.open(path) as store:
        assert not store.outbox.is_to_be_sent("s1")


@pytest.fixture
def nobody_there(
    no_settings_from_outside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del no_settings_from_outside  # before ours are set
    monkeypatch.setenv("TREADWEAR_INFLUX_URL", "http://127.0.0.1:9")


@pytest.mark.usefixtures("nobody_there")
def test_without_a_choice_it_says_what_can_be_chosen(path: Path) -> None:
    with pytest.raises(UsageError, match="which runs to send") as caught:
        call(path)
    assert "--all" in caught.value.next_step


@pytest.mark.usefixtures("nobody_there")
@pytest.mark.parametrize(
    "words",
    [
        ["--all", "last"],
        ["s1", "--runner", "ana"],
        ["s1", "--since", "2026-09-01"],
        ["--all", "--runner", "ana"],
    ],
)
def test_a_choice_that_contradicts_itself_is_refused(
    path: Path, words: list[str]
) -> None:
    with pytest.raises(UsageError, match="two ways") as caught:
        call(path, *words)
    assert "either" in caught.value.next_step
    with SqliteStore.open(path) as store:
        assert not store.outbox.is_to_be_sent("s1")


def test_a_token_file_that_is_missing_is_named_and_the_run_stays_queued(
    path: Path,
    tmp_path: Path,
    nobody_there: None,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del nobody_there
    token = tmp_path / "writer"
    monkeypatch.setenv("TREADWEAR_INFLUX_TOKEN_FILE", str(token))
    with pytest.raises(InfluxError, match=str(token)):
        call(path, "s1")
    assert "stays queued" in capsys.readouterr().err
    with SqliteStore.open(path) as store:
        assert store.outbox.is_to_be_sent("s1")


@pytest.mark.usefixtures("nobody_there")
def test_a_run_that_is_not_there_is_said_not_to_be(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no session 's7'"):
        call(path, "s7")
    with pytest.raises(StoreError, match="no such run"):
        call(path, "--runner", "eve")
    with pytest.raises(StoreError, match="no run database"):
        call(tmp_path / "nowhere" / "treadwear.db", "--all")
    assert not (tmp_path / "nowhere").exists()
