"""Every vendor test, capture and built packet in tests/captures, read by its driver."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collector.devices.base import Cadence, Step, Wanted, perform
from collector.devices.metawear import MetaWear
from collector.devices.movesense import Movesense
from collector.devices.orphe import Orphe, read_sensor_values
from collector.devices.polar_frames import read_frame
from collector.devices.running_speed import RunningSpeed, read_measurement
from collector.sequence import Packet
from contract.errors import PacketError
from contract.units import RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from firmware_config.profile import profile_of

CAPTURES = Path(__file__).parents[1] / "captures"


@dataclass(frozen=True)
class Case:
    name: str
    notifications: tuple[bytes, ...]
    expected: dict[str, Any]
    decoded: Any


def no_answer(step: Step) -> bytes:
    del step
    return b""


def cases(*families: str) -> list[Any]:
    folders = sorted(f for name in families for f in (CAPTURES / name).iterdir())
    return [pytest.param(read_case(f), id=f.name) for f in folders]


def read_case(folder: Path) -> Case:
    lines = (folder / "notifications.hex").read_text(encoding="ascii").split()
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    notifications = tuple(bytes.fromhex(line) for line in lines)
    return Case(folder.name, notifications, expected, expected["decoded"])


@pytest.mark.parametrize(
    "family",
    [
        "orphe-core",
        "orphe-insole",
        "polar-verity-sense",
        "movesense",
        "metawear",
        "running-speed-cadence",
    ],
)
def test_every_family_has_captures_and_each_says_where_it_is_from(family: str) -> None:
    found = [read_case(folder) for folder in (CAPTURES / family).iterdir()]
    assert found
    for case in found:
        assert case.notifications
        assert case.expected["kind"] in {"vendor-test", "capture", "built"}
        assert case.expected["source"]


@pytest.mark.parametrize("case", cases("polar-verity-sense"))
def test_a_polar_frame_has_the_samples_that_its_source_says(case: Case) -> None:
    payload, said = case.notifications[0], case.decoded
    if case.expected.get("is_cut_off"):
        with pytest.raises(PacketError):
            read_frame(payload)
        payload = cut_to(payload, said["n"] - 1)
    frame = read_frame(payload)
    assert (frame.kind, frame.last_ns) == (said["type"], said["t_last_ns"])
    assert frame.frame_type | frame.is_delta << 7 == said["frame"]
    assert len(frame.counts) == said["n"]
    assert frame.counts[: len(said["first"])].tolist() == said["first"]
    assert frame.counts[-1].tolist() == said["last"]


def cut_to(payload: bytes, n_deltas: int) -> bytes:
    """The capture lost its end: claim only the deltas of its block that are there."""
    bits = payload[16]
    size = (n_deltas * 3 * bits + 7) // 8
    return payload[:17] + bytes([n_deltas]) + payload[18 : 18 + size]


@pytest.mark.parametrize("case", cases("orphe-core", "orphe-insole"))
def test_an_orphe_packet_has_its_samples_and_times_oldest_first(case: Case) -> None:
    payload, said = case.notifications[0], case.decoded
    values = read_sensor_values(payload)
    assert payload[0] == said["header"]
    assert values.serial == said["serial"]
    assert list(values.t_ms) == [sample["t_ms"] for sample in said["samples"]]
    samples = [sample["acc"] + sample["gyr"] for sample in said["samples"]]
    assert values.counts.tolist() == samples
    driver = Orphe(profile_of("orphe-core"))
    (packet,) = driver.decode("sensor_values", payload, 5)
    assert isinstance(packet, Packet)
    assert (packet.counter, packet.arrival_ns) == (said["serial"], 5)
    assert packet.dev_ns == said["samples"][0]["t_ms"] * 1_000_000
    assert packet.counts.tolist() == samples


@pytest.mark.parametrize("case", cases("movesense"))
def test_a_movesense_packet_is_all_acc_then_all_gyro(case: Case) -> None:
    driver = Movesense(profile_of("movesense"))
    (packet,) = driver.decode("notify", as_imu6(case.notifications[0]), 0)
    assert isinstance(packet, Packet)
    assert packet.dev_ns == case.decoded["t_ms"] * 1_000_000
    assert len(packet.counts) == case.decoded["n"]
    acc, gyro = np.array(case.decoded["samples"]).transpose(1, 0, 2)
    half_acc, half_gyro = driver.scale.acc_lsb_mps2, driver.scale.gyro_lsb_rps
    found = packet.counts * np.repeat([half_acc, half_gyro], 3)
    assert np.abs(found[:, :3] - acc).max() <= half_acc / 2 + 1e-6
    assert np.abs(found[:, 3:] - gyro * RAD_PER_DEG).max() <= half_gyro / 2 + 1e-6


def as_imu6(payload: bytes) -> bytes:
    assert struct.unpack_from("<BB", payload) == (2, 0x63)
    return payload


@pytest.mark.parametrize("case", cases("metawear"))
def test_metawear_samples_have_the_size_that_the_vendor_computes(case: Case) -> None:
    is_acc = case.notifications[0][0] == 0x03
    said = np.array(case.decoded)
    full_scale = case.expected["range"]
    profile = profile_of("metawear")
    driver = MetaWear(profile)
    wanted = Wanted(200, full_scale if is_acc else 16, 2000 if is_acc else full_scale)
    perform(driver.start(wanted), no_answer)
    other = bytes.fromhex("130700" if is_acc else "031c00")[:2] + bytes(18)
    heard = []
    for arrival_ns in (0, 15_000_000, 30_000_000):
        heard += driver.decode("notify", other, arrival_ns)
        heard += driver.decode("notify", case.notifications[0], arrival_ns)
    counts = np.concatenate([p.counts for p in heard if isinstance(p, Packet)])
    acc_g = counts[:, :3] * driver.scale.acc_lsb_mps2 / STANDARD_GRAVITY_MPS2
    gyro_dps = counts[:, 3:] * driver.scale.gyro_lsb_rps / RAD_PER_DEG
    found = acc_g if is_acc else gyro_dps
    for sample in said:
        assert np.abs(found - sample).max(axis=1).min() < 0.001 * max(
            1, full_scale / 125
        )


@pytest.mark.parametrize("case", cases("running-speed-cadence"))
def test_a_foot_pod_says_speed_and_cadence(case: Case) -> None:
    said = case.decoded
    found = read_measurement(case.notifications[0])
    assert found.speed_mps == said["speed_mps"]
    assert found.cadence_spm == said["cadence_spm"]
    assert found.is_running == said["running"]
    assert found.stride_m == said.get("stride_m")
    assert found.distance_m == said.get("distance_m")
    driver = RunningSpeed(profile_of("running-speed-cadence"))
    heard = driver.decode("measurement", case.notifications[0], 0)
    assert heard == [Cadence(said["speed_mps"], said["cadence_spm"])]
