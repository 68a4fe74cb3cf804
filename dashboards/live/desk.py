"""What somebody who watches may say: note this moment, or be quiet for a while."""

from collections.abc import Callable

from contract.messages import Event

Desk = Callable[[str, str, Event], None]
"""Takes (runner, session, event) to the broker; raises `BusError` if it cannot."""
