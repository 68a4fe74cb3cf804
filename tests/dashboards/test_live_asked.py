"""A Host header is a name and a port, and nothing before or behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from dashboards.live.asked import LOOPBACK_HOSTS, Refusal, check_host

ALLOWED = LOOPBACK_HOSTS | {"192.168.1.9", "track.local", "my_track"}


def asked_of(host: bytes, server: tuple[str, int] | None = None) -> Scope:
    return {"type": "http", "headers": [(b"host", host)], "server": server}


def is_let_in(host: bytes, server: tuple[str, int] | None = None) -> bool:
    try:
        check_host(asked_of(host, server), ALLOWED, is_by_address=server is not None)
    except Refusal:
        return False
    return True


@pytest.mark.parametrize("name", ["LOCALHOST", "[::1]", *sorted(ALLOWED - {"::1"})])
@pytest.mark.parametrize("port", ["", ":80", ":8765", ":65535"])
def test_our_own_names_are_answered_at_any_port(name: str, port: str) -> None:
    assert is_let_in(f"{name}{port}".encode())


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example", "evil@localhost", "evil:pw@localhost:8765", "@localhost"),
        *("localhost/evil", "localhost#evil", "localhost?evil", "localhost\\evil"),
        *("localhost/", "//localhost", "http://localhost", " localhost", "localhost\t"),
        *("localhost:", "localhost:x", "localhost:-1", "localhost:99999", "::1"),
        *("localhost:8765:1", "localhost:\xb2", "localhost, evil", "[::1", "::1]"),
        *(
            "[localhost]",
            "[127.0.0.1]",
            "[::1]evil",
            "[::1%lo]",
            "localhost\x00",
            "evil.localhost",
        ),
        *("localhost.evil.example", "127.0.0.1.evil.example", "127.1", "2130706433"),
    ],
)
def test_anything_before_or_behind_the_name_is_refused(host: str) -> None:
    assert not is_let_in(host.encode("latin-1"))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_no_bytes_around_a_name_get_in_but_a_port(before: bytes, behind: bytes) -> None:
    host = before + b"localhost" + behind
    is_port = behind.removeprefix(b":").isdigit() and behind[:1] == b":"
    if before or (behind and not is_port):
        assert not is_let_in(host)


def test_the_address_that_was_called_is_answered() -> None:
    assert is_let_in(b"10.0.0.7:8765", ("10.0.0.7", 8765))
    assert is_let_in(b"[fd00::7]:8765", ("fd00::7", 8765))
    assert not is_let_in(b"evil@10.0.0.7:8765", ("10.0.0.7", 8765))
