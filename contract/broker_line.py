"""The line to a broker: a socket that reads ahead, and why there may be none."""

import socket
import ssl

ASK = "Check port, TLS, user name and password of the broker."
_READ_BYTES = 65_536


class BufferedSocket(socket.socket):
    """A socket for paho that reads ahead, and says so (`pending`), as TLS sockets do.

    Paho reads each message in four bites. At every bite another thread of Python may go
    first, and keeps the interpreter for up to 5 ms if it computes.
    """

    _ahead = memoryview(b"")

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Give up to so many bytes; raises as the socket does when none have come."""
        if not self._ahead:
            self._ahead = memoryview(super().recv(_READ_BYTES, flags))
        part, self._ahead = self._ahead[:size], self._ahead[size:]
        return bytes(part)

    def pending(self) -> int:
        """How many bytes were read ahead."""
        return len(self._ahead)


def explain(fault: Exception) -> tuple[str, str]:
    """Why a broker cannot be reached, and what to do, in words."""
    known: list[tuple[type[Exception], str, str]] = [
        (
            ConnectionRefusedError,
            "nothing listens there",
            "Start it, or check the port.",
        ),
        (socket.gaierror, "no machine of that name is known", "Check the host name."),
        (UnicodeError, "that is no host name", "Check the host name."),
        (
            ssl.SSLCertVerificationError,
            f"its certificate is not trusted ({fault})",
            "Name the file of the authority that signed it.",
        ),
        (ssl.SSLError, f"TLS could not be agreed on ({fault})", ASK),
        (FileNotFoundError, "the file of the authority is missing", "Check its path."),
        (ConnectionResetError, "it hangs up", ASK),
        (TimeoutError, "it does not answer", "Check host, port and firewall."),
    ]
    for kind, why, next_step in known:
        if isinstance(fault, kind):
            return why, next_step
    return str(fault).rstrip("."), "Check host and port."
