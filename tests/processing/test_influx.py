from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.server.influxd import Influxd, Shim
from contract.errors import InfluxError
from processing.store.influx import InfluxServer, InfluxSettings, Series
from processing.store.influx_faults import (
    InfluxAwayError,
    InfluxBadLinesError,
    InfluxRefusedError,
    InfluxTooLargeError,
)
from tests.influxd import server_at, settings_for

pytestmark = pytest.mark.services


@pytest.fixture
def there(
    require: Callable[..., str], tmp_path: Path
) -> Iterator[tuple[Influxd, Shim]]:
    require("influxd")
    with server_at(tmp_path / "influxd") as both:
        yield both


@pytest.fixture
def shim(there: tuple[Influxd, Shim]) -> Shim:
    return there[1]


@pytest.fixture
def server(shim: Shim) -> Iterator[InfluxServer]:
    with closing(InfluxServer(settings_for(shim.url, timeout_s=1.0))) as server:
        yield server


LINES = [
    "step,side=left t=0.25 5",
    "step,side=right t=0.26 5",
    "step,side=left t=0.5 6",
]


def test_lines_are_there_when_write_returns(server: InfluxServer) -> None:
    server.write(LINES)
    assert server.query('SELECT * FROM "step" GROUP BY "side"') == [
        Series("step", {"side": "left"}, ("time", "t"), [(5, 0.25), (6, 0.5)]),
        Series("step", {"side": "right"}, ("time", "t"), [(5, 0.26)]),
    ]


def test_lines_written_twice_are_there_once(server: InfluxServer) -> None:
    server.write(LINES)
    server.write(LINES)
    (told,) = server.query('SELECT count("t") FROM "step"')
    assert told.rows[0][1] == 3


def test_deleting_takes_the_points_with_these_tags_or_of_one_time(
    server: InfluxServer,
) -> None:
    server.write(LINES)
    server.delete("step", {"side": "left"}, time_ns=5)
    assert [s.rows for s in server.query('SELECT t FROM "step"')] == [
        [(5, 0.26), (6, 0.5)]
    ]
    server.delete("step", {"side": "left"})
    assert [s.rows for s in server.query('SELECT t FROM "step"')] == [[(5, 0.26)]]
    server.delete("step", {})
    assert server.query('SELECT t FROM "step"') == []


@pytest.mark.parametrize("name", ["it's", 'the "best"', "back\\slash", "a' OR 'b'='b"])
def test_a_name_with_quotes_deletes_its_own_points_only(
    server: InfluxServer, name: str
) -> None:
    escaped = name.replace(" ", "\\ ").replace("=", "\\=")
    server.write([f"wear,shoe={escaped} x=1 5", "wear,shoe=b x=1 5"])
    server.delete("wear", {"shoe": name})
    (told,) = server.query('SELECT * FROM "wear"')
    assert told.rows == [(5, "b", 1)]


def test_a_question_that_makes_no_sense_says_what_is_wrong(
    server: InfluxServer,
) -> None:
    with pytest.raises(InfluxBadLinesError, match="found steps"):
        server.query("steps, please")
    with pytest.raises(InfluxBadLinesError, match="undefined function"):
        server.query('SELECT steps("t") FROM "step"')  # in an answer that says 200


def test_the_version_is_influxds_own(server: InfluxServer) -> None:
    assert server.version().startswith("1.")


def test_a_bad_line_is_told_apart_with_influxdbs_words(server: InfluxServer) -> None:
    with pytest.raises(InfluxBadLinesError, match="missing field value"):
        server.write(["step,side=left t= 5"])
    server.write(LINES)
    with pytest.raises(InfluxBadLinesError, match="field type conflict"):
        server.write(['step,side=left t="a word" 9'])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, InfluxRefusedError),
        (403, InfluxRefusedError),
        (404, InfluxRefusedError),
        (302, InfluxRefusedError),
        (413, InfluxTooLargeError),
        (400, InfluxBadLinesError),
        (422, InfluxBadLinesError),
        (408, InfluxAwayError),
        (429, InfluxAwayError),
        (500, InfluxAwayError),
        (503, InfluxAwayError),
    ],
)
def test_an_answer_says_what_to_do_about_it(
    server: InfluxServer, shim: Shim, status: int, kind: type[InfluxError]
) -> None:
    shim.faults.status = status
    for ask in (
        lambda: server.write(LINES),
        lambda: server.query("SHOW MEASUREMENTS"),
        lambda: server.delete("step", {"session": "s1"}),
    ):
        with pytest.raises(InfluxError) as caught:
            ask()
        assert type(caught.value) is kind
        assert "a fault made on purpose" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (501, "no", InfluxBadLinesError),
        (500, "This feature is not implemented: DELETE", InfluxBadLinesError),
        (400, "default retention policy not set for: treadwear", InfluxRefusedError),
        (422, "finding DBRP mappings: unauthorized access", InfluxRefusedError),
    ],
)
def test_what_cannot_be_deleted_is_not_asked_for_ever_unless_a_person_can_help(
    server: InfluxServer, shim: Shim, status: int, words: str, kind: type[InfluxError]
) -> None:
    """InfluxDB 3 Core has no DELETE; 2.x wants a token that may also read."""
    shim.faults.status, shim.faults.words = status, words
    with pytest.raises(kind, match=words):
        server.delete("step", {"session": "s1"})


