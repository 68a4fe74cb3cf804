"""What somebody with one runner's password can do to the others: next to nothing.

A stolen laptop has such a password. She speaks MQTT as she likes, so these use packets
that `contract.mqtt` would never send.
"""

from contextlib import suppress
from pathlib import Path

import pytest

from contract import topics
from contract.errors import BusError
from contract.model import Slot
from contract.mqtt import MqttBus
from tests.server.club import (
    WITNESS,
    ClubBroker,
    until,
    wait_until,
    watching,
)
from tests.server.raw_mqtt import RawClient, raw_client
from treadwear.forget import forget
from treadwear.settings import load_settings

pytestmark = pytest.mark.services

ANAS = "secret of ana"
BENS_FRAMES = topics.imu("ben", "s1", Slot.LEFT)


def come_in(client: RawClient, name: str, **others: object) -> None:
    client.connect(name, "ana", ANAS, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize("end", ["left/imu", "meta", "event", "live", "left/ack"])
@pytest.mark.parametrize("reader", ["processing", "live"])
def test_an_id_with_slashes_makes_no_topic_of_a_runner_that_anybody_reads(
    club: ClubBroker, reader: str, end: str
) -> None:
    """Everybody may write status/<her id>; status/s1/left/imu looks like a frame."""
    forged = f"{topics.ROOT}/status/s1/{end}"
    mine = topics.imu("ana", "end", Slot.LEFT)
    mark = {"processing": mine, "live": topics.live("ana", "end")}[reader]
    with watching(club, reader, f"reader-{reader}") as (bus, ear):
        for pattern in (topics.ALL_IMU, topics.ALL_META, topics.ALL_LIVE):
            bus.subscribe(pattern, ear.hear)
        with raw_client(club.port) as attacker:
            come_in(attacker, f"s1/{end}")
            attacker.publish(forged, b"forged", retain=True)
            attacker.publish(forged, b"forged")
            with club.join(WITNESS, "witness") as witness:
                witness.publish(mark, b"end")
            until(ear, mark, b"end")
        assert [payload for _, payload in ear.got if payload == b"forged"] == []


def test_a_last_will_says_nothing_on_the_topics_of_others(club: ClubBroker) -> None:
    own = topics.event("ana", "s1")
    wills = [
        BENS_FRAMES,
        topics.status("processing"),
        topics.ack("ana", "s1", Slot.LEFT),
    ]
    with watching(club, WITNESS, "watcher-of-wills") as (_, ear):
        for number, topic in enumerate([*wills, own]):
            with raw_client(club.port) as attacker:
                come_in(attacker, f"dying-{number}", will=(topic, b"my will"))
        until(ear, own, b"my will")  # it is the last one, and a good one

    assert [topic for topic, payload in ear.got if payload == b"my will"] == [own]


@pytest.mark.parametrize("pattern", ["$SYS/#", "$share/group/#", "+/+/+/+/+/imu"])
def test_no_pattern_shows_her_what_is_of_others(club: ClubBroker, pattern: str) -> None:
    hers = topics.ack("ana", "end", Slot.LEFT)
    with (
        watching(club, "ana", "curious-ana") as (_, ear),
        club.join(WITNESS, "speaker") as witness,
        raw_client(club.port) as attacker,
    ):
        come_in(attacker, "curious")
        attacker.subscribe(pattern)
        assert attacker.hear()[:1] == b"\x90"  # granted, as always; filtered later
        witness.publish(BENS_FRAMES, b"ben's")
        witness.publish(topics.meta("ben", "s1"), b"ben's")
        witness.publish(hers, b"end")
        until(ear, hers, b"end")
        attacker.ping()
        heard = attacker.hear_until_pong()

    assert b"ben's" not in heard
    assert b"$SYS" not in heard


def test_what_a_flood_left_with_the_broker_can_be_taken_back(
    own_club: ClubBroker, tmp_path: Path
) -> None:
    """By `treadwear forget`: more than its bus holds at once."""
    flood = [topics.meta("ana", f"f{n}") for n in range(3000)]
    with raw_client(own_club.port) as attacker:
        come_in(attacker, "flood")
        for topic in flood:
            attacker.publish(topic, bytes(5000), retain=True)
        attacker.ping()
        attacker.hear_until_pong()
    processing = own_club.settings("processing", "any")
    settings = load_settings(
        data_dir=tmp_path / "data",
        broker_host="127.0.0.1",
        broker_port=own_club.port,
        broker_username=processing.username,
        broker_password=processing.password,
    )
    receipt = forget(settings, "ana")
    assert (receipt.retained, receipt.undone) == (len(flood), ())

    mine = topics.imu("ana", "end", Slot.LEFT)
    with watching(own_club, "processing", "afterwards") as (_, ear):
        with own_club.join("ana", "collector-ana") as ana:
            ana.publish(mine, b"end")
        until(ear, mine, b"end")
        assert {topic for topic, _ in ear.got} == {mine}


def test_sessions_that_stay_end_some_day(club: ClubBroker) -> None:
    """Ours are clean; hers would queue up to max_queued_bytes each, for ever."""
    text = (club.directory / "mosquitto/mosquitto.conf").read_text()
    assert "\npersistent_client_expiration 1d\n" in text


def test_another_client_of_the_same_id_does_not_keep_a_collector_out(
    own_club: ClubBroker,
) -> None:
    """Ids of services are random and nobody may read them; a known one is thrown out,
    and comes back by itself."""
    mine = topics.imu("ben", "s1", Slot.LEFT)
    with (
        watching(own_club, WITNESS, "watcher") as (_, ear),
        own_club.join("ben", "known") as ben,
    ):
        with raw_client(own_club.port) as attacker:
            come_in(attacker, "known")
            wait_until(lambda: not attacker.hear())  # ben is back, and she is out
        wait_until(lambda: is_sent(ben, mine, b"a frame"))
        until(ear, mine, b"a frame")


def is_sent(bus: MqttBus, topic: str, payload: bytes) -> bool:
    with suppress(BusError):
        bus.publish(topic, payload)
        return True
    return False
