"""A broker that cannot be used is explained: absent, foreign, locked, not trusted."""

import gc
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.errors import BusError, TopicError
from contract.mqtt import MqttBus, MqttSettings, explain
from tests.contract.heard import settings
from treadwear.broker import Broker


def test_nothing_that_listens_is_explained(broker: Broker) -> None:
    broker.stop()
    with pytest.raises(BusError, match=r"nothing listens there\. Start it"):
        MqttBus(settings(broker, "a"))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid", ""])
def test_an_unknown_host_is_explained(host: str) -> None:
    with pytest.raises(BusError, match=r"Check (the host name|host and port)"):
        MqttBus(MqttSettings(client_id="a", host=host))


def test_something_that_is_no_broker_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(BusError, match="it gave no MQTT answer"):
            MqttBus(MqttSettings(client_id="a", port=port, connect_timeout_s=0.2))


def test_a_client_id_outside_the_contract_is_refused() -> None:
    with pytest.raises(TopicError, match="'Ana Example' cannot be a client id"):
        MqttBus(MqttSettings(client_id="Ana Example"))


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(MqttSettings(client_id="a", password="secret"))  # noqa: S106


def test_a_missing_authority_file_is_explained(tmp_path: Path) -> None:
    wrong = MqttSettings(client_id="a", tls=True, ca_file=tmp_path / "none.pem")
    with pytest.raises(BusError, match="the file of the authority is missing"):
        MqttBus(wrong)


def test_an_unknown_fault_is_told_in_its_own_words() -> None:
    assert explain(OSError("no route"))[0] == "no route"
    assert "TLS" in explain(ssl.SSLError("wrong version number"))[0]


@pytest.fixture
def strict_broker(
    tmp_path: Path, require: Callable[..., str]
) -> Iterator[tuple[int, int, Path]]:
    """Yield port, TLS port and certificate of a mosquitto that asks for a password."""
    program, openssl = require("mosquitto"), require("openssl")
    users, key, certificate = (tmp_path / n for n in ("users", "key.pem", "cert.pem"))
    subprocess.run(
        [require("mosquitto_passwd"), "-c", "-b", users, "ana", "right"],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    plain, secure = free_ports(2)
    (tmp_path / "m.conf").write_text(
        f"user root\nallow_anonymous false\npassword_file {users}\n"
        f"listener {plain} 127.0.0.1\nlistener {secure} 127.0.0.1\n"
        f"certfile {certificate}\nkeyfile {key}\n"
    )
    child = subprocess.Popen(
        [program, "-c", tmp_path / "m.conf"], stderr=subprocess.PIPE, text=True
    )
    assert child.stderr is not None
    while "running" not in (line := child.stderr.readline()):
        assert line, "mosquitto did not start"
    yield plain, secure, certificate
    child.terminate()
    child.communicate()


def free_ports(n: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.mark.services
# paho leaves the socket of a failed TLS handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_passwords_and_certificates_are_checked(
    strict_broker: tuple[int, int, Path],
) -> None:
    plain, secure, certificate = strict_broker
    with pytest.raises(
        BusError, match=r"it refuses a: (Not authorized|Bad user).*password"
    ):
        MqttBus(
            MqttSettings(client_id="a", port=plain, username="ana", password="wrong")  # noqa: S106
        )
    who = {"client_id": "a", "username": "ana", "password": "right"}
    MqttBus(MqttSettings(port=plain, **who)).close()
    with pytest.raises(BusError, match="its certificate is not trusted"):
        MqttBus(MqttSettings(host="localhost", port=secure, tls=True, **who))
    with pytest.raises(BusError, match="it hangs up"):
        MqttBus(MqttSettings(host="localhost", port=plain, tls=True, **who))
    with pytest.raises(BusError, match=r"the connection broke|it hangs up|no MQTT"):
        MqttBus(MqttSettings(port=secure, **who))
    trusted = MqttSettings(
        host="localhost", port=secure, tls=True, ca_file=certificate, **who
    )
    with MqttBus(trusted) as bus:
        assert bus.is_connected
    gc.collect()
