"""Machines in the network that connect and then say nothing, or half a word."""

import contextlib
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from dashboards.live import lines
from tests.dashboards.door import House, network_address

PATIENCE_S = 0.3
HALVES = (b"", b"G", b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ")


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(lines, "HEAD_PATIENCE_S", PATIENCE_S)
    house = House(network_address())
    yield house
    house.close()


def is_hung_up(line: socket.socket, within_s: float = 5.0) -> bool:
    line.settimeout(within_s)
    try:
        while line.recv(65536):
            continue
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def connected(url: str, stack: ExitStack) -> socket.socket:
    address = urlsplit(url)
    line = socket.create_connection((address.hostname, address.port), 5)
    return stack.enter_context(line)


def test_who_connects_and_says_nothing_takes_no_room_from_anybody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "HEAD_PATIENCE_S", 60.0)
    owner = house.cookie(house.access.invite())
    with ExitStack() as stack:
        url = house.server.network_url
        held = [connected(url, stack) for _ in range(2 * lines.MOST_CONNECTIONS)]
        assert house.near("GET", "/healthz").status == 200
        gone = sum(is_hung_up(line, 0.01) for line in held)
        assert len(held) - gone <= lines.MOST_FROM_ONE
    wait_until_free(house, owner)


def wait_until_free(house: House, owner: dict[str, str]) -> None:
    until_s = time.monotonic() + 5
    while time.monotonic() < until_s:
        with contextlib.suppress(ConnectionError):
            assert house.far("GET", "/healthz", headers=owner).status == 200
            return
    pytest.fail("the room was not given free")


@pytest.mark.parametrize("said", HALVES)
def test_a_question_that_does_not_come_to_its_end_is_hung_up_on(
    house: House, said: bytes
) -> None:
    with ExitStack() as stack:
        line = connected(house.server.network_url, stack)
        line.sendall(said)
        assert is_hung_up(line)


def test_nor_does_a_word_after_the_answer_keep_the_line(house: House) -> None:
    with ExitStack() as stack:
        line = connected(house.server.url, stack)
        line.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        line.settimeout(5)
        assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
        line.sendall(b"GET /he")
        assert is_hung_up(line)


def test_an_answer_may_take_longer_than_a_question(house: House) -> None:
    with ExitStack() as stack:
        line = connected(house.server.url, stack)
        line.sendall(b"GET /events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        line.settimeout(5)
        assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
        time.sleep(3 * PATIENCE_S)
        line.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            assert line.recv(65536) != b""
