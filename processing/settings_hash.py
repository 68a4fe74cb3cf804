"""Every number that tunes an analysis as text, and the short hash that names them all.

Two sessions with the same method and the same hash were analysed alike. What is wording
or content (texts of findings, the table of exercises) is not among them.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache

from processing.advice.finding_rules import RULES
from processing.advice.findings import FindingSettings
from processing.baseline import BaselineSettings
from processing.hip.analysis import HipSettings
from processing.light import LightSettings
from processing.placement import PlacementSettings
from processing.rules import METRICS
from processing.settings import Settings
from processing.shoe.gait import FIXED_SETTINGS

_DIGITS = 12
"""48 bits: two settings that differ by chance share a hash once in 10**14 pairs."""


def settings_text(settings: Settings) -> str:
    """Give ``name=value`` lines in order; floats as Python writes them exactly."""
    parts = {
        "shoe": settings,
        "hip": HipSettings(),
        "place": PlacementSettings(),
        "baseline": BaselineSettings(),
        "light": LightSettings(),
        "finding": FindingSettings(),
    }
    parts |= {type(part).__name__: part for part in FIXED_SETTINGS}
    parts |= {f"metric.{name}": rule for name, rule in METRICS.items()}
    lines = [line for name, part in parts.items() for line in _lines(name, part)]
    lines += [f"least_shift.{n}={rule.least_shift!r}" for n, rule in RULES.items()]
    return "\n".join(sorted(lines))


@lru_cache(maxsize=8)
def settings_hash(settings: Settings) -> str:
    """First 12 hex digits of the SHA-256 of that text in UTF-8."""
    text = settings_text(settings).encode()
    return hashlib.sha256(text).hexdigest()[:_DIGITS]


def _lines(name: str, value: object) -> Iterator[str]:
    """Lines of a value and all that is in it."""
    if is_dataclass(value):
        for one in fields(value):
            yield from _lines(f"{name}.{one.name}", getattr(value, one.name))
    else:
        yield f"{name}={value!r}"
