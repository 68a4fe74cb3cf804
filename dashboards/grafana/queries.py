"""InfluxQL for panels, variables and alerts: what 1.8, 2.x and 3 Core have in common.

No Flux, SLIMIT, SOFFSET, INTO or integral(). Traps met in Grafana's own source
(pkg/tsdb/influxdb/influxql): a table with two tags in GROUP BY has its tag columns in
random order, so tables select their tags as columns and group by one at most; text,
bool and null columns are typed by the first series.
"""

from dataclasses import dataclass, replace
from typing import Any

from dashboards.grafana.columns import CLOCK, Shown, quoted

Json = dict[str, Any]

DATASOURCE = {"type": "influxdb", "uid": "treadwear-influx"}
IN_TIME = "$timeFilter"
"""Grafana's macro: the time range of the board."""
INTERVAL = "$__interval"
"""Grafana's macro: so wide that a point is about a pixel."""
STALE_S = 10
"""A live figure older than this is shown as no data (product.md 3.2: stale)."""
_ROW_S, _AGE_S = 7, 3
"""The same in two parts: how old the row may be, which comes every 5 s and then goes
through the outbox (processing/turns.py), and how old its data were when it was made:
rows go on for a while after the last data, to tell how long a sensor is silent."""
ROSTER_MIN = 15
"""So long a runner who is no longer heard stays on the board of now."""
_BY_RUNNER = 'GROUP BY "runner"'
_HEARD = Shown("live", "elapsed_s", "Running for", "last({})", CLOCK, 0)
_STATE = Shown("live", "state", "State")
_FRESH = (f"time > now() - {_ROW_S}s", f'"age_s" <= {_AGE_S}')
"""Now is the server's: the clock of the phone that shows the board, which makes
``$timeFilter``, may be off."""
_AS_FLOAT = {"int": "1.0 * {}", "float": "{}", "text": "{}", "bool": "{}"}


@dataclass(frozen=True, slots=True)
class Target:
    """One query of a panel, and what comes back.

    Attributes
    ----------
    columns : tuple of str
        Columns of the answer after the time, in order.
    tags : tuple of str
        Tags it is grouped by: columns of a table, labels of series.
    alias : str
        Name of a series; empty for tables.
    shown : tuple of Shown
        Columns with unit and meaning, for the panel's overrides and description.
    """

    query: str
    columns: tuple[str, ...]
    tags: tuple[str, ...] = ()
    alias: str = ""
    shown: tuple[Shown, ...] = ()

    @property
    def is_table(self) -> bool:
        """Whether it comes as one table."""
        return not self.alias

    @property
    def names(self) -> tuple[str, ...]:
        """Names that the panel sees, ``$tag_...`` left as it is."""
        if self.is_table:
            return ("Time", *self.tags, *self.columns)
        return tuple(self.alias.replace("$col", c) for c in self.columns)

    def json(self, ref: str) -> Json:
        """As Grafana keeps it."""
        kind = "table" if self.is_table else "time_series"
        alias = {} if self.is_table else {"alias": self.alias}
        return {
            **alias,
            "datasource": DATASOURCE,
            "query": self.query,
            "rawQuery": True,
            "refId": ref,
            "resultFormat": kind,
        }


def matches(tag: str, variable: str = "") -> str:
    """Give the condition that a tag is what a variable of the board says."""
    return f'"{tag}" =~ /^${{{variable or tag}:regex}}$/'


THE_RUNNERS = matches("runner", "runners")
"""Boards of many runners have a variable of another name than those of one: links
between boards carry variables along, and "all" is no runner."""


def equals(name: str, value: str) -> str:
    """Give the condition that a tag or text is this word."""
    return f"\"{name}\" = '{value}'"


def table(
    shown: tuple[Shown, ...],
    *conditions: str,
    group_by: str = "",
    latest: int = 0,
) -> Target:
    """Rows as a table; ``latest`` gives so many of them, newest first."""
    query = _select(shown, conditions)
    if group_by:
        query += f" GROUP BY {quoted(group_by)}"
    if latest:
        query += f" ORDER BY time DESC LIMIT {latest}"
    return _target(query, shown, (group_by,) if group_by else ())


