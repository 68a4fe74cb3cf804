"""Bad clients and a broker that dies, on the real broker with the club's rights."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.service import CollectorService
from collector.simulated.traits import draw_runner
from collector.spool import Spool
from contract import topics
from contract.errors import BusError
from contract.messages import SessionMeta
from contract.model import Slot
from contract.mqtt import MqttBus
from processing.service import ProcessingService
from processing.store.sqlite import SqliteStore
from tests.server.club import WITNESS, ClubBroker, until, wait_until, watching
from treadwear.demo import SimulatedRunner

pytestmark = pytest.mark.services

RUN_S = 30.0
ENOUGH_FRAMES = 500
PATIENCE_S = 60.0
IMU = topics.imu("ana", "s1", Slot.LEFT)
MEGABYTE = 1_000_000


def peak_kb(broker: ClubBroker) -> int:
    """Most memory that the broker ever held."""
    status = Path(f"/proc/{broker.pid}/status").read_text()
    return next(int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM"))


def test_ten_megabytes_reach_nobody_and_the_broker_goes_on(
    own_club: ClubBroker,
) -> None:
    with (
        watching(own_club, WITNESS, "watcher") as (witness, ear),
        own_club.join("ben", "collector-ben") as ben,
    ):
        before_kb = peak_kb(own_club)
        with own_club.join("ana", "collector-ana") as ana:
            ana.publish(IMU, bytes(10 * MEGABYTE))
            wait_until(lambda: not ana.is_connected)
        grown_kb = peak_kb(own_club) - before_kb
        ben.publish(topics.imu("ben", "s1", Slot.LEFT), b"a frame")
        until(ear, "treadwear/v1/ben/+/+/imu", b"a frame")

        assert ear.payloads(IMU) == []
        assert witness.is_connected
    assert own_club.is_alive
    assert grown_kb * 1024 < 10 * MEGABYTE


def test_a_payload_far_above_any_frame_still_passes(own_club: ClubBroker) -> None:
    large = bytes(200_000)
    with watching(own_club, "processing", "processing") as (_, ear):
        with own_club.join("ana", "collector-ana") as ana:
            ana.publish(IMU, large)
        until(ear, IMU, large)


def test_wrong_passwords_leave_those_inside_in_peace(own_club: ClubBroker) -> None:
    with watching(own_club, "processing", "processing") as (processing, ear):
        for number in range(20):
            with pytest.raises(BusError):
                own_club.join("ana", f"guess-{number}", password=f"guess {number}")
        with own_club.join("ana", "collector-ana") as ana:
            ana.publish(IMU, b"a frame")
        until(ear, IMU, b"a frame")
        assert processing.is_connected


def test_what_is_retained_survives_a_broker_that_is_stopped(
    own_club: ClubBroker,
) -> None:
    with own_club.join("ana", "collector-ana") as ana:
        ana.publish(topics.meta("ana", "s1"), b"described", retain=True)
    own_club.stop()
    own_club.start()
    with watching(own_club, "processing", "processing") as (_, ear):
        until(ear, topics.meta("ana", "s1"), b"described")


@pytest.fixture
def ana(tmp_path: Path) -> Iterator[tuple[Spool, SimulatedRunner]]:
    spool = Spool(tmp_path / "spool.db")
    meta = SessionMeta(runner="ana", session="s1", origin_ns=1_000_000_000)
    yield spool, SimulatedRunner(meta, draw_runner(7), 7)
    spool.close()


def test_500_frames_that_wait_for_the_processing_survive_a_broker_that_is_killed(
    own_club: ClubBroker, ana: tuple[Spool, SimulatedRunner], tmp_path: Path
) -> None:
    spool, runner = ana
    store_path = tmp_path / "treadwear.db"
    with (
        own_club.join("ana", "collector-ana") as bus,
        CollectorService(bus, spool, [runner.plan(RUN_S)], speed=None) as collector,
    ):
        wait_until(lambda: collector.progress()[0].is_fed)
        assert spool.held_frames >= ENOUGH_FRAMES
        wait_until(lambda: collector.counts.sent > 0)
        own_club.kill()
        wait_until(lambda: not bus.is_connected)
        own_club.start()
        wait_until(lambda: bus.is_connected)
        assert collector.counts.acked == 0

        fed = collector.progress()[0].fed_frames
        with own_club.join("processing", "processing") as other:
            stored = stored_by_processing(other, store_path, collector)

        assert spool.held_frames == 0
        assert stored == fed >= ENOUGH_FRAMES


def stored_by_processing(
    bus: MqttBus, store_path: Path, collector: CollectorService
) -> int:
    """Run the real processing until all is acknowledged; gives the frames it has."""
    service = ProcessingService(bus, store_path)
    service.start()
    try:
        assert collector.wait(PATIENCE_S)
    finally:
        service.stop()
    with SqliteStore.open(store_path, read_only=True) as store:
        return sum(1 for _ in store.frames("s1"))
