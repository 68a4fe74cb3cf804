"""Notifications as a host got them, from one process to another."""

import msgspec


class Capture(msgspec.Struct, frozen=True):
    """Info of each sensor, and notifications: slot, payload, arrival in ns."""

    infos: dict[int, bytes]
    notifications: list[tuple[int, bytes, int]]
