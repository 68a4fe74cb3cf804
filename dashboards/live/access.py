"""Who may come in from the network, and as what: the runner herself, or a coach.

On this computer nobody is asked. From elsewhere a token opens the door once and is
exchanged for a cookie; a coach's link only looks, and ends.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a visitor may do: an owner everything, a coach look at the wall."""

    OWNER = "owner"
    COACH = "coach"


class Access:
    """Tokens that were given out, and what became of them."""
