"""TLS for other machines: whom a laptop with the club's authority trusts."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from contract.errors import BusError, UsageError
from contract.mqtt import MqttBus
from tests.server.club import HOST, ClubBroker, broker_files, running_club
from treadwear.server import mosquitto
from treadwear.server.certificates import (
    Certified,
    authority_again,
    check_host,
    days_left,
    hosts_of,
    new_authority,
    new_server,
)

WAIT_S = 5.0


def with_tls(directory: Path, host: str) -> Certified:
    """What `treadwear init --lan` adds; gives the authority."""
    authority = new_authority()
    server = new_server(authority, host)
    (directory / "tls/ca.crt").write_bytes(authority.certificate)
    (directory / "tls/server/server.crt").write_bytes(server.certificate)
    (directory / "tls/server/server.key").write_bytes(server.key)
    (directory / "mosquitto/more/lan.conf").write_text(mosquitto.lan_config())
    return authority


@pytest.fixture(scope="module")
def lan(
    require: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClubBroker]:
    program = require("mosquitto")
    directory = tmp_path_factory.mktemp("lan")
    broker_files(directory)
    with_tls(directory, HOST)
    with running_club(program, directory) as broker:
        yield broker


def join(broker: ClubBroker, ca_file: Path | None, host: str = "localhost") -> MqttBus:
    where = {"host": host, "port": broker.tls_port, "tls": True, "ca_file": ca_file}
    return broker.join("ana", "collector-ana", **where)


@pytest.mark.services
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_laptop_with_the_clubs_authority_comes_in(lan: ClubBroker, host: str) -> None:
    with join(lan, lan.directory / "tls/ca.crt", host) as bus:
        assert bus.is_connected


@pytest.mark.services
def test_a_laptop_without_it_does_not_trust_the_broker(lan: ClubBroker) -> None:
    with pytest.raises(BusError) as refused:
        join(lan, None)

    assert "certificate is not trusted" in refused.value.why


@pytest.mark.services
def test_another_authority_of_the_same_name_is_not_trusted(
    lan: ClubBroker, tmp_path: Path
) -> None:
    (tmp_path / "other.crt").write_bytes(new_authority().certificate)

    with pytest.raises(BusError) as refused:
        join(lan, tmp_path / "other.crt")

    assert "certificate is not trusted" in refused.value.why


def shake_hands(broker: ClubBroker, name: str) -> str | None:
    """Speak TLS with the broker as if it had been found under a name."""
    context = ssl.create_default_context(cafile=str(broker.directory / "tls/ca.crt"))
    address = ("127.0.0.1", broker.tls_port)
    with (
        socket.create_connection(address, WAIT_S) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        return secured.version()


@pytest.mark.services
def test_the_broker_answers_to_its_own_name_only(lan: ClubBroker) -> None:
    assert shake_hands(lan, HOST) in ("TLSv1.2", "TLSv1.3")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"other\.local"):
        shake_hands(lan, "other.local")


@pytest.mark.services
def test_without_tls_nobody_comes_in_on_the_port_for_others(lan: ClubBroker) -> None:
    with pytest.raises(BusError):
        lan.join("ana", "collector-ana", port=lan.tls_port, connect_timeout_s=2.0)


@pytest.mark.services
def test_a_wrong_password_is_refused_over_tls_too(lan: ClubBroker) -> None:
    with pytest.raises(BusError, match="cannot join"):
        lan.join(
            "ana",
            "collector-ana",
            host="localhost",
            port=lan.tls_port,
            tls=True,
            ca_file=lan.directory / "tls/ca.crt",
            password="guess",  # noqa: S106 - that it is wrong is the point
        )


@pytest.mark.parametrize("host", [HOST, "192.168.1.20", "fd00::20", "laptop"])
def test_the_certificate_is_for_the_host_and_the_machine_itself(host: str) -> None:
    hosts = hosts_of(new_server(new_authority(), host).certificate)

    assert set(hosts) == {host, "localhost", "127.0.0.1"}
    assert hosts[0] == host


def test_an_address_stands_in_the_certificate_as_an_address() -> None:
    made = new_server(new_authority(), "192.168.1.20").certificate
    names = x509.load_pem_x509_certificate(made).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    addresses = names.value.get_values_for_type(x509.IPAddress)

    assert ipaddress.ip_address("192.168.1.20") in addresses


def test_a_certificate_is_good_for_a_year_and_its_authority_for_ten() -> None:
    now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    authority = new_authority(now)
    server = new_server(authority, HOST, now)

    assert days_left(authority.certificate, now) >= 3650
    assert 395 <= days_left(server.certificate, now) <= 397
    assert days_left(server.certificate, now + timedelta(days=400)) < 0


@pytest.mark.parametrize(
    "host", ["", "a b", "-x", "x..y", "300.1.1.1", "ü", "a" * 64, "http://club", "x;y"]
)
def test_what_is_no_name_of_a_machine_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="no name of a machine"):
        check_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "Localhost",
        "localhost.localdomain",
        "127.0.0.1",
        "127.0.1.1",
        "::1",
        "0.0.0.0",  # noqa: S104 - nothing is bound
        "::",
        "::ffff:127.0.0.1",
        "224.0.0.1",
    ],
)
def test_what_every_machine_calls_itself_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="what every machine calls itself"):
        check_host(host)


@pytest.mark.parametrize("host", ["*", "*.local", "fe80::1%eth0", "0"])
def test_what_stands_for_many_machines_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="no name of a machine"):
        check_host(host)


@pytest.mark.parametrize(
    ("host", "usual"), [("FD00:0::20", "fd00::20"), ("Club.LOCAL", "club.local")]
)
def test_one_machine_is_written_in_one_way(host: str, usual: str) -> None:
    assert check_host(host) == usual


def test_an_authority_that_is_made_again_from_its_key_signs_the_same() -> None:
    lost = new_authority()
    again = authority_again(lost.key)
    by_lost, by_again = (new_server(x, HOST).certificate for x in (lost, again))

    for root in (lost, again):
        anchor = x509.load_pem_x509_certificate(root.certificate)
        builder = PolicyBuilder().store(Store([anchor]))
        verifier = builder.build_server_verifier(x509.DNSName(HOST))
        for certificate in (by_lost, by_again):
            verifier.verify(x509.load_pem_x509_certificate(certificate), [])


def test_a_key_of_another_authority_signs_nothing() -> None:
    one, other = new_authority(), new_authority()

    with pytest.raises(UsageError, match="do not belong together"):
        new_server(Certified(one.certificate, other.key), HOST)


@pytest.mark.parametrize("text", [b"", b"rubbish"])
def test_what_is_no_certificate_or_key_is_named(text: bytes) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        hosts_of(text)
    with pytest.raises(UsageError, match=r"ca\.key is no key"):
        authority_again(text)
