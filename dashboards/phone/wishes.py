"""What the runner's page may ask for: each wish with its limits, all else refused."""

from typing import Annotated

import msgspec

from contract.errors import PayloadError
from contract.messages import Bends, Surface
from contract.people import Percent10

MOST_BYTES = 4096
"""Longest body of a wish."""

Line = Annotated[str, msgspec.Meta(max_length=60)]
"""A name, a shoe or a place: one line of the report's heading."""
Note = Annotated[str, msgspec.Meta(max_length=300)]
Id = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,31}\Z")]
"""As of `contract.topics`, but begun like no option; ``$`` would allow a line's end."""
BeltKmh = Annotated[float, msgspec.Meta(ge=1.8, le=28.8)]
"""As ``--belt-speed``: 0.5 to 8 m/s."""


class _Wish(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="wish",
):
    """Something that the runner wants.

    ``of`` is the runner whose page it was said on, "" where that is all the same: two
    phones show one page, and nobody may answer for whom the other has just chosen.
    """

    of: Annotated[str, msgspec.Meta(max_length=32)] = ""


class Ready(_Wish, frozen=True, kw_only=True, tag="ready"):
    """Find the sensors and go on from there; ``again`` forgets those of last time."""

    again: bool = False


class ChooseRunner(_Wish, frozen=True, kw_only=True, tag="runner"):
    """Somebody else runs."""

    runner: Id


class AddRunner(_Wish, frozen=True, kw_only=True, tag="add_runner"):
    """Somebody new runs."""

    runner: Id
    name: Line = ""


class Agree(_Wish, frozen=True, kw_only=True, tag="agree"):
    """What treadwear may do with her runs, each for itself."""

    store: bool
    live: bool
    share: bool
    research: bool


class ChooseShoe(_Wish, frozen=True, kw_only=True, tag="shoe"):
    """Another pair; one that is not known yet is added."""

    shoe: Line


class WearHip(_Wish, frozen=True, kw_only=True, tag="hip"):
    """Whether a sensor is worn on the hip too."""

    worn: bool


class Answer(_Wish, frozen=True, kw_only=True, tag="answer"):
    """Whether the one that moved is the one that was asked for."""

    is_right: bool


class Skip(_Wish, frozen=True, kw_only=True, tag="skip"):
    """Go on without a good fit check; the run is marked."""


class Next(_Wish, frozen=True, kw_only=True, tag="next"):
    """Go on."""


class Again(_Wish, frozen=True, kw_only=True, tag="again"):
    """Try what has just failed once more."""


class Swap(_Wish, frozen=True, kw_only=True, tag="swap"):
    """The sensors are the other way round: exchange left and right, and check again."""


class Start(_Wish, frozen=True, kw_only=True, tag="start"):
    """Record from now on, about this run."""

    shoe: Line = ""
    surface: Surface = ""
    bends: Bends = ""
    speed_kmh: BeltKmh | None = None
    pain: Percent10 | None = None
    where: Line = ""
    note: Note = ""


class Stop(_Wish, frozen=True, kw_only=True, tag="stop"):
    """End the run."""


class TellPain(_Wish, frozen=True, kw_only=True, tag="pain"):
    """How much it hurts after the run."""

    pain: Percent10
    where: Line = ""


class Home(_Wish, frozen=True, kw_only=True, tag="home"):
    """Leave it; back to the beginning."""


Wish = (
    Ready
    | ChooseRunner
    | AddRunner
    | Agree
    | ChooseShoe
    | WearHip
    | Answer
    | Skip
    | Next
    | Again
    | Swap
    | Start
    | Stop
    | TellPain
    | Home
)

_READER: msgspec.json.Decoder[Wish] = msgspec.json.Decoder(Wish)


def read_wish(body: bytes) -> Wish:
    """Wish in a body; `PayloadError` for what is none."""
    try:
        return _READER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise PayloadError(
            "this is no wish that the page may have", str(fault)
        ) from fault


def name_of(wish: Wish) -> str:
    """Name by which a wish is known to the page."""
    return str(type(wish).__struct_config__.tag)
