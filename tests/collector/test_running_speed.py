import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.devices.base import Cadence, Read, Step, Subscribe, Wanted, perform
from collector.devices.running_speed import RunningSpeed, read_measurement
from contract.errors import PacketError
from firmware_config.profile import profile_of
from tests.collector.vendor_encoders import rsc_measurement


def a_pod() -> RunningSpeed:
    return RunningSpeed(profile_of("running-speed-cadence"))


def cadence_of(payload: bytes) -> float:
    (heard,) = a_pod().decode("measurement", payload, 0)
    assert isinstance(heard, Cadence)
    return heard.cadence_spm


@given(
    st.floats(0, 255),
    st.integers(0, 255),
    st.none() | st.integers(0, 65535),
    st.booleans(),
)
def test_a_measurement_comes_back(
    speed_mps: float, cadence: int, stride_cm: int | None, running: bool
) -> None:
    payload = rsc_measurement(speed_mps, cadence, stride_cm, running=running)
    found = read_measurement(payload)
    assert found.speed_mps == pytest.approx(speed_mps, abs=1 / 512)
    assert (found.cadence_spm, found.is_running) == (cadence, running)
    assert found.stride_m == (None if stride_cm is None else stride_cm / 100)
    assert found.distance_m is None


def test_a_pod_that_counts_one_leg_of_a_runner_is_doubled() -> None:
    assert cadence_of(rsc_measurement(3.0, 86)) == 172
    assert cadence_of(rsc_measurement(3.0, 86, running=False)) == 172
    assert cadence_of(rsc_measurement(3.0, 172)) == 172


def test_a_walker_is_not_doubled_and_one_who_stands_takes_no_steps() -> None:
    assert cadence_of(rsc_measurement(1.4, 110, running=False)) == 110
    assert cadence_of(rsc_measurement(0.0, 0)) == 0


@pytest.mark.parametrize("payload", [b"", bytes(3), bytes(5), b"\x01" + bytes(3)])
def test_a_wrong_length_is_refused(payload: bytes) -> None:
    with pytest.raises(PacketError, match="bytes instead of"):
        a_pod().decode("measurement", payload, 0)


def test_there_is_nothing_to_set() -> None:
    pod = a_pod()

    def answer(step: Step) -> bytes:
        return b"\x63" if step == Read("battery", is_optional=True) else b""

    assert perform(pod.start(Wanted(1, 16, 2000)), answer) == [Subscribe("measurement")]
    assert perform(pod.stop(), answer) == perform(pod.blink(), answer) == []
    perform(pod.identify(), answer)
    assert pod.facts.battery_pct == 99
    assert pod.ping(1) is None
    assert pod.resend(0, 1) is None
    assert pod.decode("battery", b"", 0) == []
