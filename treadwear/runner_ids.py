"""Which pseudonyms a person may have: they stand in topics, tags and file names."""

import re

from contract import topics
from contract.errors import TopicError, UsageError

# Users of the club's broker, and words that stand for something else in topics, tags
# or file names; tests/server/test_roles.py holds the first against the roles.
RESERVED = frozenset(
    {
        *("processing", "live", "health", "sim"),
        *("admin", "collector", "nobody", "service", "status"),
    }
)
_SIMULATED_ID = re.compile(r"sim-[0-9]+")


def check_runner_id(runner: str) -> str:
    """Return an id that a person may have; `UsageError` for any other."""
    try:
        topics.check_id(runner, "runner")
    except TopicError as fault:
        raise UsageError(fault.what, fault.why, fault.next_step) from fault
    if runner.startswith("-"):
        raise UsageError(
            f"{runner!r} cannot be a runner id",
            "other commands would take it for an option",
            "Begin it with a letter or a digit, such as ana-1.",
        )
    if runner in RESERVED or _SIMULATED_ID.fullmatch(runner):
        raise UsageError(
            f"{runner!r} cannot be a runner id",
            "a part of the server has that name",
            "Choose a short pseudonym such as ana-1.",
        )
    return runner
