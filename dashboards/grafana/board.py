"""Boards: panels laid out in rows, variables, annotations, links to one another."""

import json
from dataclasses import dataclass

from dashboards.grafana.panels import WIDE, Panel
from dashboards.grafana.queries import DATASOURCE, Json

SCHEMA_VERSION = 39
"""Grafana 11's classic schema: newer ones bring it up to date when they load it."""
TAG = "treadwear"
_VARIABLE_REF = "InfluxVariableQueryEditor-VariableQuery"
_NO_TAGS = "no column has this in its name"
BY_NAME, NEWEST_FIRST = 1, 2
"""How values of a variable are sorted; session ids sort by time."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of a board; the columns it gives are the tag's values."""

    name: str
    label: str
    text: str
    query: str
    sort: int = BY_NAME
    is_many: bool = False

    def json(self) -> Json:
        """As Grafana keeps it."""
        everyone = {"text": ["All"], "value": ["$__all"]}
        return {
            "allValue": ".*" if self.is_many else None,
            "current": everyone if self.is_many else {},
            "datasource": DATASOURCE,
            "definition": self.query,
            "description": self.text,
            "hide": 0,
            "includeAll": self.is_many,
            "label": self.label,
            "multi": self.is_many,
            "name": self.name,
            "options": [],
            "query": {"query": self.query, "refId": _VARIABLE_REF},
            "refresh": 2,
            "regex": "",
            "skipUrlSync": False,
            "sort": self.sort,
            "type": "query",
        }


@dataclass(frozen=True, slots=True)
class Annotation:
    """Marks on all charts of a board: a title and a text for each event.

    Both columns must be told, and have a value in every row: without a title Grafana
    shows the number of milliseconds as one, and a row with a null it leaves out
    (public/app/plugins/datasource/influxdb/response_parser.ts). It puts the measurement
    before the name of a column; the title is looked for by the whole of that name, the
    text by a part of it. Without a column of tags it takes every column for one.
    """

    name: str
    query: str
    colour: str
    title_column: str
    text_column: str

    def json(self) -> Json:
        """As Grafana keeps it."""
        return {
            "datasource": DATASOURCE,
            "enable": True,
            "hide": False,
            "iconColor": self.colour,
            "name": self.name,
            "target": {
                "fromAnnotations": True,
                "name": self.name,
                "query": self.query,
                "rawQuery": True,
                "refId": "Events",
                "resultFormat": "table",
                "tagsColumn": _NO_TAGS,
                "textColumn": self.text_column,
                "titleColumn": self.title_column,
            },
        }


@dataclass(frozen=True, slots=True)
class Board:
    """One board: one question.

    ``rows`` are laid out from the top; a row is as high as its first panel.
    """

    uid: str
    title: str
    question: str
    rows: tuple[tuple[Panel, ...], ...]
    variables: tuple[Variable, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    since: str = "now-90d"
    refresh: str = ""

    @property
    def file_name(self) -> str:
        """File it is written to."""
        return f"{self.uid}.json"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels, in the order of reading."""
        return tuple(panel for row in self.rows for panel in row)

    def json(self) -> Json:
        """As Grafana keeps it."""
        return {
            "annotations": {"list": [a.json() for a in self.annotations]},
            "description": self.question,
            "editable": False,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "id": None,
            "links": [_links()],
            "panels": self._placed(),
            "refresh": self.refresh,
            "schemaVersion": SCHEMA_VERSION,
            "tags": [TAG],
            "templating": {"list": [v.json() for v in self.variables]},
            "time": {"from": self.since, "to": "now"},
            "timepicker": {"refresh_intervals": ["5s", "30s", "1m", "5m", "15m"]},
            "timezone": "browser",
            "title": self.title,
            "uid": self.uid,
            "version": 1,
            "weekStart": "",
        }

    def text(self) -> str:
        """Bytes of its file: keys in order, so that a change shows as one."""
        said = json.dumps(self.json(), indent=1, sort_keys=True, ensure_ascii=False)
        return said + "\n"

    def _placed(self) -> list[Json]:
        placed: list[Json] = []
        top = 0
        for row in self.rows:
            left = 0
            for panel in row:
                place = {"h": row[0].height, "w": panel.width, "x": left, "y": top}
                placed.append(panel.json(len(placed) + 1, place))
                left += panel.width
            if left > WIDE:
                raise ValueError(f"a row of {self.title} is {left} columns wide")
            top += row[0].height
        return placed


def _links() -> Json:
    """Links to all boards of ours; the runner goes along, the time does not."""
    return {
        "asDropdown": False,
        "icon": "external link",
        "includeVars": True,
        "keepTime": False,
        "tags": [TAG],
        "targetBlank": False,
        "title": "Boards",
        "tooltip": "",
        "type": "dashboards",
        "url": "",
    }
