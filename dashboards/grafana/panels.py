"""Panels: a frozen value each, made by one function per kind, turned into JSON.

Core panels only. Every panel has a title, the question that it answers with the meaning
of its columns, a unit, thresholds, decimals, and words for "no data".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboards.grafana.columns import TEXT, Shown
from dashboards.grafana.looks import QUIET, by_name, steps
from dashboards.grafana.queries import DATASOURCE, Json, Target

WIDE = 24
"""Grafana's grid has 24 columns; below 768 px panels stack in their order."""

_PLUGIN_VERSION = "12.0.0"
"""Whose options these are. Without it Grafana takes them for those of version 6.1 and
brings them up to date wrongly: it would set 0 and 100 as limits of every per cent. As
11.0 it would move the colours of the canvas to where it does not look for them
(public/app/plugins/panel/canvas/migrations.ts). And as its very own version it brings
nothing up to date, which the wrapped text of tables needs from 12.2 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel.

    Attributes
    ----------
    kind : str
        Grafana's id of a core panel.
    question : str
        What it answers; the meaning of its columns is added.
    empty : str
        Words where there is no value.
    defaults, options : mapping
        Of Grafana's field config and of the panel.
    repeat : str
        Variable for each of whose values there is one such panel, below one another.
    """

    kind: str
    title: str
    question: str
    targets: tuple[Target, ...]
    empty: str
    width: int = WIDE
    height: int = 8
    unit: str = "none"
    decimals: int = 1
    defaults: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    overrides: tuple[Json, ...] = ()
    transformations: tuple[Json, ...] = ()
    interval: str = ""
    repeat: str = ""

    @property
    def shown(self) -> tuple[Shown, ...]:
        """Columns of all its queries, each title once."""
        found = {s.title: s for t in self.targets for s in t.shown}
        return tuple(found.values())

    @property
    def description(self) -> str:
        """The question, then what each column means."""
        words = dict.fromkeys(s.words for s in self.shown)
        return "\n".join([self.question, "", *words]).rstrip()

    def json(self, number: int, place: Json) -> Json:
        """As Grafana keeps it."""
        lines = {"transformations": list(self.transformations)}
        every = {"interval": self.interval} if self.interval else {}
        again = {"repeat": self.repeat, "repeatDirection": "v"} if self.repeat else {}
        return {
            **(lines if self.transformations else {}),
            **every,
            **again,
            "datasource": DATASOURCE,
            "description": self.description,
            "fieldConfig": {
                "defaults": self._defaults(),
                "overrides": [*self._units(), *self.overrides],
            },
            "gridPos": place,
            "id": number,
            "options": dict(self.options),
            "pluginVersion": _PLUGIN_VERSION,
            "targets": [
                t.json(ref) for t, ref in zip(self.targets, "ABCDEF", strict=False)
            ],
            "title": self.title,
            "type": self.kind,
        }

    def _defaults(self) -> Json:
        given = {
            "color": {"mode": "thresholds"},
            "decimals": self.decimals,
            "mappings": [],
            "noValue": self.empty,
            "thresholds": steps(),
            "unit": self.unit,
        }
        return given | dict(self.defaults)

    def _units(self) -> list[Json]:
        """Overrides of columns whose unit or decimals are not the panel's own.

        Names of runners and shoes are left as they are: a runner called 3 is neither
        "3.0" nor the light of that number.
        """
        tables = [t for t in self.targets if t.is_table]
        tags = dict.fromkeys(tag for t in tables for tag in t.tags)
        found = [by_name(tag, unit=TEXT, mappings=[]) for tag in tags]
        for s in self.shown:
            own: dict[str, object] = {}
            if s.kind != "bool" and s.grafana_unit != self.unit:
                own["unit"] = s.grafana_unit
            if s.decimals is not None and s.decimals != self.decimals:
                own["decimals"] = s.decimals
            if own:
                found.append(by_name(s.title, **own))
        return found


_LEGEND = {"showLegend": True, "displayMode": "list", "placement": "bottom"}
_TOOLTIP = {"mode": "multi", "sort": "none"}
_LINE = {
    "axisCenteredZero": False,
    "drawStyle": "line",
    "fillOpacity": 0,
    "lineWidth": 2,
    "pointSize": 6,
    "showPoints": "auto",
    "spanNulls": False,
    "thresholdsStyle": {"mode": "off"},
}


BREAK_MS = 60_000
"""Of a run a line is not drawn over a longer silence: nothing was measured there."""


def line_options(**custom: object) -> Json:
    """Defaults of a chart over time, with what differs."""
    return {"color": {"mode": "palette-classic"}, "custom": {**_LINE, **custom}}


def around_zero(axis: str, **custom: object) -> Json:
    """Defaults of a chart of left against right: zero in the middle, with a line."""
    line = line_options(
        axisCenteredZero=True,
        axisLabel=axis,
        thresholdsStyle={"mode": "line"},
        **custom,
    )
    return line | {"thresholds": steps((0.0, QUIET), base="transparent")}


CHART = {"legend": {**_LEGEND, "calcs": []}, "tooltip": _TOOLTIP}
"""Options of charts over time."""


_MOST_VALUES = 250
"""Grafana shows 25 unless told; issue 5 speaks of 200 live runners."""


def figures(fields: str = "", *, is_per_row: bool = False) -> Json:
    """Which values stat, gauge and bar gauge show: all rows, or the last of each."""
    return {
        "calcs": ["lastNotNull"],
        "fields": fields,
        "limit": _MOST_VALUES,
        "values": is_per_row,
    }


def stat_options(
    fields: str = "", *, is_per_row: bool = False, is_tile: bool = False
) -> Json:
    """Options of stat panels; a tile is filled, and its text as large as fits in.

    So twelve runners on a laptop have figures some 12 mm high, which can be read from
    2 m (product.md 3.2), and fewer have larger ones.
    """
    return {
        "colorMode": "background_solid" if is_tile else "none",
        "graphMode": "none",
        "justifyMode": "center",
        "orientation": "auto",
        "reduceOptions": figures(fields, is_per_row=is_per_row),
        "text": {},
        "textMode": "value_and_name" if is_tile else "auto",
        "wideLayout": False,
    }


def bar_options(fields: str = "", *, is_per_row: bool = False) -> Json:
    """Options of bar gauges: lying bars, name beside, number always readable.

    The name gets 40 % of the width at most, so its size is told: grown with the bar it
    would be cut off on a phone (packages/grafana-ui, BarGauge.tsx).
    """
    return {
        "displayMode": "basic",
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "left",
        "orientation": "horizontal",
        "reduceOptions": figures(fields, is_per_row=is_per_row),
        "showUnfilled": True,
        "text": {"titleSize": 14},
        "valueMode": "text",
    }


TABLE = {"cellHeight": "md", "showHeader": True}
"""Options of tables."""


def table_defaults(**custom: object) -> Json:
    """Defaults of tables: plain cells, text not cut off; with what differs."""
    cell = {"type": "auto", "wrapText": True}
    plain = {"align": "left", "cellOptions": cell, "filterable": False}
    return {"custom": plain | custom}


def narrow(*names: str) -> tuple[Json, ...]:
    """Overrides of columns with short values, so that sentences get the room."""
    return tuple(by_name(name, custom__width=100) for name in names)


def without(*names: str) -> Json:
    """Transformation that leaves columns out."""
    left_out = dict.fromkeys(names, True)
    options = {"excludeByName": left_out, "indexByName": {}, "renameByName": {}}
    return {"id": "organize", "options": options}


def link(title: str, url: str) -> Json:
    """A link from a value."""
    return {"title": title, "url": url, "targetBlank": False}
