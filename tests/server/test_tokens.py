"""`treadwear tokens`: who may write and who may read, made once and changed on demand.

Tried on a server of our own that speaks the documented interface: no InfluxDB 2 was
there when this was written.
"""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.errors import InfluxError, UsageError
from processing.store.influx import InfluxSettings
from tests.server.influx_two import ADMIN, InfluxTwo, running_influx_two
from treadwear.commands import server
from treadwear.server.tokens import TokenMaker, Wanted

WRONG = "token of nobody"
APP = typer.Typer()
server.register(APP)


@pytest.fixture
def influx() -> Iterator[InfluxTwo]:
    with running_influx_two() as influx:
        yield influx


@pytest.fixture
def writer(tmp_path: Path) -> Wanted:
    return Wanted("write", tmp_path / "writer")


@pytest.fixture
def reader(tmp_path: Path) -> Wanted:
    return Wanted("read", tmp_path / "reader")


def maker(influx: InfluxTwo, token: str = ADMIN, org: str = "treadwear") -> TokenMaker:
    return TokenMaker(InfluxSettings(url=influx.url, token=token, org=org))


def rights(influx: InfluxTwo) -> dict[str, list[tuple[str, str]]]:
    """What each token may do with which bucket."""
    return {
        entry["token"]: [
            (p["action"], f"{p['resource']['type']}/{p['resource']['id']}")
            for p in entry["permissions"]
        ]
        for entry in influx.granted.values()
    }


