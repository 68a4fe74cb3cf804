"""InfluxDB: write lines, delete a run's, read by InfluxQL; all of it over HTTP.

Works against InfluxDB 2.7 and later, and the v2 write door of 3 Core; InfluxQL is the
one language that all of them speak, through the older /query door. Faults are told
apart by what to do about them: wait, speak up, send less, or leave a line out.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from contract.errors import InfluxError
from processing.store.influx_faults import (
    check_address,
    check_authority,
    fault_of_answer,
    fault_of_connection,
    fault_of_tls,
    no_token,
    not_influx,
)

_OK = 200
_QUICKLY = 1
"""Level of gzip: a sixth of the size, as fast as it goes."""
_DELETE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxSettings:
    """Which InfluxDB, and as whom."""

    url: str
    org: str = "treadwear"
    bucket: str = "treadwear"
    token: str = field(default="", repr=False)
    token_file: Path | None = None
    timeout_s: float = 10.0
    ca_file: Path | None = None

    def current_token(self) -> str:
        """Token as its file has it now; without a readable one the one given."""
        return self._found()[0]

    def check_token(self) -> None:
        """Raise `InfluxRefusedError` if a file is named for a token, and has none."""
        token, fault = self._found()
        if self.token_file is not None and not token:
            raise no_token(self.token_file, fault)

    def _found(self) -> tuple[str, Exception | None]:
        """Token to use, and what keeps its file from being read."""
        given = self.token.strip()
        if self.token_file is None:
            return given, None
        try:
            held = self.token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            return given, fault
        return held or given, None


@dataclass(frozen=True, slots=True)
class Series:
    """One table of an answer: rows with the same tags."""

    name: str
    tags: Mapping[str, str]
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class InfluxServer:
    """One connection to an InfluxDB; to be used by one thread.

    Raises `InfluxRefusedError` for what is no address, for a file that should hold a
    token or a certificate and does not; nobody is asked yet.
    """

    def __init__(self, settings: InfluxSettings) -> None:
        # Takes a third of a second to import, and most commands never get here.
        from influxdb_client.client.influxdb_client import (  # noqa: PLC0415
            InfluxDBClient,
        )
        from influxdb_client.service.write_service import (  # noqa: PLC0415
            WriteService,
        )

        check_address(settings.url)
        settings.check_token()
        check_authority(settings.ca_file)
        self._settings = settings
        self._url = settings.url.rstrip("/")
        token = settings.current_token()
        authority = None if settings.ca_file is None else str(settings.ca_file)
        self._client: Any = InfluxDBClient(
            self._url,
            token=token,
            org=settings.org,
            timeout=round(settings.timeout_s * 1000),
            ssl_ca_cert=authority,
        )
        # What its own synchronous WriteApi calls. That one packs five times slower
        # than it sends (gzip level 9: 104 ms for 5000 steps, level 1: 9 ms).
        self._writer: Any = WriteService(self._client.api_client)  # type: ignore[no-untyped-call]
        self._http = urllib3.PoolManager(
            ca_certs=authority,
            retries=False,
            timeout=settings.timeout_s,
            headers={"Authorization": f"Token {token}"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._http.clear()

    def write(self, lines: Sequence[str]) -> None:
        """Write lines with times in nanoseconds; returns when they are stored."""
        from influxdb_client.client.exceptions import InfluxDBError  # noqa: PLC0415

        try:
            self._writer.post_write(
                org=self._settings.org,
                bucket=self._settings.bucket,
                body=gzip.compress("\n".join(lines).encode(), _QUICKLY),
                precision="ns",
                content_encoding="gzip",
                content_type="text/plain; charset=utf-8",
            )
        except HTTPError as fault:
            raise fault_of_connection(self._url, fault) from fault
        except InfluxDBError as fault:
            answer: Any = fault.response
            if answer is None:  # the client lets no TLS fault through as what it is
                raise fault_of_tls(self._url, fault) from fault
            headers = dict(answer.getheaders())
            raise self._fault(answer.status, str(answer.data), headers) from fault

    def delete(
        self, measurement: str, where: Mapping[str, str], time_ns: int | None = None
    ) -> None:
        """Delete the points of a measurement with these tags, or those of one time."""
        parts = [f"{_name(tag)} = {_text(value)}" for tag, value in where.items()]
        if time_ns is not None:
            parts.append(f"time = {time_ns:d}")
        condition = f" WHERE {' AND '.join(parts)}" if parts else ""
        # In 2.x it takes its time; given up half way it would be asked for for ever.
        self._tables(f"DELETE FROM {_name(measurement)}{condition}", _DELETE_S)  # noqa: S608 - quoted

    def query(self, influxql: str) -> list[Series]:
        """Ask in InfluxQL; times come back in nanoseconds."""
        return self._tables(influxql, self._settings.timeout_s)

    def _tables(self, influxql: str, timeout_s: float) -> list[Series]:
        words = urlencode({"db": self._settings.bucket, "epoch": "ns"})
        answer = self._ask(f"/query?{words}", {"q": influxql}, timeout_s)
        try:
            results = json.loads(answer)["results"]
        except (ValueError, TypeError, KeyError) as fault:
            raise not_influx(self._where, f"it said {answer[:80]!r}") from fault
        found = []
        for result in results:
            if "error" in result:
                raise self._fault(_OK, json.dumps(result))
            found += [_series(one) for one in result.get("series", [])]
        return found

    def version(self) -> str:
        """Give what it says of its own version."""
        try:
            answer = self._http.request("GET", f"{self._url}/ping")
        except HTTPError as fault:
            raise fault_of_connection(self._url, fault) from fault
        if answer.status >= 300:
            raise self._fault(answer.status, answer.data.decode("utf-8", "replace"))
        return answer.headers.get("X-Influxdb-Version", "unknown")

    def _ask(self, target: str, fields: dict[str, str], timeout_s: float) -> str:
        try:
            answer = self._http.request(
                "POST",
                f"{self._url}{target}",
                fields=fields,
                encode_multipart=False,
                timeout=timeout_s,
            )
        except HTTPError as fault:
            raise fault_of_connection(self._url, fault) from fault
        body = answer.data.decode("utf-8", "replace")
        if answer.status != _OK:
            raise self._fault(answer.status, body, dict(answer.headers))
        return body

    @property
    def _where(self) -> str:
        names = f"{self._settings.org}/{self._settings.bucket}"
        return f"InfluxDB at {self._url} (bucket {names})"

    def _fault(
        self, status: int, body: str, headers: dict[str, str] | None = None
    ) -> InfluxError:
        return fault_of_answer(self._where, status, body, headers)


def _name(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _series(told: dict[str, Any]) -> Series:
    return Series(
        name=told["name"],
        tags=told.get("tags", {}),
        columns=tuple(told["columns"]),
        rows=[tuple(row) for row in told.get("values", [])],
    )
