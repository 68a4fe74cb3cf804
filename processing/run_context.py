"""What two sides of a comparison have in common, and what else differs between them."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from itertools import groupby, pairwise
from statistics import median

import numpy as np

from contract.messages import SensorInfo, SessionMeta
from contract.model import Slot
from contract.people import Mount
from contract.rows import SessionRow
from contract.units import NS_PER_S
from processing.baseline import BaselineSettings, has_similar_pace
from processing.run_changes import Cancelling

MOST_SPEED_PCT = 5.0
"""Speeds further apart are warned of: contact time goes with speed."""
_MOST_CADENCE_PCT = 100 * BaselineSettings().cadence_share
_MOST_TURN_DEG = 10.0
"""A sensor turned by more sits differently: a mount moves by less than 5 deg of itself,
twice that counts as a slip (processing/shoe/slip.py)."""
_LONGER = 1.5
"""One run so much longer than the other: its later steps are those of tired legs."""
_NS_PER_DAY = 86_400 * NS_PER_S
NOT_TOLD = "not told"
_FEET = (Slot.LEFT, Slot.RIGHT)


class Kind(StrEnum):
    """What kind of comparison it is."""

    RETEST = "re-test in the same shoe"
    OTHER_PACE = "same shoe, other pace"
    UNKNOWN_PACE = "same shoe, pace not known"
    SHOES = "shoe against shoe"
    UNNAMED = "two runs, shoe not named"
    MIXED = "groups of several shoes"


SAME_SHOE = (Kind.RETEST, Kind.OTHER_PACE, Kind.UNKNOWN_PACE)
OTHER_PACE, UNKNOWN_PACE = "other pace", "pace not known"
_KINDS = {"": Kind.RETEST, OTHER_PACE: Kind.OTHER_PACE, UNKNOWN_PACE: Kind.UNKNOWN_PACE}


@dataclass(frozen=True, slots=True)
class Circumstance:
    """One thing on both sides; ``warning`` says what it may do, "" when it is alike."""

    name: str
    before: str
    after: str
    warning: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """What is known of a run besides its figures."""

    about: SessionRow
    meta: SessionMeta | None = None
    mounts: Mapping[Slot, Mount] | None = None


Side = Sequence[Situation]


def kind_of(before: Side, after: Side) -> Kind:
    """Tell a re-test from a comparison of shoes."""
    shoes = [{run.about.shoe for run in side} for side in (before, after)]
    if "" in shoes[0] | shoes[1]:
        return Kind.UNNAMED
    if max(map(len, shoes)) > 1:
        return Kind.MIXED
    if shoes[0] != shoes[1]:
        return Kind.SHOES
    return _KINDS[other_pace(before, after)]


@dataclass(frozen=True, slots=True)
class _Pace:
    """The middle of a side's runs, as far as known."""

    speed_mps: float | None
    cadence_spm: float | None


def other_pace(before: Side, after: Side) -> str:
    """Say why left and right of both sides do not compare; "" for about one pace.

    By the rule that chooses the runs of an own baseline: how uneven a runner is goes
    with her speed (`processing.baseline`).
    """
    paces = [
        _Pace(_middle(side, "speed_mps"), _middle(side, "cadence_spm"))
        for side in (before, after)
    ]
    is_similar = has_similar_pace(paces[0], paces[1], BaselineSettings())
    if is_similar is None:
        return UNKNOWN_PACE
    return "" if is_similar else OTHER_PACE


def has_same_sensors(before: Side, after: Side) -> bool | None:
    """Whether each foot wore one and the same sensor in all runs; None: not known.

    Only a serial number says so; of sensors without one, only that they are others is
    known, where their families differ.
    """
    runs = [*before, *after]
    found = [_are_same([_sensor(run, slot) for run in runs]) for slot in _FEET]
    if False in found:
        return False
    return None if None in found else True


def _are_same(sensors: Sequence[SensorInfo]) -> bool | None:
    serials = {sensor.serial for sensor in sensors}
    if "" not in serials:
        return len(serials) == 1
    families = {sensor.family for sensor in sensors} - {SensorInfo().family}
    return False if max(len(serials - {""}), len(families)) > 1 else None


def _sensor(run: Situation, slot: Slot) -> SensorInfo:
    sensors = run.meta.sensors if run.meta else {}
    return sensors.get(slot.word, SensorInfo())


