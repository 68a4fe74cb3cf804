import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.server.influxd import Shim, running_influxd, shimmed
from processing.store.influx import InfluxServer
from processing.store.influx_faults import InfluxRefusedError
from tests.influxd import settings_for
from treadwear.server.certificates import new_authority, new_server

pytestmark = pytest.mark.services

LINE = "step,side=left t=0.25 5"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """Certificate of the club's own authority; keys beside it."""
    ours = new_authority()
    server = new_server(ours, "localhost")
    (tmp_path / "server.crt").write_bytes(server.certificate)
    (tmp_path / "server.key").write_bytes(server.key)
    (tmp_path / "ca.crt").write_bytes(ours.certificate)
    return tmp_path / "ca.crt"


@pytest.fixture
def shim(
    require: Callable[..., str], tmp_path: Path, authority: Path
) -> Iterator[Shim]:
    require("influxd")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority.with_name("server.crt"), tmp_path / "server.key")
    with (
        running_influxd(tmp_path / "influxd") as influxd,
        shimmed(influxd.url, tls) as s,
    ):
        yield s


def test_with_the_clubs_authority_rows_go_in_and_come_back(
    shim: Shim, authority: Path
) -> None:
    asked = settings_for(shim.url, ca_file=authority)
    with closing(InfluxServer(asked)) as server:
        assert server.version().startswith("1.")
        server.write([LINE])
        (told,) = server.query("SELECT t FROM step")
        assert told.rows == [(5, 0.25)]


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    shim: Shim, tmp_path: Path
) -> None:
    other = tmp_path / "other.crt"
    other.write_bytes(new_authority().certificate)
    for ca_file in (None, other):
        with closing(InfluxServer(settings_for(shim.url, ca_file=ca_file))) as server:
            for ask in (
                server.version,
                lambda server=server: server.write([LINE]),
                lambda server=server: server.query("SELECT t FROM step"),
            ):
                with pytest.raises(InfluxRefusedError, match="not trusted") as caught:
                    ask()
                assert "influx_ca" in caught.value.next_step
    assert shim.came == 0