def test_how_long_to_wait_is_influxdbs_to_say(server: InfluxServer, shim: Shim) -> None:
    shim.faults.status = 429
    with pytest.raises(InfluxAwayError) as caught:
        server.write(LINES)
    assert caught.value.retry_after_s is None
    shim.faults.retry_after_s = 17
    with pytest.raises(InfluxAwayError) as caught:
        server.write(LINES)
    assert caught.value.retry_after_s == 17.0


def test_a_token_that_is_no_longer_known_says_where_to_look(
    server: InfluxServer, shim: Shim
) -> None:
    shim.faults.token = "another"  # noqa: S105 - of a server that is gone in a second
    with pytest.raises(InfluxRefusedError, match="does not let treadwear in") as caught:
        server.write(LINES)
    assert "influx_token_file" in caught.value.next_step
    assert "secret" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_named(shim: Shim) -> None:
    asked = settings_for(shim.url, bucket="spikes")
    with closing(InfluxServer(asked)) as server:
        with pytest.raises(
            InfluxRefusedError, match=r"bucket treadwear/spikes\) is not there"
        ):
            server.write(LINES)
        with pytest.raises(
            InfluxRefusedError, match=r"bucket treadwear/spikes\) is not there"
        ):
            server.query("SELECT t FROM step")


def test_a_server_that_is_away_is_away_in_every_way(
    server: InfluxServer, there: tuple[Influxd, Shim]
) -> None:
    influxd, shim = there
    shim.faults.hangs_up = True
    with pytest.raises(InfluxAwayError, match="closed connection"):
        server.write(LINES)
    with pytest.raises(InfluxAwayError, match="closed connection"):
        server.version()
    shim.faults.hangs_up = False
    influxd.stop()
    with pytest.raises(InfluxAwayError, match="cannot be reached"):
        server.query("SHOW MEASUREMENTS")
    shim.stop()
    with pytest.raises(InfluxAwayError, match="Connection refused"):
        server.write(LINES)
    shim.start()
    influxd.start()
    server.write(LINES)


def test_a_slow_answer_is_given_up(shim: Shim) -> None:
    asked = settings_for(shim.url, timeout_s=0.05)
    with closing(InfluxServer(asked)) as server:
        server.version()
        shim.faults.delay_s = 0.4
        with pytest.raises(InfluxAwayError, match="did not answer in time"):
            server.write(LINES)


def test_a_server_without_tls_is_not_trusted_where_tls_was_asked_for(
    shim: Shim,
) -> None:
    asked = settings_for(shim.url.replace("http:", "https:"))
    with closing(InfluxServer(asked)) as server:
        with pytest.raises(InfluxRefusedError, match="not trusted") as caught:
            server.write(LINES)
        assert "influx_ca" in caught.value.next_step
        with pytest.raises(InfluxRefusedError, match="not trusted"):
            server.version()


@pytest.mark.parametrize(
    "url",
    ["", "influx:8086", "http://", "ftp://here", "http://here:99999", "http://a b"],
)
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(InfluxRefusedError, match="no address of an InfluxDB") as caught:
        InfluxServer(InfluxSettings(url=url))
    assert "influx_url" in caught.value.next_step


def test_somebody_else_at_that_address_is_not_taken_for_influxdb(shim: Shim) -> None:
    shim.faults.status, shim.faults.words = 200, "welcome"
    with closing(InfluxServer(settings_for(shim.url))) as server:
        with pytest.raises(
            InfluxRefusedError, match="not answer as InfluxDB"
        ) as caught:
            server.query("SHOW MEASUREMENTS")
        assert "influx_url" in caught.value.next_step


def test_the_token_is_what_its_file_says_now(tmp_path: Path) -> None:
    file = tmp_path / "token"
    asked = InfluxSettings(url="http://here", token="at first", token_file=file)  # noqa: S106 - nobody's
    assert asked.current_token() == "at first"
    file.write_text("rotated\n")
    assert asked.current_token() == "rotated"
    assert "rotated" not in repr(asked)
    assert "at first" not in repr(asked)