def series(
    shown: tuple[Shown, ...],
    *conditions: str,
    alias: str = "$col",
    group_by: tuple[str, ...] = (),
    every: str = "",
) -> Target:
    """Series over time: each row a point, or one per ``every``."""
    groups = [f"time({every})"] if every else []
    groups += [quoted(tag) for tag in group_by]
    query = _select(shown, conditions)
    if groups:
        query += f" GROUP BY {', '.join(groups)}"
    query += " fill(none)" if every else ""
    return replace(_target(query, shown, group_by), alias=alias)


def heard_now(shown: tuple[Shown, ...]) -> Target:
    """Newest row of every runner of now; none of those who are no longer heard."""
    return table((_HEARD, *shown), THE_RUNNERS, *_FRESH, group_by="runner")


def fresh(shown: Shown, *conditions: str) -> Target:
    """A figure of now, a row per runner; null where it is older than `STALE_S`.

    Two sources: each runner's newest row, and the roster, everyone heard in the last
    quarter of an hour, so that a runner who is no longer heard keeps the place. The
    order matters: influxd 1.6.7 takes the kinds of columns from the first source, and
    loses integers of the second (tests/dashboards/test_grafana_queries.py). The time
    stands outside as well: else all of the history is opened. Both sources are read for
    each column of the outer query: so there is but one figure.
    """
    newest = replace(shown, pick=shown.pick.format(_AS_FLOAT[shown.kind]))
    inner = _select((_HEARD, newest), (THE_RUNNERS, *_FRESH, *conditions))
    lately = f"time > now() - {ROSTER_MIN}m"
    known = _select((_HEARD,), (lately, THE_RUNNERS))
    sources = _from(f"{inner} {_BY_RUNNER}", f"{known} {_BY_RUNNER}")
    titles = (shown.title, _HEARD.title)
    outer = ", ".join(f'last("{title}") AS "{title}"' for title in titles)
    query = f"SELECT {outer} {sources} WHERE {lately} {_BY_RUNNER}"
    return Target(query, titles, ("runner",), "", (shown,))


def folded(
    shown: tuple[Shown, ...], when: str, fold: str, by: str, every: str = ""
) -> Target:
    """One figure of what several tell, such as processes: their ``sum`` or ``max``.

    Each figure is first picked per value of the tag ``by``; the time stands outside as
    well, else all of the history is opened.
    """
    wide = [f"time({every})"] if every else []
    fill = " fill(none)" if every else ""
    inner = _select(shown, (when,))
    inner += f" GROUP BY {', '.join([*wide, quoted(by)])}{fill}"
    outer = ", ".join(f'{fold}("{s.title}") AS "{s.title}"' for s in shown)
    query = f"SELECT {outer} {_from(inner)} WHERE {when}"
    query += f" GROUP BY {wide[0]}{fill}" if wide else ""
    return replace(_target(query, shown, ()), alias="$col" if every else "")


def newest_of_runs(shown: Shown) -> Target:
    """Newest live row of each run, as a series; none of a run that is over.

    The state is asked of the newest row: among all rows there would be one from before
    the end of every run.
    """
    both = f"GROUP BY {quoted('runner')}, {quoted('session')}"
    inner = _select((_HEARD, shown, _STATE), (IN_TIME,))
    query = (
        f'SELECT "{shown.title}" AS "{shown.title}" {_from(f"{inner} {both}")}'
        f" WHERE {IN_TIME} AND \"{_STATE.title}\" != 'ended'"
        f' AND "{shown.title}" >= 0 {both}'
    )
    return replace(_target(query, (shown,), ("runner", "session")), alias="$col")


def tag_values(measurement: str, tag: str, *conditions: str) -> str:
    """Query of a variable: the values of a tag."""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f'SHOW TAG VALUES FROM "{measurement}" WITH KEY = "{tag}"{where}'


def _select(shown: tuple[Shown, ...], conditions: tuple[str, ...]) -> str:
    (measurement,) = {s.measurement for s in shown}
    columns = ", ".join(s.expression for s in shown)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return " ".join(("SELECT", columns, "FROM", quoted(measurement))) + where


def _from(*sources: str) -> str:
    """Several queries as the sources of one."""
    return f"FROM ({'), ('.join(sources)})"


def _target(query: str, shown: tuple[Shown, ...], tags: tuple[str, ...]) -> Target:
    return Target(query, tuple(s.title for s in shown), tags, "", shown)
