"""Two tokens for InfluxDB 2: one that may write to the bucket, one that may only read.

Who writes must read as well: a deletion by InfluxQL looks for the bucket first, among
those that the token may read (influxdb 2.7, dbrp and authorizer).

The administrator's token makes them once, and is given to no service. InfluxDB chooses
the tokens itself and, from 2.9 on, shows them only when it makes them; so each is
written to a file at once, with its id beside it. Interface: InfluxDB OSS v2 API,
``/api/v2/orgs``, ``/buckets`` and ``/authorizations``.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

import urllib3
from urllib3.util import Retry, Timeout

from contract.errors import InfluxError, UsageError
from processing.store.influx import InfluxSettings

Action = Literal["write", "read"]
State = Literal["made", "kept", "renewed"]

_WAIT = Timeout(connect=5.0, read=15.0)
_MODE = 0o600
_ENOUGH = 100
"""Entries asked for in one answer; a club's server has a handful."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token that is to be there: what it may do, and its file."""

    action: Action
    path: Path

    @property
    def words(self) -> str:
        """How InfluxDB lists it; also how it is found again."""
        return f"treadwear, may {self.action} the bucket (treadwear tokens)"

    @property
    def actions(self) -> tuple[Action, ...]:
        """What it may do in the bucket."""
        return ("read", "write") if self.action == "write" else ("read",)

    @property
    def id_path(self) -> Path:
        """File of its id."""
        return self.path.with_name(f"{self.path.name}.id")


class TokenMaker:
    """Makes and revokes tokens with the administrator's; a context manager."""

    def __init__(self, settings: InfluxSettings) -> None:
        token = settings.current_token()
        if not token:
            raise UsageError(
                "there is no administrator's token to make tokens with",
                f"none stands in {settings.token_file}" if settings.token_file else "",
                "Name a file that can be read with influx_token_file.",
            )
        self._settings = settings
        authority = str(settings.ca_file) if settings.ca_file else None
        self._http = urllib3.PoolManager(
            timeout=_WAIT,
            retries=Retry(total=0, redirect=0),
            ca_certs=authority,
            headers={"Authorization": f"Token {token}"},
        )

    def __enter__(self) -> "TokenMaker":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.clear()

    def provide(self, wanted: Wanted, *, is_rotating: bool = False) -> State:
        """See to it that the file holds a token that is good; revoke all older ones."""
        org = self._org()
        bucket = self._bucket(org)
        known = self._known(org, wanted)
        current = _read(wanted.id_path)
        is_good = current in known and bool(_read(wanted.path))
        if is_good and not is_rotating:
            self._revoke(old for old in known if old != current)
            return "kept"
        fresh = self._make(org, bucket, wanted)
        # In this order: killed in between, there is no id, and the next call makes
        # another pair. The old token is good until the new one is in its file.
        _remove(wanted.id_path)
        _write(wanted.path, fresh["token"])
        _write(wanted.id_path, fresh["id"])
        self._revoke(known)
        return "renewed" if known else "made"

    def _revoke(self, ids: Iterable[str]) -> None:
        for old in ids:
            self._ask("DELETE", f"/api/v2/authorizations/{old}")

    def _org(self) -> str:
        found = self._ask("GET", "/api/v2/orgs", {"org": self._settings.org})
        return _first(found, "orgs", f"organisation {self._settings.org!r}")

    def _bucket(self, org: str) -> str:
        name = self._settings.bucket
        asked = {"orgID": org, "name": name}
        try:
            found = self._ask("GET", "/api/v2/buckets", asked)
        except _NotThereError:
            found = {}
        if found.get("buckets"):
            return _first(found, "buckets", f"bucket {name!r}")
        body = {"orgID": org, "name": name, "retentionRules": []}
        return _text(self._ask("POST", "/api/v2/buckets", body=body), "id")

    def _known(self, org: str, wanted: Wanted) -> list[str]:
        asked = {"orgID": org, "limit": str(_ENOUGH)}
        found = self._ask("GET", "/api/v2/authorizations", asked)
        listed = found.get("authorizations") or []
        ours = [x for x in listed if x.get("description") == wanted.words]
        return [_text(x, "id") for x in ours if x.get("status") == "active"]

    def _make(self, org: str, bucket: str, wanted: Wanted) -> dict[str, str]:
        resource = {"type": "buckets", "id": bucket, "orgID": org}
        body = {
            "orgID": org,
            "description": wanted.words,
            "permissions": [
                {"action": action, "resource": resource} for action in wanted.actions
            ],
        }
        made = self._ask("POST", "/api/v2/authorizations", body=body)
        return {"id": _text(made, "id"), "token": _text(made, "token")}

    def _ask(
        self,
        method: str,
        path: str,
        fields: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        url = f"{self._settings.url.rstrip('/')}{path}"
        try:
            if body is None:
                answer = self._http.request(method, url, fields=dict(fields or {}))
            else:
                answer = self._http.request(method, url, json=body)
        except urllib3.exceptions.HTTPError as fault:
            raise InfluxError(
                f"InfluxDB at {self._settings.url} cannot be asked",
                str(fault),
                "Is it healthy? docker compose ps",
            ) from fault
        return self._read_answer(f"{method} {path}", answer)

    def _read_answer(
        self, what: str, answer: urllib3.BaseHTTPResponse
    ) -> dict[str, Any]:
        if answer.status == HTTPStatus.NO_CONTENT:
            return {}
        try:
            told = answer.json()
        except ValueError:
            told = {}
        if not isinstance(told, dict):
            told = {}
        if 200 <= answer.status < 300:
            return told
        why = f"{answer.status} {told.get('message', '')}".strip()
        kind = _NotThereError if answer.status == HTTPStatus.NOT_FOUND else InfluxError
        raise kind(f"InfluxDB refuses {what}", why, _advice(answer.status))


class _NotThereError(InfluxError):
    """InfluxDB knows no such thing."""


def _advice(status: int) -> str:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return "Is this the administrator's token that it was set up with?"
    return "See what it says: docker compose logs influxdb"


def _first(found: Mapping[str, Any], name: str, what: str) -> str:
    listed = found.get(name) or []
    if not listed:
        raise InfluxError(f"InfluxDB knows no {what}", "", "Was it set up as such?")
    return _text(listed[0], "id")


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise InfluxError(f"InfluxDB's answer has no {name}", "is that InfluxDB 2?")
    return value


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except OSError as fault:
        raise _unusable(path, fault) from fault


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as fault:
        raise _unusable(path, fault) from fault


def _write(path: Path, text: str) -> None:
    """Put a file in its place whole, readable to its owner only, from its first byte.

    A draft that a killed process left, or anybody put there, is not written into.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    _remove(draft)
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(handle)
        draft.replace(path)
    except OSError as fault:
        raise _unusable(path, fault) from fault


def _unusable(path: Path, fault: OSError) -> UsageError:
    why = fault.strerror or str(fault)
    return UsageError(f"{path} cannot be read or written", why, "Name another file.")
