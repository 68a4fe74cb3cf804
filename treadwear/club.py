"""A laptop that only collects for a club's server: whose runs it may send there.

The club's broker has one user per runner, and drops without a word what one user sends
for another (treadwear.server.roles). So whoever collects has to know it beforehand.
"""

from contract.errors import UsageError
from treadwear.settings import Settings

SIM = "sim"
"""The user who may send for the simulated runners."""

NOT_SAID = (
    "the server did not say that it stored the run: broker or processing is away, or"
    " it does not let this user send for this runner"
)


def may_send(settings: Settings, runner: str) -> bool:
    """Whether the server would take a run of this runner from this laptop."""
    user = settings.broker_username
    return settings.analysed_here or user in (None, SIM, runner)


def check_sender(settings: Settings, runner: str) -> None:
    """Raise `UsageError` if the server would drop all that is sent of this runner."""
    if may_send(settings, runner):
        return
    raise UsageError(
        f"the server would not store a run of {runner}",
        f"broker_username is {settings.broker_username}, and a club's broker lets"
        " each user send her own runs only",
        f"Set broker_username to {runner}, with that password, in a directory of its"
        " own: one directory per runner.",
    )


def server_words(settings: Settings) -> str:
    """Where the server is, as a person knows it."""
    return f"{settings.broker_host}:{settings.broker_port}"
