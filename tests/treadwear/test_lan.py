"""The way in from the network: address, names, codes in the terminal, `up --lan`."""

import errno
import http.client
import io
import ipaddress
import json
import socket
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from rich.console import Console

from contract import topics
from contract.bus import MemoryBus
from contract.errors import UsageError
from contract.messages import Event, loads
from dashboards.live.access import INVITATION_S, Access
from dashboards.live.door import picture_of
from tests.dashboards.door import Clock, network_address
from tests.treadwear.spoken import Capture, refused, said
from treadwear import lan
from treadwear.lan import Doorkeeper, lan_access, lan_address, own_host, qr_lines
from treadwear.settings import Settings
from treadwear.stack import event_desk, running_stack

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")
NETWORK, OWN = "http://192.168.1.20:8080/", "http://127.0.0.1:8080/"
LINK = f"{NETWORK}enter#"


class Terminal:
    """A doorkeeper, and what stands in the terminal."""

    def __init__(
        self, width: int = 80, encoding: str = "utf-8", *, is_one: bool = True
    ) -> None:
        self.clock, self.bytes = Clock(), io.BytesIO()
        file = io.TextIOWrapper(self.bytes, encoding, write_through=True)
        console = Console(file=file, width=width, force_terminal=is_one)
        self.access = Access("192.168.1.20", clock=self.clock)
        self.keeper = Doorkeeper(self.access, NETWORK, OWN, console)
        self.file = file

    @property
    def text(self) -> str:
        return self.bytes.getvalue().decode("utf-8")

    @property
    def tokens(self) -> list[str]:
        return [
            line.removeprefix(LINK)
            for line in self.text.splitlines()
            if line.startswith(LINK)
        ]


def test_the_address_is_one_that_a_phone_could_reach() -> None:
    address = ipaddress.ip_address(network_address())
    assert not address.is_loopback
    assert not address.is_unspecified


def test_to_be_in_no_network_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # Addresses that only lead to this computer itself, as where there is no other.
    monkeypatch.setattr(lan, "_ELSEWHERE", ("127.0.0.1", "127.0.0.2"))
    with pytest.raises(UsageError, match="in no network"):
        lan_address()


def test_a_computer_out_of_files_has_no_address_rather_than_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_file(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(lan.socket, "socket", no_file)
    with pytest.raises(UsageError, match="in no network"):
        lan_address()


def test_the_access_names_the_address_and_the_machine() -> None:
    access = lan_access()
    assert network_address() in access.hosts
    assert all(name == name.lower() for name in access.hosts)


@pytest.mark.parametrize(
    ("live_host", "address", "own"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("0.0.0.0", None, "0.0.0.0"),  # noqa: S104 - asked for
        ("192.168.7.7", "192.168.7.7", "127.0.0.1"),
    ],
)
def test_another_address_has_to_be_asked_for(
    live_host: str, address: str | None, own: str
) -> None:
    assert lan_access(live_host).address == (address or network_address())
    assert own_host(live_host) == own


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("3h", 10_800.0), ("90m", 5_400.0), ("1d", 86_400.0), (" 2H ", 7_200.0)],
)
def test_a_time_can_be_said_in_words(words: str, seconds: float) -> None:
    assert lan.seconds_of(words) == seconds


@pytest.mark.parametrize("words", ["", "3", "h", "0m", "8d", "-3h", "3 hours", "1.5h"])
def test_what_is_no_time_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="no time for a coach's link"):
        lan.seconds_of(words)


def test_the_lines_in_the_terminal_are_the_code() -> None:
    link = LINK + "a9-_Z" * 6
    halves = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    rows: list[list[int]] = []
    for line in qr_lines(link):
        rows.append([halves[letter][0] for letter in line])
        rows.append([halves[letter][1] for letter in line])
    wanted = [list(map(int, row)) for row in picture_of(link).matrix_iter(border=2)]
    assert rows[: len(wanted)] == wanted


def test_a_code_that_is_used_is_followed_by_a_fresh_one() -> None:
    terminal = Terminal()
    terminal.keeper.open()
    (first,) = terminal.tokens
    assert "works once, for 15 minutes" in terminal.text
    assert "can be overheard" in terminal.text
    terminal.keeper.look()
    assert terminal.tokens == [first]
    terminal.access.enter(first, "192.168.1.9")
    terminal.keeper.look()
    assert "A phone came in." in terminal.text
    assert len(set(terminal.tokens)) == 2
    assert terminal.access.is_waiting(terminal.tokens[1])


def test_a_code_that_ended_is_said_once() -> None:
    terminal = Terminal()
    terminal.keeper.open()
    terminal.clock.now_s += INVITATION_S
    terminal.keeper.look()
    terminal.keeper.look()
    assert terminal.text.count("The code has ended.") == 1
    assert f"{OWN}door" in terminal.text
    assert len(terminal.tokens) == 1


def test_when_the_computer_moves_to_another_network_it_is_said_once() -> None:
    terminal = Terminal()
    terminal.keeper.open()
    addresses = ["192.168.1.20", "10.0.0.5", "10.0.0.5"]
    terminal.keeper.find = lambda: addresses.pop(0)
    for _ in range(200):
        terminal.keeper.look()
    assert terminal.text.count("is now 10.0.0.5") == 1
    assert "treadwear up --lan again" in terminal.text


