"""The way in from the local network: which address, which codes, how they are shown.

Nothing is sent anywhere to find the address: the system is only asked which of its own
addresses it would send from.
"""

import io
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.console import Console
from rich.text import Text

from contract.errors import UsageError
from dashboards.live.access import COACH_S, INVITATION_S, Access
from dashboards.live.asked import LOOPBACK_HOSTS
from dashboards.live.door import link_of, picture_of
from dashboards.live.server import EVERYWHERE

PORT = 8080
"""Of the page in the network if none is set: what people have seen before."""
_ELSEWHERE = ("192.0.2.1", "10.254.254.254", "172.31.254.254", "192.168.254.254")
"""Where nobody is asked: an address for documentation (RFC 5737), which stands for all
the world, then one of each range of private networks (RFC 1918), where no router leads
out."""
_DISCARD_PORT = 9
_LOOKS_PER_ADDRESS = 25
_UNITS_S = {"m": 60.0, "h": 3600.0, "d": 86_400.0}
_COACH_S = (60.0, 7 * 86_400.0)
OVERHEARD = (
    "What is sent is not encrypted and can be overheard: use a network that you trust."
)


def lan_address() -> str:
    """Address of this computer in its network; `UsageError` if it is in none."""
    for elsewhere in _ELSEWHERE:
        address = _address_towards(elsewhere)
        if address and not address.startswith(("127.", "0.", "169.254.")):
            return address
    raise UsageError(
        "this computer is in no network",
        "it has no address that a phone could reach",
        "Join a network, or leave --lan out.",
    )


def machine_names() -> tuple[str, ...]:
    """Names by which a local network may find this computer."""
    name = socket.gethostname().partition(".")[0].lower()
    is_name = re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name)
    return (name, f"{name}.local") if is_name and name != "localhost" else ()


def lan_access(live_host: str = "127.0.0.1") -> Access:
    """Let the local network in, by tokens.

    ``live_host`` names an address of this computer, where it has several; 127.0.0.1
    and 0.0.0.0 name none.
    """
    found = live_host if names_address(live_host) else lan_address()
    return Access(found, machine_names())


def names_address(live_host: str) -> bool:
    """Whether it is one address of this computer in a network."""
    return live_host not in {*EVERYWHERE, *LOOPBACK_HOSTS}


def own_host(live_host: str) -> str:
    """Where the page listens besides its address in the network."""
    return live_host if live_host in EVERYWHERE else "127.0.0.1"


def seconds_of(words: str) -> float:
    """Seconds of a time such as 90m, 3h or 1d; `UsageError` for what is none."""
    found = re.fullmatch(r"(\d{1,4})([mhd])", words.strip().lower())
    least_s, most_s = _COACH_S
    seconds = int(found[1]) * _UNITS_S[found[2]] if found else 0.0
    if not least_s <= seconds <= most_s:
        raise UsageError(
            f"{words!r} is no time for a coach's link",
            "it lasts from 1m to 7d",
            f"A training takes --coach-link {COACH_S / 3600:.0f}h.",
        )
    return seconds


def qr_lines(link: str) -> list[str]:
    """Lines of the link's QR code, two rows of squares in each; light is drawn."""
    drawn = io.StringIO()
    picture_of(link).terminal(drawn, border=2, compact=True)
    return drawn.getvalue().rstrip("\n").split("\n")


@dataclass(slots=True)
class Doorkeeper:
    """Shows codes in the terminal: one that is used is followed by a fresh one.

    Attributes
    ----------
    access : Access
        Who gives the tokens.
    network_url, own_url : str
        Where the server is for others, and on this computer.
    console : Console
        Where to show them. What is no terminal, a log for example, gets no token.
    find : callable, optional
        Gives the address of this computer now; None where somebody chose it.
    """

    access: Access
    network_url: str
    own_url: str
    console: Console
    find: Callable[[], str] | None = None
    _token: str = ""
    _looks: int = 0

    def open(self, coach_s: float | None = None) -> None:
        """Show the first code, and a coach's link if that is wanted."""
        self._say(f"In the network  {self.network_url}")
        self._say(OVERHEARD)
        if not self.console.is_terminal:
            self._say(f"Codes for phones: open {self.own_url}door on this computer.")
            return
        if coach_s is not None:
            until = datetime.now().astimezone() + timedelta(seconds=coach_s)
            self._say(f"\nA coach only looks, until {until:%a %H:%M}:")
            self._show(self.access.coach_link(coach_s))
        self._invite("Scan this with your phone")

    def look(self) -> None:
        """Follow the code that was shown: used, or ended; and the address, if it moves.

        Called again and again, some times a second.
        """
        self._looks += 1
        if self.find is not None and self._looks % _LOOKS_PER_ADDRESS == 0:
            self._look_for_address(self.find)
        if not self._token or self.access.is_waiting(self._token):
            return
        if self.access.is_used(self._token):
            self._say("\nA phone came in.")
            self._invite("For another one")
        else:
            self._token = ""
            self._say(f"The code has ended. A new one: {self.own_url}door")

    def _look_for_address(self, find: Callable[[], str]) -> None:
        try:
            address = find()
        except UsageError:
            return  # in no network for a while; it may come back as it was
        if address == self.access.address:
            return
        self.find = None
        self._say(f"\nThis computer is now {address} in its network: phones lose it.")
        self._say("Start treadwear up --lan again when no run is on.")

    def _invite(self, words: str) -> None:
        minutes = INVITATION_S / 60
        self._token = self.access.invite()
        self._say(f"\n{words}; it works once, for {minutes:.0f} minutes:")
        self._show(self._token)

    def _show(self, token: str) -> None:
        link = link_of(self.network_url, token)
        lines = qr_lines(link)
        if self._can_draw(lines):
            # White on black, said outright: else a light terminal shows a negative.
            for line in lines:
                self.console.print(Text(line, style="#ffffff on #000000", end="\n"))
        self._say(link)

    def _can_draw(self, lines: list[str]) -> bool:
        if len(lines[0]) > self.console.width:
            return False
        try:
            "".join(lines).encode(self.console.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def _say(self, words: str) -> None:
        self.console.print(words, soft_wrap=True, highlight=False, markup=False)


def _address_towards(elsewhere: str) -> str:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            # Of a datagram socket this only chooses a route; nothing is sent.
            line.connect((elsewhere, _DISCARD_PORT))
            return str(line.getsockname()[0])
    except OSError:  # no route, or no file left for a socket: a run must not end by it
        return ""
