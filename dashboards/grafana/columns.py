"""Columns as panels show them: the unit is the schema's, the name is ours.

The meaning is the schema's too, where it is in plain words.
"""

from dataclasses import dataclass

from contract.schema import ALL_MEASUREMENTS, Column, Kind
from dashboards.grafana.words import PLAIN

_UNITS = {
    "": "none",
    "1": "none",
    "s": "s",
    "ms": "ms",
    "%": "percent",
    "deg": "degree",
    "m": "lengthm",
    "m/s": "velocityms",
    "bytes": "decbytes",
    "MB": "decmbytes",
}
"""Ids of Grafana's own units (grafana: packages/grafana-data, valueFormats)."""
TEXT = "string"
"""Never read as a number: with any other unit Grafana shows a shoe named 1080 as
"1080.0" (packages/grafana-data, displayProcessor.ts)."""
CLOCK = "dthms"
"""Hours, minutes, seconds: as seconds, an hour and a half would be "2 hours"."""


def column(measurement: str, name: str) -> Column:
    """Column of a measurement; raises KeyError if there is none of that name."""
    columns = {c.name: c for c in ALL_MEASUREMENTS[measurement].columns}
    return columns[name]


def grafana_unit(unit: str) -> str:
    """Grafana's id of a unit of the schema; else our word stands behind the number."""
    if unit.startswith("as "):
        return "none"
    return _UNITS.get(unit, f"suffix:{unit}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A column that a panel shows.

    Attributes
    ----------
    measurement, name : str
        Whose column, and which; both must be in the schema.
    title : str
        What the panel calls it: the alias in the query, so no panel renames it.
    pick : str
        Expression with ``{}`` for the column; empty takes it as it is.
    unit : str
        Unit of Grafana where the expression changes it; empty takes the schema's.
    meaning : str
        Words where the expression changes the meaning; empty takes those of
        `dashboards.grafana.words`, or the schema's.
    """

    measurement: str
    name: str
    title: str
    pick: str = "{}"
    unit: str = ""
    decimals: int | None = None
    meaning: str = ""

    @property
    def expression(self) -> str:
        """Its part of a SELECT."""
        column(self.measurement, self.name)
        return f'{self.pick.format(quoted(self.name))} AS "{self.title}"'

    @property
    def grafana_unit(self) -> str:
        """Unit it is shown in."""
        if self.kind == "text":
            return TEXT
        return self.unit or grafana_unit(column(self.measurement, self.name).unit)

    @property
    def kind(self) -> Kind:
        """Kind of the column."""
        return column(self.measurement, self.name).kind

    @property
    def words(self) -> str:
        """Its line in the panel's description."""
        plain = PLAIN.get(self.measurement, {}).get(self.name, "")
        meaning = self.meaning or plain or column(self.measurement, self.name).text
        return f"- {self.title}: {meaning or self.name}"


def quoted(name: str) -> str:
    """An identifier of InfluxQL."""
    return f'"{name}"'
