import pytest

from collector.devices import sig
from collector.devices.base import Facts, Read, Script, Step, Wanted, perform
from collector.devices.settings import default_scale, rate_of, scale_of
from contract.errors import SensorError
from contract.units import RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from firmware_config.profile import profile_of

POLAR = profile_of("polar-verity-sense")
NOBODY = Facts()


def facts_from(said: dict[str, bytes], before: Facts = NOBODY) -> Facts:
    found: list[Facts] = []

    def script() -> Script:
        found.append((yield from sig.asked(POLAR, before)))

    def answer(step: Step) -> bytes:
        return said.get(step.channel, b"") if isinstance(step, Read) else b""

    steps = perform(script(), answer)
    assert all(isinstance(step, Read) and step.is_optional for step in steps)
    return found[0]


def test_ranges_decide_the_size_of_a_count() -> None:
    scale = scale_of(POLAR, Wanted(208, 8, 500))
    assert scale.acc_lsb_mps2 == pytest.approx(0.000244 * STANDARD_GRAVITY_MPS2)
    assert scale.gyro_lsb_rps == pytest.approx(0.0175 * RAD_PER_DEG)
    assert default_scale(POLAR) == scale_of(POLAR, Wanted(208, 16, 2000))
    assert rate_of(POLAR, Wanted(416, 16, 2000)) == 416


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        (Wanted(208, 3, 2000), "a range of 3 g because it offers 2, 4, 8, 16"),
        (Wanted(208, 16, 100), "a range of 100 degrees per second"),
    ],
)
def test_a_range_that_is_not_offered_is_refused(wanted: Wanted, what: str) -> None:
    with pytest.raises(SensorError, match=what):
        scale_of(POLAR, wanted)


def test_a_rate_that_is_not_offered_is_refused() -> None:
    with pytest.raises(SensorError, match="200 Hz because it offers 26, 52"):
        rate_of(POLAR, Wanted(200, 16, 2000))


def test_who_a_sensor_is_is_read_where_it_says_so() -> None:
    said = {"battery": b"\x03", "serial": b"AB12\0\0", "firmware": b" 2.0.1"}
    assert facts_from(said) == Facts("AB12", "2.0.1", 3)


def test_what_a_sensor_does_not_say_stays_as_it_was() -> None:
    known = Facts("AB12", "2.0", 50, "left")
    assert facts_from({}, known) == known
    assert facts_from({"battery": b"\xff", "serial": b"\0"}, known) == known
    assert facts_from({"serial": b"\xff\xfe"}).serial == "\ufffd\ufffd"
