"""From a row to a line of InfluxDB's line protocol: the one place that writes it.

Tags, fields and kinds are those that `contract.schema` declares, so a field never
changes its kind. What is unknown or not finite is left out, field by field. The time
is always the row's own, in nanoseconds: sent twice, a row is still one point.

Escapes as InfluxDB 1.x to 3 take them (docs.influxdata.com, line protocol reference):
a comma, an equals sign and a space in a tag, a quote and a backslash in a text. Two
things the protocol cannot say, and they are changed here: line breaks, which it does
not support in tags and texts (a space stands for them), and a tag that ends with a
backslash (it would swallow the separator; telegraf issue 3004), which loses it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from operator import attrgetter
from typing import Any

from contract.rows import Row
from contract.schema import ALL_MEASUREMENTS, UNNAMED, Measurement
from contract.service_rows import LiveRow, PipelineRow

AnyRow = Row | LiveRow | PipelineRow
"""Whatever InfluxDB gets."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_IN_TAG = re.compile(r"([,= ])")
_IN_TEXT = re.compile(r'(["\\])')
_HALF = re.compile(r"[\ud800-\udfff]")
"""Half a character, which no encoding can carry."""

_Writer = Callable[[Any], str]
_Getter = Callable[[Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How rows of a kind are read and written.

    Floats apart from the rest: nearly everything is a float, and most rows have all
    of them, which one template then writes at once.
    """

    name: str
    tags: _Getter
    floats: _Getter
    float_names: tuple[str, ...]
    template: str
    others: _Getter
    other_fields: tuple[tuple[str, _Writer], ...]


def to_line(row: AnyRow) -> str | None:
    """Line of a row; None if nothing in it is known."""
    plan = _PLANS[type(row)]
    fields = _float_fields(plan, row)
    for (name, write), value in zip(plan.other_fields, plan.others(row), strict=True):
        if value is not None and (word := write(value)):
            fields.append(f"{name}={word}")
    if not fields:
        return None
    return f"{_series(plan.name, plan.tags(row))} {','.join(fields)} {row.time_ns}"


def _float_fields(plan: _Plan, row: AnyRow) -> list[str]:
    values = plan.floats(row)
    if values and None not in values and isfinite(sum(values)):
        return [plan.template % values]
    return [
        f"{name}={value}"
        for name, value in zip(plan.float_names, values, strict=True)
        if value is not None and isfinite(value)
    ]


def to_lines(rows: Iterable[AnyRow]) -> list[str]:
    """Lines of rows, in order; rows in which nothing is known have none."""
    return [line for row in rows if (line := to_line(row)) is not None]


def tag_value(value: object) -> str:
    """Give the value as InfluxDB will have it: on one line, never empty."""
    plain = _one_line(str(value)).rstrip("\\")
    return plain or UNNAMED


def text_value(text: str) -> str:
    """Give the text as InfluxDB will have it: on one line."""
    return _one_line(text)


def _one_line(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text  # nearly always
    return _HALF.sub("\N{REPLACEMENT CHARACTER}", _CONTROL.sub(" ", text))


@lru_cache(maxsize=4096)
def _series(name: str, values: tuple[object, ...]) -> str:
    """Measurement and tags: the same for all steps of one foot in one run."""
    tags = sorted(zip(ALL_MEASUREMENTS[name].tags, values, strict=True))
    words = (f"{tag}={_IN_TAG.sub(_ESCAPED, tag_value(v))}" for tag, v in tags)
    return ",".join((name, *words))


_ESCAPED = r"\\\1"


def _int_word(value: float) -> str:
    return f"{int(value)}i" if isfinite(value) else ""


def _bool_word(value: object) -> str:
    return "true" if value else "false"


def _text_word(value: str) -> str:
    return f'"{_IN_TEXT.sub(_ESCAPED, _one_line(value))}"'


_WRITERS: dict[str, _Writer] = {
    "int": _int_word,
    "bool": _bool_word,
    "text": _text_word,
}


def _getter(names: tuple[str, ...]) -> _Getter:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda row: tuple(getattr(row, name) for name in names)


def _plan(kind: Measurement) -> _Plan:
    floats = tuple(c.name for c in kind.fields if c.kind == "float")
    others = [c for c in kind.fields if c.kind != "float"]
    return _Plan(
        name=kind.name,
        tags=_getter(kind.tags),
        floats=_getter(floats),
        float_names=floats,
        template=",".join(f"{name}=%s" for name in floats),
        others=_getter(tuple(c.name for c in others)),
        other_fields=tuple((c.name, _WRITERS[c.kind]) for c in others),
    )


_PLANS = {kind.row: _plan(kind) for kind in ALL_MEASUREMENTS.values()}
