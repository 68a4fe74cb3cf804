"""What InfluxDB's answers mean, told apart by what to do about them.

Wait, speak up, send less, or leave a line out. Status codes as InfluxDB 2.x documents
them for its write door; words where a code alone does not say it.
"""

import json
import ssl
from collections.abc import Mapping
from pathlib import Path

from urllib3.exceptions import LocationParseError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as SlowError
from urllib3.util import Url, parse_url

from contract.errors import InfluxError

_NOT_THERE = (
    "database not found",
    "bucket not found",
    "retention policy not found",
    "default retention policy not set",  # 2.x of a bucket that the token may not read
)
_CANNOT = ("not implemented", "not supported", "unsupported")
"""What InfluxDB 3 Core says of DELETE, as if it were a fault of its own."""


class InfluxAwayError(InfluxError):
    """It cannot be reached, or has no time now: the same again, later."""

    def __init__(
        self, what: str, why: str, next_step: str, retry_after_s: float | None = None
    ) -> None:
        super().__init__(what, why, next_step)
        self.retry_after_s = retry_after_s


class InfluxRefusedError(InfluxError):
    """It does not let us in, or has no such bucket: a person must look."""


class InfluxTooLargeError(InfluxError):
    """It takes no message of this size: send less at once."""


class InfluxBadLinesError(InfluxError):
    """Something in what was sent or asked is wrong, and stays so."""


def fault_of_connection(url: str, fault: Exception) -> InfluxError:
    """Say what keeps us from an answer."""
    if isinstance(fault, SSLError):
        return fault_of_tls(url, fault)
    # A connection that was refused counts as slow to urllib3.
    is_slow = isinstance(fault, SlowError) and not isinstance(fault, NewConnectionError)
    return _away(url, "it did not answer in time" if is_slow else _cause(fault))


def fault_of_tls(url: str, fault: Exception) -> InfluxError:
    """Say that there is no trust, or that it went away in the middle of a greeting."""
    if "EOF" in str(fault):
        return _away(url, _cause(fault))
    return InfluxRefusedError(
        f"InfluxDB at {url} is not trusted",
        " ".join(str(fault).split()),
        "Name the certificate of your own authority with influx_ca.",
    )


def check_address(url: str) -> None:
    """Raise `InfluxRefusedError` if nothing could ever be asked there."""
    try:
        parsed = parse_url(url)
    except LocationParseError:
        parsed = Url()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InfluxRefusedError(
            f"{url!r} is no address of an InfluxDB",
            "it does not begin with http:// or https:// and the name of a machine",
            "Set influx_url, for example to http://127.0.0.1:8086.",
        )


def check_authority(ca_file: Path | None) -> None:
    """Raise `InfluxRefusedError` if this is no certificate that could be trusted."""
    if ca_file is None:
        return
    try:
        ssl.create_default_context(cafile=str(ca_file))
    except OSError as fault:
        is_read = isinstance(fault, ssl.SSLError)
        raise InfluxRefusedError(
            f"{ca_file} is no certificate that InfluxDB could be trusted by",
            "there is no certificate in it" if is_read else _words(fault),
            "Set influx_ca to the certificate of your own authority.",
        ) from fault


def no_token(token_file: Path, fault: Exception | None) -> InfluxRefusedError:
    """Say that the file with the token has none."""
    return InfluxRefusedError(
        f"the token for InfluxDB in {token_file} cannot be had",
        _words(fault) if fault else "the file is empty",
        "Rows wait here meanwhile. Put the token there, or name another file with"
        " influx_token_file.",
    )


def _words(fault: Exception) -> str:
    """Give what the system says, without its number."""
    said = fault.strerror if isinstance(fault, OSError) else ""
    return (said or "it cannot be read as text").lower()


def _away(url: str, why: str) -> InfluxAwayError:
    return InfluxAwayError(
        f"InfluxDB at {url} cannot be reached",
        why,
        "Nothing is lost: it is tried again. See whether InfluxDB runs there.",
    )


def not_influx(where: str, why: str) -> InfluxRefusedError:
    """Say that somebody else answers."""
    what = f"{where} does not answer as InfluxDB does"
    return InfluxRefusedError(what, why, "Check the address influx_url.")


def fault_of_answer(
    where: str, status: int, body: str, headers: Mapping[str, str] | None = None
) -> InfluxError:
    """Put an answer that is no success into the class of what to do about it.

    ``where`` names the server and the bucket, as a person knows them.
    """
    said = _message(body) or f"it answered {status} without a word"
    if status in (405, 501) or any(words in said for words in _CANNOT):
        return InfluxBadLinesError("InfluxDB cannot do what it was asked", said)
    if status in (408, 429) or status >= 500:
        return InfluxAwayError(
            f"{where} has no time",
            f"it answered {status}: {said}",
            "Nothing is lost: it is tried again.",
            _retry_after_s(headers or {}),
        )
    if status == 413:
        return InfluxTooLargeError(
            "InfluxDB takes no message of this size", said, "It is sent in parts."
        )
    return _refusal(where, status, said)


def _refusal(where: str, status: int, said: str) -> InfluxError:
    why = f"it answered {status}: {said}"
    is_missing = any(words in said for words in _NOT_THERE)
    if status in (401, 403) or "unauthorized" in said:
        return InfluxRefusedError(
            f"{where} does not let treadwear in",
            why,
            "Check the token: influx_token or influx_token_file.",
        )
    if status == 404 or is_missing:
        return InfluxRefusedError(
            f"{where} is not there",
            why,
            "Make that bucket, let the token read and write it, or name another one"
            " with influx_bucket.",
        )
    if status in (200, 400, 422):
        return InfluxBadLinesError("InfluxDB refuses what it was given", said)
    return not_influx(where, why)


def _cause(fault: Exception) -> str:
    """Give what the innermost fault says, without addresses of objects."""
    inner = next((a for a in fault.args if isinstance(a, Exception)), fault)
    is_named = isinstance(inner, NewConnectionError)  # after the name of the object
    return str(inner).rpartition(": ")[2] if is_named else str(inner)


def _message(body: str) -> str:
    """Give what the answer says: 2.x has a message, 1.x an error."""
    try:
        told = json.loads(body)
    except ValueError:
        return " ".join(body.split())[:300]
    if not isinstance(told, dict):
        return body[:300]
    return str(told.get("message") or told.get("error") or "")


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; a date there is as good as none."""
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        return max(0.0, float(lower["retry-after"]))
    except (KeyError, ValueError):
        return None
