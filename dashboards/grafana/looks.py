"""Colours, words for codes, lines: one place for what all boards look like.

Left is blue and right is orange (Okabe and Ito's colours, told apart by the
colour-blind), and both are always told by word and place as well. No red beside green
anywhere. States have a sign and a word first, a colour second.
"""

from contract.verdicts import (
    ALERT_CLEARED,
    ALERT_RAISED,
    LIGHT_CODES,
    LIGHT_STATES,
)
from dashboards.grafana.columns import column
from dashboards.grafana.queries import Json
from dashboards.report.metrics import METRICS

LEFT = "#0072B2"
RIGHT = "#D55E00"
SIDES = {"Left": LEFT, "Right": RIGHT}
QUIET = "#8C8C8C"
"""What neither warns nor belongs to a side."""
DARK = "#5A5A5A"
WARN, LOUD = "#CC79A7", "#F0E442"
"""Worth a look; do something now."""
SHADES = ("#F1EDF7", "#DCD0EC", "#C4AFDF", "#B094D2", "#A07CC9")
"""Load under a zone, light to dark; black text can be read on all of them."""
SHADE_STEPS_PCT = (10.0, 16.0, 21.0, 26.0)
"""An even share of six zones is 17 %; steps as in dashboards/report/tread.py."""
BAND = "#B4B4B4"
_LINES = (
    ("#56B4E9", {"fill": "solid"}),
    ("#E69F00", {"fill": "dash", "dash": [10, 6]}),
    ("#CC79A7", {"fill": "dot", "dash": [2, 5]}),
)
NO_DATA = "\N{DIAMETER SIGN} no data"

_LIGHTS = {
    "none": ("\N{HORIZONTAL ELLIPSIS} no usual yet", QUIET),
    "steady": ("\N{CHECK MARK} steady", "#A8B4BC"),
    "drifting": ("\N{NORTH EAST ARROW} drifting", WARN),
    "check": ("\N{WARNING SIGN} check", LOUD),
}
_EVENTS = {
    ALERT_RAISED: "\N{WARNING SIGN} light on",
    ALERT_CLEARED: "light out",
    "gap": "gap in the data",
    "mark": "mark",
    "one_foot": "both sensors on one foot",
    "slip": "sensor turned",
    "swap_suspected": "left and right exchanged?",
}


def event_words() -> list[Json]:
    """Mapping of what kind of event it was to words."""
    return _words(_EVENTS)


def code_words() -> list[Json]:
    """Mapping of a light's code to the code with its meaning."""
    told = {code: f"{code}: {text}" for code, text in LIGHT_CODES.items()}
    return [*_words(told), nothing("\N{EN DASH}", index=len(told))]


def metric_words() -> list[Json]:
    """Mapping of compared columns to the report's names, with the schema's units."""
    told = {}
    for metric in METRICS:
        unit = column("step", metric.column).unit
        told[metric.column] = (
            f"{metric.label} ({unit})" if unit != "1" else metric.label
        )
    return _words(told)


def _words(told: dict[str, str]) -> list[Json]:
    options = {
        k: {"text": text, "index": n} for n, (k, text) in enumerate(told.items())
    }
    return [{"type": "value", "options": options}]


def light_words() -> list[Json]:
    """Mappings of the light's number to sign, word and colour; nothing is no data."""
    told = {str(k): _result(*_LIGHTS[s], k) for k, s in enumerate(LIGHT_STATES)}
    return [{"type": "value", "options": told}, nothing(NO_DATA, DARK, len(told))]


def nothing(text: str, colour: str = DARK, index: int = 0) -> Json:
    """Mapping of a missing value to words."""
    result = _result(text, colour, index)
    return {"type": "special", "options": {"match": "null+nan", "result": result}}


def yes_no(yes: str, no: str) -> list[Json]:
    """Mapping of true and false to words."""
    told = {"true": _result(yes, LOUD, 0), "false": _result(no, QUIET, 1)}
    return [{"type": "value", "options": told}]


def _result(text: str, colour: str, index: int) -> Json:
    return {"text": text, "color": colour, "index": index}


def steps(*marks: tuple[float, str], base: str = QUIET) -> Json:
    """Thresholds: a base colour, then (from, colour)."""
    listed: list[Json] = [{"color": base, "value": None}]
    listed += [{"color": colour, "value": value} for value, colour in marks]
    return {"mode": "absolute", "steps": listed}


def shades() -> Json:
    """Thresholds of the share of the load under one zone."""
    marks = tuple(zip(SHADE_STEPS_PCT, SHADES[1:], strict=True))
    return steps(*marks, base=SHADES[0])


def by_name(name: str, **properties: object) -> Json:
    """Override of one column or series; dots of property ids are double underscores."""
    return _override("byName", name, properties)


def by_pattern(pattern: str, **properties: object) -> Json:
    """Override of the series whose names match a pattern such as ``/^Left/``."""
    return _override("byRegexp", pattern, properties)


def _override(matcher: str, what: str, properties: dict[str, object]) -> Json:
    listed = [{"id": k.replace("__", "."), "value": v} for k, v in properties.items()]
    return {"matcher": {"id": matcher, "options": what}, "properties": listed}


def fixed(colour: str) -> Json:
    """Colour setting: always this one."""
    return {"mode": "fixed", "fixedColor": colour}


def sides(*, is_line: bool = True) -> tuple[Json, ...]:
    """Overrides of series whose names begin with Left and Right: colour and dash."""
    dashed = {"custom__lineStyle": {"fill": "dash", "dash": [8, 5]}} if is_line else {}
    return (
        by_pattern("/^Left/", color=fixed(LEFT)),
        by_pattern("/^Right/", color=fixed(RIGHT), **dashed),
    )


def lines_apart(*names: str) -> tuple[Json, ...]:
    """Overrides of up to three lines of a chart: each its own colour and dash."""
    return tuple(
        by_name(name, color=fixed(colour), custom__lineStyle=dash)
        for name, (colour, dash) in zip(names, _LINES, strict=False)
    )


def band(low: str, high: str, colour: str, opacity: int = 20) -> tuple[Json, ...]:
    """Overrides that fill between two series and draw no lines for them."""
    quiet: Json = {"color": fixed(colour), "custom__lineWidth": 0}
    quiet |= {"custom__showPoints": "never"}
    return (
        by_name(low, **quiet),
        by_name(high, **quiet, custom__fillBelowTo=low, custom__fillOpacity=opacity),
    )
