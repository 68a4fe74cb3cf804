"""Who may come in from the network, and as what: an owner, or a coach.

An owner came in by a code that whoever runs treadwear showed: she sees and does on her
phone what can be seen and done on the computer, for all its runners. A coach looks at
the wall.

On this computer nobody is asked. From elsewhere a token opens the door and is exchanged
for a cookie: the owner's works once and ends after a quarter of an hour, a coach's link
works for all who have it, only looks, and ends when it says.

All of it lives in memory: when the server ends, every phone is out again. So nothing on
disk can be stolen, and a lost phone is shut out by a restart.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from contract.errors import TreadwearError
from dashboards.live.attempts import Attempts

INVITATION_S = 15 * 60.0
COACH_S = 3 * 3600.0
STAY_S = 30 * 86_400.0
"""An owner's cookie, if the server runs that long."""
ENTER_PATH = "/enter"

_TOKEN_BYTES = 24
"""192 random bits; 128 would do (RFC 6749, 10.10 asks for a guess below 2**-128)."""
_MOST_TICKETS = 32
"""Of owners and of coaches apart: a day's codes for phones must not end a link."""
_MOST_STAYS = {"owner": 20, "coach": 100}
"""Apart, so that nobody with a coach's link can push out an owner's phone."""

_ASK_AGAIN = (
    "Ask for a new code: whoever runs treadwear sees it in the terminal, or on the"
    " page /door on that computer."
)


class Role(StrEnum):
    """What a visitor may do: an owner everything, a coach look at the wall."""

    OWNER = "owner"
    COACH = "coach"


class DoorError(TreadwearError):
    """A token that opens nothing; ``wait_s`` says when another may be tried."""

    def __init__(self, what: str, next_step: str, wait_s: float = 0.0) -> None:
        super().__init__(what, "", next_step)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Stay:
    """Who somebody is, and how long she may stay."""

    role: Role
    left_s: float


@dataclass(frozen=True, slots=True)
class Entered:
    """What a good token was exchanged for: the cookie's value, and who it makes her."""

    secret: str
    stay: Stay


@dataclass(slots=True)
class _Ticket:
    """A token that was given out, without the token."""

    digest: bytes
    role: Role
    ends_s: float
    is_used: bool = False


@dataclass(frozen=True, slots=True)
class _Visit:
    """A cookie that was given out, without the cookie."""

    digest: bytes
    ends_s: float


_Known = TypeVar("_Known", _Ticket, _Visit)