def test_one_token_may_write_and_one_may_only_read(
    influx: InfluxTwo, writer: Wanted, reader: Wanted
) -> None:
    with maker(influx) as made:
        assert made.provide(writer) == made.provide(reader) == "made"

    assert rights(influx) == {
        writer.path.read_text().strip(): [
            ("read", "buckets/b-1"),
            ("write", "buckets/b-1"),
        ],
        reader.path.read_text().strip(): [("read", "buckets/b-1")],
    }
    for path in (writer.path, reader.path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("shows_tokens", [True, False])
def test_a_second_time_changes_nothing(
    influx: InfluxTwo, writer: Wanted, reader: Wanted, *, shows_tokens: bool
) -> None:
    influx.shows_tokens = shows_tokens
    with maker(influx) as made:
        made.provide(writer)
        made.provide(reader)
        before = rights(influx), writer.path.read_bytes()

        assert made.provide(writer) == made.provide(reader) == "kept"

    assert (rights(influx), writer.path.read_bytes()) == before


@pytest.mark.parametrize("shows_tokens", [True, False])
def test_new_tokens_end_the_old_ones(
    influx: InfluxTwo, writer: Wanted, reader: Wanted, *, shows_tokens: bool
) -> None:
    influx.shows_tokens = shows_tokens
    with maker(influx) as made:
        made.provide(writer)
        made.provide(reader)
        old = writer.path.read_text().strip()
        kept = reader.path.read_text().strip()

        assert made.provide(writer, is_rotating=True) == "renewed"

    new = writer.path.read_text().strip()
    assert set(rights(influx)) == {new, kept}
    assert new != old


@pytest.mark.parametrize("lost", ["path", "id_path"])
def test_a_lost_file_gives_a_new_token_and_ends_the_old_one(
    influx: InfluxTwo, writer: Wanted, lost: str
) -> None:
    with maker(influx) as made:
        made.provide(writer)
        getattr(writer, lost).unlink()

        assert made.provide(writer) == "renewed"

    assert set(rights(influx)) == {writer.path.read_text().strip()}


def test_killed_between_its_two_files_the_next_call_makes_a_pair_and_ends_the_others(
    influx: InfluxTwo, writer: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    with maker(influx) as made:
        made.provide(writer)
        with monkeypatch.context() as killed:
            killed.setattr("treadwear.server.tokens._write", _first_file_only(writer))
            with pytest.raises(KeyboardInterrupt):
                made.provide(writer, is_rotating=True)
        assert len(rights(influx)) == 2  # the old one is good until the new one is kept

        assert made.provide(writer) == "renewed"

    assert set(rights(influx)) == {writer.path.read_text().strip()}


def _first_file_only(wanted: Wanted) -> Callable[[Path, str], None]:
    def write(path: Path, text: str) -> None:
        if path == wanted.id_path:
            raise KeyboardInterrupt
        path.write_text(text)

    return write


def test_killed_before_the_old_one_was_ended_the_next_call_ends_it(
    influx: InfluxTwo, writer: Wanted
) -> None:
    with maker(influx) as made:
        made.provide(writer)
        forgotten = {**influx.granted["a-1"], "id": "a-0", "token": "forgotten"}
        influx.granted["a-0"] = forgotten

        assert made.provide(writer) == "kept"

    assert set(rights(influx)) == {writer.path.read_text().strip()}


def test_an_influxdb_that_was_set_up_anew_gives_new_tokens(
    influx: InfluxTwo, writer: Wanted
) -> None:
    with maker(influx) as made:
        made.provide(writer)
        influx.granted.clear()

        assert made.provide(writer) == "made"

    assert set(rights(influx)) == {writer.path.read_text().strip()}


def test_tokens_of_others_are_left_alone(influx: InfluxTwo, writer: Wanted) -> None:
    influx.granted["a-0"] = {
        "id": "a-0",
        "token": "of somebody else",
        "status": "active",
        "description": "Telegraf",
        "permissions": [],
    }
    with maker(influx) as made:
        made.provide(writer)
        made.provide(writer, is_rotating=True)

    assert "of somebody else" in rights(influx)
    assert len(rights(influx)) == 2


def test_the_bucket_is_made_where_there_is_none(
    influx: InfluxTwo, writer: Wanted
) -> None:
    influx.buckets = {"another": "b-1"}
    with maker(influx) as made:
        made.provide(writer)

    assert influx.buckets == {"another": "b-1", "treadwear": "b-2"}
    assert rights(influx) == {
        writer.path.read_text().strip(): [
            ("read", "buckets/b-2"),
            ("write", "buckets/b-2"),
        ]
    }


def test_a_wrong_administrator_is_told_so(influx: InfluxTwo, writer: Wanted) -> None:
    with maker(influx, WRONG) as made, pytest.raises(InfluxError) as refused:
        made.provide(writer)

    assert refused.value.why == "401 unauthorized"
    assert "administrator" in refused.value.next_step
    assert WRONG not in str(refused.value)
    assert not writer.path.exists()


def test_an_unknown_organisation_is_named(influx: InfluxTwo, writer: Wanted) -> None:
    with (
        maker(influx, org="elsewhere") as made,
        pytest.raises(InfluxError, match="refuses GET /api/v2/orgs"),
    ):
        made.provide(writer)


@pytest.mark.parametrize("status", [500, 503, 301, 429])
def test_an_influxdb_in_trouble_leaves_the_files_alone(
    influx: InfluxTwo, writer: Wanted, status: int
) -> None:
    with maker(influx) as made:
        made.provide(writer)
        before = writer.path.read_bytes()
        influx.broken = status
        with pytest.raises(InfluxError):
            made.provide(writer, is_rotating=True)

    assert writer.path.read_bytes() == before


def test_an_influxdb_that_is_away_is_told_so(writer: Wanted) -> None:
    settings = InfluxSettings(url="http://127.0.0.1:1", token=ADMIN)
    with TokenMaker(settings) as made, pytest.raises(InfluxError, match="be asked"):
        made.provide(writer)


def test_a_file_that_cannot_be_written_is_named(
    influx: InfluxTwo, tmp_path: Path
) -> None:
    wanted = Wanted("write", tmp_path / "missing" / "writer")
    with maker(influx) as made, pytest.raises(UsageError, match="missing/writer"):
        made.provide(wanted)


def test_the_command_makes_both_and_never_prints_one(
    influx: InfluxTwo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "admin").write_text(f"{ADMIN}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TREADWEAR_INFLUX_URL", influx.url)
    monkeypatch.setenv("TREADWEAR_INFLUX_TOKEN_FILE", "admin")
    arguments = ["tokens", "--writer", "writer", "--reader", "reader"]

    outputs = [
        CliRunner().invoke(APP, [*arguments, *more], catch_exceptions=False).output
        for more in ([], [], ["--rotate"])
    ]

    states = [[line.split()[0] for line in x.splitlines()] for x in outputs]
    assert states == [["made"] * 2, ["kept"] * 2, ["renewed"] * 2]
    assert not any("token a-" in output or ADMIN in output for output in outputs)
    assert len(rights(influx)) == 2


def test_without_an_influxdb_there_is_nothing_to_make_tokens_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TREADWEAR_INFLUX_URL", raising=False)

    with pytest.raises(UsageError, match="no InfluxDB"):
        CliRunner().invoke(
            APP, ["tokens", "--writer", "w", "--reader", "r"], catch_exceptions=False
        )
