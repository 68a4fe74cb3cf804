"""Asks what a board asks, as Grafana would: macros and variables filled in, by HTTP.

Grafana's own rules, as read in its source: ``pkg/tsdb/influxdb/models/query.go`` for
``$timeFilter`` and ``$__interval``, ``packages/grafana-data`` for the format regex.
"""

import http.client
import json
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.server.influxd import DATABASE
from contract.units import NS_PER_S
from dashboards.grafana.board import Board

Json = dict[str, Any]
ALL = ".*"
"""Value of a variable that means everyone: put in as it is."""
_SPECIAL = re.compile(r"([\\^$*+?.()|\[\]{}/])")
_VARIABLE = re.compile(r"\$\{(\w+):regex\}")
_MINUTES = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 360, 720, 1440)
_STEPS_S = (1, 2, 5, 10, 15, 20, 30, *(60 * minutes for minutes in _MINUTES))
_POINTS = 1000
"""Points of a chart that is as wide as a screen."""


class Refused(Exception):  # noqa: N818 - what InfluxDB said, not a fault of ours
    """InfluxDB did not take a statement; carries its words and the statement."""


@dataclass(frozen=True, slots=True)
class View:
    """What is chosen at the top of a board: time and variables."""

    since_ms: int
    until_ms: int
    chosen: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, board: Board, now_ns: int, **chosen: str | Sequence[str]) -> "View":
        """Show a board as it opens, with these variables."""
        unit_s = {"m": 60, "h": 3600, "d": 86400}[board.since[-1]]
        span_ms = 1000 * unit_s * int(board.since.removeprefix("now-")[:-1])
        until_ms = now_ns // 1_000_000
        return cls(until_ms - span_ms, until_ms, chosen)

    def expand(self, query: str, interval: str = "") -> str:
        """Give a query as InfluxDB gets it; raises KeyError for an unknown variable."""
        span = f"time >= {self.since_ms}ms and time <= {self.until_ms}ms"
        said = _VARIABLE.sub(lambda m: self._regex(m[1]), query)
        said = said.replace("$timeFilter", span)
        said = said.replace("$__interval", self.interval(interval))
        if "$" in re.sub(r"\$/", "", said):
            raise ValueError(f"a macro is left in: {said}")
        return said

    def interval(self, least: str = "") -> str:
        """Width of a point, at least that of the panel."""
        least_s = int(least[:-1]) * {"s": 1, "m": 60}[least[-1]] if least else 1
        exact_s = (self.until_ms - self.since_ms) / 1000.0 / _POINTS
        wide_s = next((s for s in _STEPS_S if s >= exact_s), _STEPS_S[-1])
        return f"{max(least_s, wide_s)}s"

    def _regex(self, name: str) -> str:
        value = self.chosen[name]
        if value == ALL:
            return ALL
        if isinstance(value, str):
            return _SPECIAL.sub(r"\\\1", value)
        escaped = [_SPECIAL.sub(r"\\\1", one) for one in value]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer."""

    name: str
    tags: Mapping[str, str]
    columns: tuple[str, ...]
    rows: list[list[Any]]

    def column(self, name: str) -> list[Any]:
        """Values of a column."""
        k = self.columns.index(name)
        return [row[k] for row in self.rows]


def ask(port: int, query: str) -> list[Series]:
    """Answer of an influxd to one statement; raises `Refused` with its words."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60.0)
    words = urllib.parse.urlencode({"q": query, "db": DATABASE, "epoch": "ms"})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", "/query", words, kind)
        answer: Json = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    results = answer.get("results", [answer])
    wrong = answer.get("error") or results[0].get("error")
    if wrong or len(results) != 1:
        raise Refused(f"{wrong}: {query}")
    return [_series(found) for found in results[0].get("series", [])]


def _series(found: Json) -> Series:
    columns = tuple(found["columns"])
    return Series(found["name"], found.get("tags", {}), columns, found["values"])


def questions(board: Board, view: View) -> Iterator[tuple[str, str]]:
    """Everything that a board asks: what for, and the statement."""
    for variable in board.variables:
        yield f"variable {variable.name}", view.expand(variable.query)
    for annotation in board.annotations:
        yield f"annotation {annotation.name}", view.expand(annotation.query)
    for panel in board.panels:
        for target in panel.targets:
            yield panel.title, view.expand(target.query, panel.interval)


def seconds(duration_ns: int) -> float:
    """Seconds of a duration in nanoseconds."""
    return duration_ns / NS_PER_S
