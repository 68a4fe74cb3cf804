"""The tyre picture: two soles of six zones each, as elements of a canvas.

All places are per cent of the panel (constraint "scale"), so the picture keeps its
shape on a phone. Inner sides face each other, toes are up, as one looks down at one's
own shoes; the left sole is the right one in a mirror.
"""

from dataclasses import dataclass

from dashboards.grafana.looks import LEFT, RIGHT, SHADES
from dashboards.grafana.queries import Json

PARTS = {"front": "fore", "middle": "mid", "heel": "heel"}
EDGES = {"inner": "medial", "outer": "lateral"}
_INK = "#111111"
_SCALE = {"horizontal": "scale", "vertical": "scale"}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in per cent of the panel, from its left and top."""

    left: float
    right: float
    top: float
    bottom: float

    def mirrored(self) -> "Box":
        """The same on the other foot."""
        return Box(100.0 - self.right, 100.0 - self.left, self.top, self.bottom)

    def placement(self) -> Json:
        """As the canvas keeps it: distances from the four edges."""
        return {
            "left": round(self.left, 2),
            "right": round(100.0 - self.right, 2),
            "top": round(self.top, 2),
            "bottom": round(100.0 - self.bottom, 2),
        }


ZONES = {
    ("inner", "front"): Box(59.5, 75.5, 24.0, 47.5),
    ("outer", "front"): Box(76.5, 91.5, 26.0, 47.5),
    ("inner", "middle"): Box(62.5, 75.5, 49.0, 66.5),
    ("outer", "middle"): Box(76.5, 88.5, 49.0, 66.5),
    ("inner", "heel"): Box(62.0, 75.5, 68.0, 85.5),
    ("outer", "heel"): Box(76.5, 89.0, 68.0, 85.5),
}
"""Zones of the right sole; the forefoot is widest and the waist narrowest."""
_SOLE = (
    ("ellipse", Box(55.0, 96.0, 13.0, 62.0)),
    ("rectangle", Box(60.5, 90.5, 40.0, 78.0)),
    ("ellipse", Box(58.5, 92.5, 58.0, 93.5)),
)
"""Outline of the right sole: ball, waist and heel, one upon the other."""
_WORDS = {
    "front": Box(43.5, 56.5, 32.0, 38.0),
    "middle": Box(43.5, 56.5, 55.0, 61.0),
    "heel": Box(43.5, 56.5, 75.0, 81.0),
}


def zone_title(side: str, edge: str, part: str) -> str:
    """What a zone is called everywhere, such as ``Left outer heel``."""
    return f"{side} {edge} {part}"


def zone_column(edge: str, part: str) -> str:
    """Column of the wear row that is about a zone."""
    return f"{PARTS[part]}_{EDGES[edge]}_bws"


def soles() -> Json:
    """Options of the canvas."""
    elements = [*_one_sole("Left"), *_one_sole("Right")]
    elements += [_text(part, box, 14) for part, box in _WORDS.items()]
    note = "darker is more; an even share is 17 %"
    elements.append(_text(note, Box(2.0, 98.0, 94.0, 99.5), 13))
    root = {
        "background": {"color": {"fixed": "transparent"}},
        "border": {"color": {"fixed": "transparent"}, "width": 0},
        "constraint": {"horizontal": "left", "vertical": "top"},
        "elements": elements,
        "name": "soles",
        "placement": {"height": 100, "left": 0, "top": 0, "width": 100},
        "type": "frame",
    }
    return {
        "infinitePan": False,
        "inlineEditing": False,
        "panZoom": False,
        "root": root,
        "showAdvancedTypes": False,
        "zoomToContent": False,
    }


def _one_sole(side: str) -> list[Json]:
    colour = LEFT if side == "Left" else RIGHT
    outline = [
        _shape(f"{side} sole {k}", kind, _on(side, box), colour)
        for k, (kind, box) in enumerate(_SOLE, 1)
    ]
    zones = [
        _zone(zone_title(side, edge, part), _on(side, box))
        for (edge, part), box in ZONES.items()
    ]
    words = [
        _text(side, _on(side, Box(62.0, 88.0, 0.5, 7.0)), 22, f"{side} word"),
        _text("inner side", _on(side, Box(52.0, 74.0, 8.0, 13.0)), 13, f"{side} inner"),
        _text("outer side", _on(side, Box(77.0, 99.0, 8.0, 13.0)), 13, f"{side} outer"),
    ]
    return [*outline, *zones, *words]


def _on(side: str, box: Box) -> Box:
    return box.mirrored() if side == "Left" else box


def _shape(name: str, kind: str, box: Box, colour: str) -> Json:
    config = {"text": {"fixed": "", "mode": "fixed"}}
    return _element(name, kind, box, colour) | {"config": config}


def _zone(title: str, box: Box) -> Json:
    """A number on the colour of its own threshold.

    A rectangle and no "metric value", which says "Field not found" in every zone as
    long as there are no data (public/app/features/canvas/elements/metricValue.tsx).
    """
    shown = _element(title, "rectangle", box, SHADES[0])
    shown["background"]["color"]["field"] = title
    shown["border"]["radius"] = 14
    text = {"field": title, "fixed": "\N{EN DASH}", "mode": "field"}
    shown["config"] = _writing(18, {"fixed": _INK}) | {"text": text}
    return shown


def _text(words: str, box: Box, size: int, name: str = "") -> Json:
    shown = _element(name or words, "text", box, "transparent")
    text = {"fixed": words, "mode": "fixed"}
    shown["config"] = _writing(size, {"fixed": "text"}) | {"text": text}
    return shown


def _writing(size: int, colour: Json) -> Json:
    return {"align": "center", "color": colour, "size": size, "valign": "middle"}


def _element(name: str, kind: str, box: Box, colour: str) -> Json:
    return {
        "background": {"color": {"fixed": colour}},
        "border": {"color": {"fixed": "transparent"}, "width": 0},
        "config": {},
        "constraint": _SCALE,
        "name": name,
        "placement": box.placement(),
        "type": kind,
    }
