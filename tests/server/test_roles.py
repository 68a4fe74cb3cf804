"""What each role and each runner may do, on the real broker with the generated files.

Mosquitto grants every subscription and then filters what it delivers, so all of these
look at what arrives, never at what was granted.
"""

import json

import pytest

from contract import topics
from contract.errors import BusError, UsageError
from contract.model import Slot
from tests.server.club import WITNESS, ClubBroker, Ear, until, wait_until, watching
from treadwear.runner_ids import RESERVED, check_runner_id
from treadwear.server import mosquitto
from treadwear.server.roles import (
    MOST_SIMULATED,
    ROLES,
    access_of,
    simulated_ids,
)

pytestmark = pytest.mark.services

RUN = "20261121t0900-abcd"


def of(runner: str) -> dict[str, str]:
    """Every kind of topic of a runner."""
    return {
        "imu": topics.imu(runner, RUN, Slot.LEFT),
        "ack": topics.ack(runner, RUN, Slot.LEFT),
        "meta": topics.meta(runner, RUN),
        "live": topics.live(runner, RUN),
        "event": topics.event(runner, RUN),
        "mark": topics.mark(runner, RUN),
    }


ANA, BEN = of("ana"), of("ben")
SIM, LAST_SIM = of("sim-1"), of(f"sim-{MOST_SIMULATED}")
TOO_MANY = of(f"sim-{MOST_SIMULATED + 1}")
OTHERS = ("other/topic", "treadwear/v2/ana/run/left/imu", topics.status("somebody"))

MAY_WRITE = {
    "ana": [ANA["imu"], ANA["meta"], ANA["event"]],
    "ben": [BEN["imu"], BEN["meta"], BEN["event"]],
    "sim": [x[kind] for x in (SIM, LAST_SIM) for kind in ("imu", "meta", "event")],
    "processing": [x[k] for x in (ANA, SIM) for k in ("ack", "live", "event", "meta")],
    "live": [x["mark"] for x in (ANA, BEN, SIM, LAST_SIM, TOO_MANY)],
    "health": [],
}
_ANALYSED = ("imu", "meta", "event", "mark", "ack")
_WATCHED = ("live", "event", "mark")
MAY_READ = {
    "ana": [ANA["ack"]],
    "ben": [BEN["ack"]],
    "sim": [SIM["ack"], LAST_SIM["ack"]],
    "processing": [x[kind] for x in (ANA, SIM) for kind in _ANALYSED],
    "live": [x[kind] for x in (ANA, BEN, SIM, LAST_SIM) for kind in _WATCHED],
    "health": [],
}
TOPICS = sorted(
    {*OTHERS}.union(*(x.values() for x in (ANA, BEN, SIM, LAST_SIM, TOO_MANY)))
)
READABLE = {  # one topic of her own for each, which says that all before it has come
    "ana": topics.ack("ana", "end", Slot.LEFT),
    "ben": topics.ack("ben", "end", Slot.LEFT),
    "sim": topics.ack("sim-1", "end", Slot.LEFT),
    "processing": topics.imu("ana", "end", Slot.LEFT),
    "live": topics.live("ana", "end"),
}
USERS = sorted(MAY_WRITE)
EVES = "secret of eve"


@pytest.mark.parametrize("user", USERS)
def test_a_user_sends_on_her_own_topics_and_on_no_other(
    club: ClubBroker, user: str
) -> None:
    me = f"writer-{user}"
    with watching(club, WITNESS, f"watcher-{user}") as (_, ear):
        with club.join(user, me) as bus:
            for topic in TOPICS:
                bus.publish(topic, f"{user} on {topic}".encode())
        until(
            ear, topics.status(me), b'{"state":"offline","client":"%b"}' % me.encode()
        )

    arrived = [topic for topic, payload in ear.got if payload.startswith(user.encode())]
    processing_too = set(MAY_WRITE[user])
    if user == "processing":
        processing_too |= {x[k] for x in (BEN, LAST_SIM, TOO_MANY) for k in _ANY}
    assert sorted(arrived) == sorted(processing_too)


_ANY = ("ack", "live", "event", "meta")


@pytest.mark.parametrize("user", sorted(READABLE))
def test_a_user_receives_what_is_hers_and_nothing_else(
    club: ClubBroker, user: str
) -> None:
    with (
        watching(club, WITNESS, f"speaker-{user}") as (witness, _),
        watching(club, user, f"reader-{user}") as (reader, ear),
    ):
        reader.subscribe("$SYS/#", ear.hear)  # which # does not cover
        for topic in TOPICS:
            witness.publish(topic, b"said")
        witness.publish(READABLE[user], b"end")
        until(ear, READABLE[user], b"end")

    allowed = set(MAY_READ[user])
    if user == "processing":
        allowed |= {x[k] for x in _EVERYBODY for k in _ANALYSED}
    if user == "live":
        allowed |= {x[k] for x in _EVERYBODY for k in _WATCHED}
    heard = [topic for topic, payload in ear.got if payload == b"said"]
    assert sorted(heard) == sorted(allowed)
    assert all(not topic.startswith("$SYS") for topic, _ in ear.got)


_EVERYBODY = (ANA, BEN, SIM, LAST_SIM, TOO_MANY)


