"""What is known of a person besides samples: body, consent, intake, shoes, mounts.

Kept as JSON records per runner in the local store; a newer record of one kind and name
replaces an older one where the reader asks for the latest. Runner ids are pseudonyms.
"""

from typing import Annotated, Literal

import msgspec

from contract.messages import TimeNs
from contract.model import SlotWord

Checkpoint = Literal["foot_ankle", "knee", "lphc", "shoulders", "head"]
"""The five kinetic chain checkpoints; lphc is lumbo-pelvic-hip complex."""

Side = Literal["left", "right", "both"]
Percent10 = Annotated[int, msgspec.Meta(ge=0, le=10)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


Purpose = Literal["store", "live", "share", "research"]
"""What a runner agrees to, each by itself.

store: keep runs on this computer. live: appear on a live page that others see. share:
hand reports and exports to somebody else, a coach or physio. research: be part of data
sets without a name.
"""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Who a runner is, as far as she wants to say; the latest counts.

    ``name`` is what pages show; it stays in the local store and the live topic.
    """

    time_ns: TimeNs
    name: str = ""
    mass_kg: NotNegative | None = None
    leg_length_m: NotNegative | None = None


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What a runner agreed to, purpose by purpose; the latest counts, all are kept.

    Who runs treadwear for herself stores her own runs; everything that others would
    see is off until she says yes. ``by`` is who agreed in her place (a guardian).
    """

    time_ns: TimeNs
    store: bool = True
    live: bool = False
    share: bool = False
    research: bool = False
    by: str = ""

    def allows(self, purpose: Purpose) -> bool:
        """Whether this purpose was agreed to."""
        return bool(getattr(self, purpose))


class PastInjury(msgspec.Struct, frozen=True):
    """A region that hurt before, as the runner tells it."""

    region: str
    side: Side = "both"
    year: int | None = None


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What the runner says about herself.

    ``pain`` is now, 0 to 10; ``race_date`` is YYYY-MM-DD.
    """

    hours_per_week: NotNegative | None = None
    km_per_week: NotNegative | None = None
    past_injuries: tuple[PastInjury, ...] = ()
    goals: str = ""
    race_date: str = ""
    pain: Percent10 | None = None
    pain_where: str = ""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person saw in a movement check.

    ``compensation`` is a name of the corrective table (feet_turn_out, knees_move_in,
    ...); ``test`` says in which movement. ``is_seen`` False: looked for, not there.
    """

    test: Literal["overhead_squat", "single_leg_squat"]
    checkpoint: Checkpoint
    compensation: str
    side: Side = "both"
    is_seen: bool = True


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """One assessment of a runner: what she says and what a person saw."""

    time_ns: TimeNs
    by: str = ""
    intake: Intake = msgspec.field(default_factory=Intake)
    observations: tuple[Observation, ...] = ()
    assessed: tuple[Checkpoint, ...] = ()
    note: str = ""


class Pain(msgspec.Struct, frozen=True, kw_only=True):
    """How much it hurt, 0 to 10, and where; asked after a run or at any time."""

    time_ns: TimeNs
    pain: Percent10
    where: str = ""


class Shoe(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of shoes; ``service_km`` is when a reminder comes.

    ``tread_mm`` holds measured tread depths, one entry per measuring: km on the shoe
    and depth per zone, named like left_heel_lateral. ``mass_g`` is that of one shoe.
    """

    name: str
    service_km: NotNegative = 600.0
    start_km: NotNegative = 0.0
    mass_g: NotNegative | None = None
    retired: bool = False
    tread_mm: tuple[tuple[float, dict[str, float]], ...] = ()


class PairedSensor(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor that was told apart: where it is worn, and how it is found again.

    ``serial`` is what the sensor says of itself and counts; ``name`` and ``address``
    find it quickly (an address may be of this computer only).
    """

    slot: SlotWord
    family: str
    serial: str
    name: str = ""
    address: str = ""


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """The sensors that a runner wears with a shoe; the latest counts."""

    time_ns: TimeNs
    shoe: str = ""
    sensors: tuple[PairedSensor, ...]


class FitCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check of how the sensors sit, before a run; ``failed`` names what was not good.

    ``serials`` are the sensors that were checked, in the order of their slots.
    """

    time_ns: TimeNs
    shoe: str = ""
    serials: tuple[str, ...]
    failed: tuple[str, ...] = ()


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """How a sensor sat on a shoe in a run: its axes in the sensor's own, and the bias.

    ``axes`` are the rows x, y, z of the foot frame (or pelvis frame), 9 numbers.
    ``family`` is the kind of sensor: it must agree where serial numbers are unknown.
    """

    time_ns: int
    shoe: str
    slot: str
    serial: str
    family: str = "unknown"
    axes: tuple[float, ...]
    gyro_bias_rps: tuple[float, float, float]
    axis_spread_deg: float
    strides: int