def seconds_awake_or_not() -> float:
    """Time that also passes while the computer sleeps, where it can say so."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Access:
    """Tokens that were given out, and what became of them; used from any thread.

    Parameters
    ----------
    address : str
        Address of this computer at which the network finds the server; empty: it
        listens where it was told to and nowhere else.
    names : iterable of str
        Further names that browsers there may ask for.
    is_open : bool
        Whoever reaches the server counts as on this computer: only where nobody else
        can reach it, as in a container whose port is published on 127.0.0.1.
    clock
        Seconds, from any beginning.
    """

    def __init__(
        self,
        address: str = "",
        names: Iterable[str] = (),
        *,
        is_open: bool = False,
        clock: Callable[[], float] = seconds_awake_or_not,
    ) -> None:
        self.address = address
        self.hosts = frozenset(n.lower() for n in (address, *names) if n)
        self.is_open = is_open
        self._clock = clock
        self._lock = threading.Lock()
        self._attempts = Attempts(clock)
        self._tickets = {role: deque[_Ticket](maxlen=_MOST_TICKETS) for role in Role}
        self._coach_key = secrets.token_bytes(_TOKEN_BYTES)
        self._visits = {
            role: deque[_Visit](maxlen=_MOST_STAYS[role.value]) for role in Role
        }

    def invite(self) -> str:
        """Give a token that lets one phone in as its owner, once, soon."""
        return self._give(Role.OWNER, INVITATION_S)

    def coach_link(self, valid_s: float = COACH_S) -> str:
        """Give a token that lets everybody who has it look at the wall, for so long."""
        return self._give(Role.COACH, valid_s)

    def is_waiting(self, token: str) -> bool:
        """Whether a token would still open the door."""
        with self._lock:
            ticket = _matching(self._all_tickets(), token)
            return ticket is not None and not self._complaint(ticket)

    def is_used(self, token: str) -> bool:
        """Whether somebody came in with it, who alone could."""
        with self._lock:
            ticket = _matching(self._all_tickets(), token)
            return ticket is not None and ticket.is_used

    def enter(self, token: str, address: str, secret: str = "") -> Entered:
        """Exchange a token for a cookie; `DoorError` says why not.

        ``secret`` is the cookie that the browser has already: the new one comes in its
        place, so that a phone which scans many codes pushes no other one out.

        Too many wrong ones from an address make it wait, with further wrong ones: who
        has a right one is not shut out by a neighbour behind the same address. That
        helps no guessing, which 192 bits leave no hope anyway.
        """
        with self._lock:
            ticket = _matching(self._all_tickets(), token)
            complaint = self._complaint(ticket)
            if ticket is not None and not complaint:
                return self._let_in(ticket, secret)
        wait_s = self._attempts.wait_s(address)
        if wait_s > 0:
            words = "Too many codes were tried from here that do not fit."
            raise DoorError(
                words, f"Wait {wait_s:.0f} seconds, then try again.", wait_s
            )
        self._attempts.note(address)
        raise DoorError(complaint, _ASK_AGAIN)

    def who(self, secret: str) -> Stay | None:
        """Who somebody with that cookie is; None if it is not one of ours, or over."""
        found = None
        with self._lock:
            for role, visits in self._visits.items():
                visit = _matching(visits, secret)
                left_s = visit.ends_s - self._clock() if visit else 0.0
                if left_s > 0:
                    found = Stay(role, left_s)
        return found

    def _all_tickets(self) -> list[_Ticket]:
        return [ticket for tickets in self._tickets.values() for ticket in tickets]

    def _give(self, role: Role, valid_s: float) -> str:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._lock:
            ends_s = self._clock() + valid_s
            self._tickets[role].append(_Ticket(_digest(token), role, ends_s))
        return token

    def _complaint(self, ticket: _Ticket | None) -> str:
        if ticket is None:
            return "This code opens nothing here: treadwear has started anew since."
        if ticket.is_used:
            return "This code was used already: each lets one phone in, once."
        if ticket.ends_s <= self._clock():
            return "This code has ended."
        return ""

    def _let_in(self, ticket: _Ticket, old_secret: str) -> Entered:
        is_owner = ticket.role is Role.OWNER
        ticket.is_used = is_owner
        now_s, visits = self._clock(), self._visits[ticket.role]
        secret = (
            secrets.token_urlsafe(_TOKEN_BYTES) if is_owner else self._badge(ticket)
        )
        ends_s = now_s + STAY_S if is_owner else ticket.ends_s
        old = _matching(visits, old_secret) if is_owner else None
        if old is not None:
            visits.remove(old)
        if is_owner or _matching(visits, secret) is None:
            visits.append(_Visit(_digest(secret), ends_s))
        return Entered(secret, Stay(ticket.role, ends_s - now_s))

    def _badge(self, ticket: _Ticket) -> str:
        """Give one cookie for all who have a coach's link.

        Else whoever has it could come in a hundred times and push all others out.
        """
        return hmac.new(self._coach_key, ticket.digest, hashlib.sha256).hexdigest()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _matching(known: Iterable[_Known], secret: str) -> _Known | None:
    """Compare with every one, in constant time: how long it takes tells nothing."""
    digest, found = _digest(secret), None
    for one in known:
        if hmac.compare_digest(one.digest, digest):
            found = one
    return found