def test_the_health_check_reads_that_the_broker_is_up_and_nothing_else(
    club: ClubBroker,
) -> None:
    ear = Ear()
    with (
        watching(club, WITNESS, "speaker-health") as (witness, _),
        club.join("health", "reader-health") as bus,
    ):
        for topic in TOPICS:
            witness.publish(topic, b"said", retain=False)
        bus.subscribe("#", ear.hear)
        bus.subscribe("$SYS/#", ear.hear)
        until(ear, "$SYS/broker/uptime")

    assert {topic for topic, _ in ear.got} == {"$SYS/broker/uptime"}


@pytest.mark.parametrize("user", USERS)
def test_everybody_says_only_of_herself_whether_she_is_there(
    club: ClubBroker, user: str
) -> None:
    me, other = f"self-{user}", f"other-{user}"
    with watching(club, WITNESS, f"status-watcher-{user}") as (_, ear):
        with club.join(user, me) as bus:
            bus.publish(topics.status(other), b"not me")
        until(
            ear, topics.status(me), b'{"state":"offline","client":"%b"}' % me.encode()
        )

    assert [json.loads(x)["state"] for x in ear.payloads(topics.status(me))] == [
        "online",
        "offline",
    ]
    assert ear.payloads(topics.status(other)) == []


def test_what_is_retained_of_a_runner_is_kept_from_the_others(
    club: ClubBroker,
) -> None:
    with club.join("ana", "collector-ana") as bus:
        bus.publish(topics.meta("ana", "named"), b"Ana Example", retain=True)
    with watching(club, "ben", "curious-ben") as (_, ear):
        with club.join(WITNESS, "witness-retained") as witness:
            witness.publish(READABLE["ben"], b"end")
        until(ear, READABLE["ben"], b"end")
    with watching(club, "processing", "processing-retained") as (_, allowed):
        until(allowed, topics.meta("ana", "named"), b"Ana Example")

    assert {topic for topic, _ in ear.got} == {READABLE["ben"]}


def test_what_is_retained_of_a_runner_can_be_cleared_on_the_server(
    own_club: ClubBroker,
) -> None:
    """As `treadwear forget` does it, with the rights of the processing."""
    description, stored = topics.meta("ana", "s1"), topics.ack("ana", "s1", Slot.LEFT)
    with own_club.join("ana", "collector-ana") as ana:
        ana.publish(description, b"Ana Example", retain=True)
    with own_club.join("processing", "processing") as processing:
        processing.publish(stored, b"all of it", retain=True)
    with watching(own_club, "processing", "forget") as (forget, ear):
        until(ear, description, b"Ana Example")
        until(ear, stored, b"all of it")
        for topic in (description, stored):
            forget.publish(topic, b"", retain=True)
    with watching(own_club, WITNESS, "afterwards") as (witness, ear):
        witness.publish(READABLE["ana"], b"end")
        until(ear, READABLE["ana"], b"end")

    assert not {description, stored} & {topic for topic, _ in ear.got}


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("ana", "secret of ben"),
        ("ana", ""),
        ("ana", None),
        ("nobody", "secret of ana"),
        (None, None),
    ],
)
def test_who_has_no_password_of_her_own_is_not_let_in(
    club: ClubBroker, user: str | None, password: str | None
) -> None:
    with pytest.raises(BusError, match="cannot join the broker") as refused:
        club.join("ana", "stranger", username=user, password=password)

    assert "authori" in refused.value.why.lower()
    assert "secret" not in str(refused.value)


def test_a_user_added_later_comes_in_without_a_restart(own_club: ClubBroker) -> None:
    """SIGHUP, as `docker compose kill -s HUP mosquitto` sends it."""
    folder = own_club.directory / "mosquitto"
    with pytest.raises(BusError):
        own_club.join("ana", "collector-eve", username="eve", password=EVES)
    with watching(own_club, "ana", "collector-ana") as (ana, ear):
        lines = (folder / "passwords").read_text() + mosquitto.password_line(
            "eve", EVES
        )
        (folder / "passwords").write_text(f"{lines}\n")
        rights = mosquitto.acl(access_of(("ana", "ben", "eve")))
        everything = f"\nuser {WITNESS}\ntopic readwrite #\n"
        (folder / "acl").write_text(rights + everything)
        own_club.reload()
        wait_until(lambda: _may_come_in(own_club))
        with own_club.join(WITNESS, "witness") as witness:
            witness.publish(READABLE["ana"], b"still there")
        until(ear, READABLE["ana"], b"still there")
        assert ana.is_connected


def _may_come_in(broker: ClubBroker) -> bool:
    try:
        broker.join("ana", "eve", username="eve", password=EVES).close()
    except BusError:
        return False
    return True


@pytest.mark.parametrize(
    "runner",
    ["processing", "live", "sim", "sim-3", "service", "status", "", "Ana", "a b"],
)
def test_an_id_that_means_something_else_is_no_runners(runner: str) -> None:
    with pytest.raises(UsageError, match="cannot be a runner id"):
        check_runner_id(runner)


def test_no_runner_has_the_name_of_a_role() -> None:
    assert set(ROLES) <= RESERVED


def test_the_simulated_runners_are_numbered() -> None:
    assert simulated_ids(3) == ("sim-1", "sim-2", "sim-3")
    assert check_runner_id("simona") == "simona"


def test_the_rights_name_nobody_but_roles_and_runners() -> None:
    text = mosquitto.acl(access_of(["ben", "ana"]))

    assert mosquitto.users_of(text) == (*ROLES, "ana", "ben")
    assert "topic readwrite treadwear/v1/+/+/event\n" in text
    granted = [x for x in text.splitlines() if not x.startswith(("#", "topic deny"))]
    assert "#" not in "".join(granted)
