"""From messages of the bus to tiles and events that may be believed."""

import math

from contract import topics
from contract.errors import PayloadError
from contract.messages import TOLD_KINDS, Event, LiveTile, loads

MAX_T_NS = 2**62
"""The year 2116: what is added to it still fits 63 bits, and later is no clock."""
MAX_ASI_PCT = 200.0
"""The index 100 (R - L) / mean(R, L) of two positive times cannot leave +-200 %."""


def read_tile(topic: str, payload: bytes, most_bytes: int) -> LiveTile:
    """Tile of a message; raises `PayloadError` or `TopicError` for what is none."""
    if len(payload) > most_bytes:
        raise PayloadError("a live tile of this size is no live tile")
    address = topics.parse(topic)
    tile = loads(payload, LiveTile)
    if (tile.runner, tile.session) != (address.runner, address.session):
        raise PayloadError("the tile is about another run than its topic")
    _check_interval(tile)
    if not max(abs(tile.t_ns), abs(tile.data_t_ns)) < MAX_T_NS:
        raise PayloadError("the tile's time is no time")
    return tile


def read_event(topic: str, payload: bytes, most_bytes: int) -> tuple[str, str, Event]:
    """Runner, session and event of a message; raises like `read_tile`."""
    if len(payload) > most_bytes:
        raise PayloadError("an event of this size is no event")
    address = topics.parse(topic)
    event = loads(payload, Event)
    if (address.kind == "mark") != (event.kind in TOLD_KINDS):
        raise PayloadError(f"a {event.kind} is not said on this topic")
    return address.runner, address.session, event


def _check_interval(tile: LiveTile) -> None:
    if tile.asi_pct is not None and not abs(tile.asi_pct) <= MAX_ASI_PCT:
        raise PayloadError("the difference is larger than two times can differ")
    own = tile.light.band_low_pct, tile.light.band_high_pct
    for low, high in ((tile.ci_low, tile.ci_high), own):
        if low is not None and high is not None and low > high:
            raise PayloadError("the interval ends before it begins")
    times_ms = (tile.contact_left_ms, tile.contact_right_ms)
    if not all(t is None or math.isfinite(t) for t in times_ms):
        raise PayloadError("a contact time is no number")