def cancelling_of(before: Side, after: Side) -> Cancelling:
    """Say what becomes of the systematic part of sensors and mounts.

    It cancels for sensors known to be the same on the same shoe, unless one is seen to
    sit differently. Of sensors that are not known, each time that a side's turn comes
    counts as one seating, like with shoes in turns: two imports never cancel.
    """
    is_same = has_same_sensors(before, after)
    kind = kind_of(before, after)
    if is_same is False or kind in (Kind.UNNAMED, Kind.MIXED):
        return Cancelling((1, 1))
    if is_same and kind in SAME_SHOE:
        turned = (_most_turn_deg(before, after) or 0.0) > _MOST_TURN_DEG
        return Cancelling((_seats(before), _seats(after))) if turned else Cancelling()
    return Cancelling(_seatings(before, after))


def _seats(side: Side) -> int:
    """How often the sensors are seen to have been seated anew within a side."""
    runs = sorted(side, key=lambda run: run.about.time_ns)
    turns = (_most_turn_deg([a], [b]) for a, b in pairwise(runs))
    return 1 + sum((turn or 0.0) > _MOST_TURN_DEG for turn in turns)


def _seatings(before: Side, after: Side) -> tuple[int, int]:
    """How often one pair of sensors came onto each of two shoes, at the least."""
    counts = Counter(key for key, _ in groupby(_order(before, after)))
    return counts["before"], counts["after"]


def is_alternating(before: Side, after: Side) -> bool:
    """Whether neither side was over before the other began."""
    return len(list(groupby(_order(before, after)))) > 2


def _order(before: Side, after: Side) -> list[str]:
    """Which side was run when, in order of time."""
    runs = [(r.about.time_ns, r.about.session, "before") for r in before]
    runs += [(r.about.time_ns, r.about.session, "after") for r in after]
    return [side for _, _, side in sorted(runs)]


def circumstances(
    before: Side, after: Side, zone: tzinfo = UTC
) -> tuple[Circumstance, ...]:
    """What else is the same or differs, in words."""
    found = (
        _when(before, after, zone),
        _shoes(before, after),
        _speed(before, after),
        _cadence(before, after),
        _told(before, after, "surface"),
        _told(before, after, "bends"),
        _duration(before, after),
        _sensors(before, after),
        _seat(before, after),
        _verified(before, after),
        _settings(before, after),
    )
    return tuple(c for c in found if c is not None)


def _when(before: Side, after: Side, zone: tzinfo) -> Circumstance:
    middles_ns = [median(r.about.time_ns for r in side) for side in (before, after)]
    days = abs(middles_ns[1] - middles_ns[0]) / _NS_PER_DAY
    apart = f"{days:.0f} days apart" if days >= 1.5 else ""
    is_grouped = len(before) + len(after) > 2
    warning = f"{apart}: much besides what you changed may differ." if apart else ""
    if is_grouped and not is_alternating(before, after):
        warning = (
            f"All runs of one side came before the other{', ' + apart if apart else ''}"
            ": what else changed with time cannot be told apart. Alternate: A B B A."
        )
    words = [", ".join(_days(side, zone)) for side in (before, after)]
    return Circumstance("day", words[0], words[1], warning)


def _days(side: Side, zone: tzinfo) -> list[str]:
    times = sorted(run.about.time_ns for run in side)
    days = [datetime.fromtimestamp(t // NS_PER_S, tz=zone) for t in times]
    return list(dict.fromkeys(f"{day.day} {day:%b %Y}" for day in days))


def _shoes(before: Side, after: Side) -> Circumstance:
    words = [_listed(run.about.shoe for run in side) for side in (before, after)]
    kind = kind_of(before, after)
    warning = ""
    if kind is Kind.UNNAMED:
        warning = "A shoe without a name is not known to be the same shoe."
    if kind is Kind.MIXED:
        warning = "A side has several shoes: no change is one shoe's alone."
    return Circumstance("shoe", words[0], words[1], warning)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word or NOT_TOLD for word in words))


def _speed(before: Side, after: Side) -> Circumstance:
    gap, words = _gap(before, after, "speed_mps", "{:.2f} m/s")
    warning = ""
    if gap is None:
        warning = "Speed is not known, so no stretches of equal speed can be chosen."
    elif other_pace(before, after):
        warning = (
            f"Speeds differ by {abs(gap):.0f} %: left against right of such runs cannot"
            " be compared, it goes with speed."
        )
    elif abs(gap) > MOST_SPEED_PCT:
        warning = f"Speeds differ by {abs(gap):.0f} %: contact time depends on speed."
    return Circumstance("speed", words[0], words[1], warning)


def _cadence(before: Side, after: Side) -> Circumstance:
    gap, words = _gap(before, after, "cadence_spm", "{:.0f} steps/min")
    warning = ""
    if gap is not None and abs(gap) > _MOST_CADENCE_PCT:
        warning = f"Cadence differs by {abs(gap):.0f} %."
    if other_pace(before, after) == UNKNOWN_PACE:
        warning = (
            "Neither speed nor cadence is known of both sides: left against right"
            " cannot be compared, it goes with speed."
        )
    return Circumstance("cadence", words[0], words[1], warning)