def test_a_network_that_is_away_for_a_while_is_no_news() -> None:
    terminal = Terminal()
    terminal.keeper.open()
    before = terminal.text

    def nowhere() -> str:
        raise UsageError("this computer is in no network")

    terminal.keeper.find = nowhere
    for _ in range(200):
        terminal.keeper.look()
    assert terminal.text == before


def test_a_coachs_link_stands_beside_the_code_for_the_phone() -> None:
    terminal = Terminal()
    terminal.keeper.open(3600.0)
    coach, owner = terminal.tokens
    assert terminal.access.enter(coach, "192.168.1.9").stay.role == "coach"
    assert terminal.access.enter(owner, "192.168.1.9").stay.role == "owner"
    assert "A coach only looks, until" in terminal.text


def test_what_goes_into_a_log_holds_no_token() -> None:
    terminal = Terminal(is_one=False)
    terminal.keeper.open(3600.0)
    terminal.keeper.look()
    assert terminal.tokens == []
    assert "#" not in terminal.text
    assert f"open {OWN}door on this computer" in terminal.text


@pytest.mark.parametrize("terminal", [Terminal(width=30), Terminal(encoding="ascii")])
def test_where_no_picture_fits_there_is_still_the_link(terminal: Terminal) -> None:
    terminal.keeper.open()
    assert len(terminal.tokens) == 1
    assert "█" not in terminal.text
    assert "\N{LOWER HALF BLOCK}" not in terminal.text


@pytest.mark.parametrize(
    "words",
    [["--coach-link", "3h"], ["--host", "0.0.0.0"]],  # noqa: S104 - refused
)
def test_what_is_for_others_needs_lan(
    capsys: Capture, data: str, words: list[str]
) -> None:
    err = refused(capsys, 2, "up", *words, "--seconds", "0.1", "--data", data)
    assert words[0] in err
    assert "Add --lan" in err


def test_an_address_of_another_computer_is_refused(capsys: Capture, data: str) -> None:
    words = ["up", "--lan", "--host", "192.0.2.77", "--seconds", "0.1", "--data", data]
    err = refused(capsys, 2, *words)
    assert "cannot listen on 192.0.2.77" in err
    assert "--host" in err


def test_a_time_that_makes_no_sense_is_refused_at_once(
    capsys: Capture, data: str
) -> None:
    words = ["up", "--lan", "--coach-link", "soon", "--data", data]
    assert "--coach-link 3h" in refused(capsys, 2, *words)
    assert not Path(data).exists()


def test_up_says_where_phones_find_it_but_no_token_to_a_pipe(
    capsys: Capture, data: str
) -> None:
    words = ["up", "--lan", "--port", "0", "--seconds", "0.1", "--data", data]
    code, out, _ = said(capsys, *words)
    assert code == 0
    assert f"In the network  http://{network_address()}:" in out
    assert "/door on this computer" in out
    assert "enter#" not in out


def test_where_the_usual_port_is_taken_another_one_serves(data: str) -> None:
    with socket.socket() as taken:
        # A port that was used a moment ago can be had; one that somebody has is taken.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            taken.bind(("127.0.0.1", lan.PORT))
            taken.listen()
        access = Access(network_address())
        with running_stack(Settings(data_dir=Path(data)), access) as stack:
            assert urlsplit(stack.url).port != lan.PORT
            assert urlsplit(stack.network_url).port == urlsplit(stack.url).port


def test_a_phone_gets_to_the_runners_page_and_a_coach_does_not(data: str) -> None:
    access = Access(network_address())
    settings = Settings(data_dir=Path(data))
    with running_stack(settings, access) as stack:
        owner, home = entered(stack.network_url, access.invite())
        assert home == "/run"
        assert status(stack.network_url, "/run", owner) == 200
        assert status(stack.network_url, "/", owner) == 200
        coach, home = entered(stack.network_url, access.coach_link())
        assert home == "/"
        assert status(stack.network_url, "/", coach) == 200
        for path in ("/run", "/run/state", "/run/static/phone.js", "/reports/s-1"):
            assert status(stack.network_url, path, coach) == 403
            assert status(stack.network_url, path, "") == 403


def test_without_access_only_this_computer_is_listened_to(data: str) -> None:
    with running_stack(Settings(data_dir=Path(data))) as stack:
        assert stack.network_url == ""
        port = urlsplit(stack.url).port
        with pytest.raises(OSError, match=r"refused|timed out"):
            socket.create_connection((network_address(), port), 5)


def test_a_mark_goes_to_the_broker_under_the_run() -> None:
    bus, heard = MemoryBus(), []
    bus.subscribe(topics.ALL_MARKS, lambda *said: heard.append(said))
    event = Event(kind="mark", t_ns=1, text="shoelace")
    event_desk(bus)("mira", "s-1", event)
    ((topic, payload),) = heard
    assert topic == topics.mark("mira", "s-1")
    assert loads(payload, Event) == event


def entered(url: str, token: str) -> tuple[str, str]:
    """Cookie and home of whoever hands that token over."""
    address = urlsplit(url)
    line = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    headers = {"content-type": "application/json", "origin": url.rstrip("/")}
    with closing(line):
        line.request("POST", "/enter", json.dumps({"token": token}), headers)
        answer = line.getresponse()
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return cookie, str(json.loads(answer.read())["go"])


def status(url: str, path: str, cookie: str) -> int:
    address = urlsplit(url)
    line = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    with closing(line):
        line.request("GET", path, headers={"cookie": cookie})
        return line.getresponse().status
