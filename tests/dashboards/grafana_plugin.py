"""What Grafana's InfluxDB plugin makes of an answer: a model of its parser.

After its source at Grafana 12: pkg/tsdb/influxdb/influxql/buffered/response_parser.go
and util/util.go for frames, public/app/plugins/datasource/influxdb/response_parser.ts
for annotations, packages/grafana-data/src/field/fieldDisplay.ts for the names of rows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.server.asking import Series
from tests.dashboards.grafana_json import Json

_ALIAS = re.compile(r"\$[@\w-]*")


@dataclass(frozen=True)
class Frame:
    """Columns by their names, in order; labels stand on the value of a series."""

    name: str
    fields: dict[str, list[Any]]
    labels: tuple[tuple[str, str], ...] = ()

    def numbers(self) -> list[str]:
        """Columns that Grafana takes for numbers; all nulls are numbers to it."""
        return [
            name
            for name, values in self.fields.items()
            if name != "Time"
            and all(v is None or type(v) in {int, float} for v in values)
        ]

    def texts(self) -> list[str]:
        """Columns that it takes for text."""
        return [
            name
            for name, values in self.fields.items()
            if any(isinstance(v, str) for v in values)
        ]


def frames(target: Json, answer: Sequence[Series]) -> list[Frame]:
    """Frames of one query of a panel."""
    if not answer:
        return []
    if target.get("resultFormat") == "table":
        return [_table(answer)]
    return [
        Frame(
            _name(target.get("alias", ""), series, column),
            {"Time": series.column("time"), "Value": series.column(column)},
            tuple(sorted(series.tags.items())),
        )
        for series in answer
        for column in series.columns
        if column != "time"
    ]


def _table(answer: Sequence[Series]) -> Frame:
    """One frame of all series: time, tags as columns, then the first one's columns."""
    first = answer[0]
    fields: dict[str, list[Any]] = {
        "Time": [row[0] for series in answer for row in series.rows]
    }
    for tag in first.tags:
        fields[tag] = [series.tags[tag] for series in answer for _ in series.rows]
    for k, column in enumerate(first.columns[1:], 1):
        fields[column] = [row[k] for series in answer for row in series.rows]
    return Frame(first.name, fields)


def _name(alias: str, series: Series, column: str) -> str:
    if not alias:
        return f"{series.name}.{column}"

    def put_in(found: re.Match[str]) -> str:
        word = found[0].removeprefix("$")
        if word == "col":
            return column
        return str(series.tags.get(word.removeprefix("tag_"), found[0]))

    return _ALIAS.sub(put_in, alias)


def annotation_events(target: Json, answer: Sequence[Series]) -> list[Json]:
    """Marks on the charts: time, title, text and tags of each."""
    asked = {"query": target["query"], "resultFormat": ""}
    found = frames(asked, answer)
    names = ["Time", *(frame.name for frame in found)]
    place = {"time": 0, "title": 0, "text": 0}
    tags = []
    for k, name in enumerate(names[1:], 1):
        if name == target.get("titleColumn"):
            place["title"] = k
        elif any(tag in name for tag in target["tagsColumn"].split(",")):
            tags.append(k)
        elif target["textColumn"] in name:
            place["text"] = k
        elif not place["title"]:
            place["title"] = k
    columns = [frame.fields["Value"] for frame in found]
    rows = zip(found[0].fields["Time"], *columns, strict=True) if found else ()
    return [
        {key: row[k] for key, k in place.items()} | {"tags": [row[k] for k in tags]}
        for row in rows
        if None not in row
    ]


def row_names(frame: Frame, shown: str, left_out: set[str]) -> list[str]:
    """What tiles of "all values" are called: texts of the row, and the column if need.

    The column's own name is added where the row has another number.
    """
    seen = [name for name in frame.fields if name not in left_out]
    texts = [name for name in frame.texts() if name in seen and name != shown]
    others = [name for name in frame.numbers() if name in seen and name != shown]
    count = len(frame.fields["Time"])
    own = [shown] if others or not texts else []
    return [
        " ".join([*(frame.fields[t][k] for t in texts), *own]) for k in range(count)
    ]