def _gap(
    before: Side, after: Side, name: str, form: str
) -> tuple[float | None, list[str]]:
    """How many percent after is above before, and both in words."""
    middles = [_middle(side, name) for side in (before, after)]
    words = ["not known" if m is None else form.format(m) for m in middles]
    one, other = middles
    if one is None or other is None:
        return None, words
    return 200.0 * (other - one) / (other + one), words


def _middle(side: Side, name: str) -> float | None:
    """Median of a figure over the runs that have it; None without any."""
    known = [value for run in side if (value := getattr(run.about, name))]
    return median(known) if known else None


def _told(before: Side, after: Side, name: str) -> Circumstance | None:
    """Something that the runner told of each run; None when she never did."""
    sides = [
        {str(getattr(run.meta, name, "") or "") for run in side}
        for side in (before, after)
    ]
    if sides == [{""}, {""}]:
        return None
    differs = sides[0] != sides[1] and "" not in sides[0] | sides[1]
    warning = f"The {name} differed." if differs else ""
    words = [_listed(sorted(side)) for side in sides]
    return Circumstance(name, words[0], words[1], warning)


def _duration(before: Side, after: Side) -> Circumstance:
    lengths = [median(run.about.duration_s for run in side) for side in (before, after)]
    words = [f"{seconds / 60:.0f} min" for seconds in lengths]
    is_longer = max(lengths) > _LONGER * min(lengths)
    warning = "One is much longer: tired legs may differ." if is_longer else ""
    return Circumstance("duration", words[0], words[1], warning)


def _sensors(before: Side, after: Side) -> Circumstance:
    words = [_serials(side) for side in (before, after)]
    warning = _SENSORS[has_same_sensors(before, after)]
    return Circumstance("sensors", words[0], words[1], warning)


_SENSORS = {
    True: "",
    False: "Other sensors: their own errors do not cancel.",
    None: "Not known whether they were the same sensors: their own errors are in the "
    "ranges.",
}


def _serials(side: Side) -> str:
    found = {_sensor(run, slot).serial for run in side for slot in _FEET}
    return ", ".join(sorted(found - {""})) or "serial numbers not known"


def _seat(before: Side, after: Side) -> Circumstance | None:
    """How far a sensor sat from where it sat before; None where that is not known."""
    most = _most_turn_deg(before, after)
    if most is None:
        return None
    is_turned = most > _MOST_TURN_DEG
    is_new = kind_of(before, after) is Kind.SHOES
    warning = "A sensor was seated anew: its own errors are in the ranges."
    words = "on its own shoe" if is_new else f"turned by up to {most:.0f}°"
    return Circumstance(
        "seat of the sensors",
        "on its own shoe" if is_new else "as it was",
        words,
        warning if is_turned or is_new else "",
    )


def _most_turn_deg(before: Side, after: Side) -> float | None:
    """Largest turn of a sensor between two sides; None where that is not known."""
    found = (_turn_deg(_mount(before, slot), _mount(after, slot)) for slot in _FEET)
    return max((turn for turn in found if turn is not None), default=None)


def _mount(side: Side, slot: Slot) -> Mount | None:
    kept = (run.mounts.get(slot) for run in side if run.mounts)
    return next((m for m in kept if m is not None), None)


def _turn_deg(one: Mount | None, other: Mount | None) -> float | None:
    """Angle between two seats of the same sensor; None for what is no such pair."""
    if one is None or other is None:
        return None
    if (one.serial, one.family) != (other.serial, other.family):
        return None
    axes = [np.array(m.axes, float).reshape(3, 3) for m in (one, other)]
    cosine = (float(np.trace(axes[0] @ axes[1].T)) - 1) / 2
    return math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))


def _verified(before: Side, after: Side) -> Circumstance | None:
    """Whether the sensors' fit was checked; None when nothing speaks against it."""
    why = [
        _listed(r.meta.unverified if r.meta else "" for r in side)
        for side in (before, after)
    ]
    words = ["yes" if w == NOT_TOLD else "no" for w in why]
    if "no" not in words:
        return None
    warning = "How the sensors sat was not checked before every run."
    return Circumstance("fit checked", words[0], words[1], warning)


def _settings(before: Side, after: Side) -> Circumstance | None:
    """Whether other numbers tuned the analysis; None when they did not."""
    hashes = [
        _listed(sorted({r.about.settings_hash or "" for r in side}))
        for side in (before, after)
    ]
    if hashes[0] == hashes[1] or NOT_TOLD in hashes:
        return None
    warning = "Analysed with other settings: reprocess both sides."
    return Circumstance("settings", hashes[0], hashes[1], warning)
