"""The line to a broker: a socket that reads ahead, and why there may be none."""

import socket
import ssl
from pathlib import Path

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


def explain(fault: Exception, ca_file: Path | None = None) -> tuple[str, str]:
    """Why a broker cannot be reached, and what to do, in words.

    ``ca_file`` is the certificate of the authority that was to be trusted.
    """
    if ca_file is not None and (why := _why_no_authority(fault, ca_file)):
        return why, "Set broker_ca to the certificate of the broker's authority."
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
            "Set broker_ca to the certificate of the authority that signed it.",
        ),
        (ssl.SSLError, f"TLS could not be agreed on ({fault})", ASK),
        (
            FileNotFoundError,
            "the file of the authority is missing",
            "Check broker_ca.",
        ),
        (ConnectionResetError, "it hangs up", ASK),
        (TimeoutError, "it does not answer", "Check host, port and firewall."),
    ]
    for kind, why, next_step in known:
        if isinstance(fault, kind):
            return why, next_step
    return str(fault).rstrip("."), "Check host and port."


def _why_no_authority(fault: Exception, ca_file: Path) -> str:
    """Say what is wrong with the file; empty where the fault is another."""
    if isinstance(fault, FileNotFoundError):
        return f"the file of the authority is missing: {ca_file}"
    if isinstance(fault, PermissionError | IsADirectoryError):
        return f"the file of the authority cannot be read: {ca_file}"
    # OpenSSL's reader of certificates; faults of the line come from its part "SSL".
    if isinstance(fault, ssl.SSLError) and getattr(fault, "library", "") == "X509":
        return f"the file of the authority is no certificate: {ca_file}"
    return ""
