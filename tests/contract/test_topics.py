"""Topics: built and read back, and nothing that could be a name gets into one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import hypothesis.strategies as st
import pytest
from hypothesis import given

from contract import topics
from contract.bus import fits
from contract.errors import TopicError
from contract.model import Slot
from contract.topics import Address

IDS = st.from_regex(topics.ID_PATTERN, fullmatch=True)
SLOTS = st.sampled_from(Slot)
FILTERS = {
    "imu": topics.ALL_IMU,
    "ack": topics.ALL_ACKS,
    "meta": topics.ALL_META,
    "live": topics.ALL_LIVE,
    "event": topics.ALL_EVENTS,
    "mark": topics.ALL_MARKS,
}
OF_SENSORS = {"imu": topics.imu, "ack": topics.ack}
OF_SESSIONS = {
    "meta": topics.meta,
    "live": topics.live,
    "event": topics.event,
    "mark": topics.mark,
}


@given(runner=IDS, session=IDS, slot=SLOTS, kind=st.sampled_from(sorted(OF_SENSORS)))
def test_a_sensor_topic_is_read_back(
    runner: str, session: str, slot: Slot, kind: str
) -> None:
    topic = OF_SENSORS[kind](runner, session, slot)
    assert topics.parse(topic) == Address(runner, session, kind, slot)
    assert topics.parse(topic).topic == topic
    assert [k for k, f in FILTERS.items() if fits(f, topic)] == [kind]


@given(runner=IDS, session=IDS, kind=st.sampled_from(sorted(OF_SESSIONS)))
def test_a_session_topic_is_read_back(runner: str, session: str, kind: str) -> None:
    topic = OF_SESSIONS[kind](runner, session)
    assert topics.parse(topic) == Address(runner, session, kind)
    assert topics.parse(topic).topic == topic
    assert [k for k, f in FILTERS.items() if fits(f, topic)] == [kind]


def test_topics_read_as_the_contract_writes_them() -> None:
    assert topics.imu("ana-1", "s1", Slot.HIP) == "treadwear/v1/ana-1/s1/hip/imu"
    assert topics.ack("ana-1", "s1", Slot.LEFT) == "treadwear/v1/ana-1/s1/left/ack"
    assert topics.meta("ana-1", "s1") == "treadwear/v1/ana-1/s1/meta"
    assert topics.status("collector-1") == "treadwear/v1/status/collector-1"


BAD_IDS = ["", "Ana", "ana müller", "a/b", "+", "#", "a_b", "a" * 33, "a\n", "é", "٣"]


@pytest.mark.parametrize("bad", BAD_IDS)
@pytest.mark.parametrize(
    ("build", "what"),
    [
        (lambda bad: topics.imu(bad, "s", Slot.LEFT), "runner"),
        (lambda bad: topics.ack("r", bad, Slot.LEFT), "session"),
        (lambda bad: topics.meta(bad, "s"), "runner"),
        (lambda bad: topics.live("r", bad), "session"),
        (lambda bad: topics.event(bad, "s"), "runner"),
        (topics.status, "client"),
    ],
)
def test_an_id_that_could_be_a_name_gets_into_no_topic(
    build: Callable[[str], str], what: str, bad: str
) -> None:
    with pytest.raises(TopicError, match=f"cannot be a {what} id"):
        build(bad)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "treadwear/v1",
        "treadwear/v1/",
        "treadwear/v1/ana",
        "treadwear/v1/ana/s",
        "treadwear/v1/ana/s/imu",
        "treadwear/v1/ana/s/left/meta",
        "treadwear/v1/ana/s/LEFT/imu",
        "treadwear/v1/ana/s/knee/imu",
        "treadwear/v1/ana/s/left/imu/x",
        "treadwear/v1/Ana/s/meta",
        "treadwear/v1/ana/S/meta",
        "treadwear/v1//s/meta",
        "treadwear/v1/+/s/meta",
        "treadwear/v2/ana/s/meta",
        "/treadwear/v1/ana/s/meta",
        "treadwear/v1/status/collector-1",
        "$SYS/broker/uptime",
    ],
)
def test_any_other_topic_is_refused(topic: str) -> None:
    with pytest.raises(TopicError):
        topics.parse(topic)


@given(topic=st.text() | st.text().map(lambda rest: f"{topics.ROOT}/{rest}"))
def test_any_text_is_an_address_or_a_topic_error(topic: str) -> None:
    try:
        address = topics.parse(topic)
    except TopicError:
        return
    assert address.topic == topic


def test_session_ids_fit_the_contract_and_differ() -> None:
    ids = {topics.new_session_id() for _ in range(50)}
    assert len(ids) > 1
    assert all(topics.check_id(one, "session") for one in ids)


@given(
    first=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001
    later_min=st.integers(1, 10**6),
    offset_h=st.integers(-12, 14),
)
def test_session_ids_sort_by_time_wherever_one_runs(
    first: datetime, later_min: int, offset_h: int
) -> None:
    when = first.replace(tzinfo=UTC)
    later = when + timedelta(minutes=later_min)
    elsewhere = later.astimezone(timezone(timedelta(hours=offset_h)))
    assert topics.new_session_id(when)[:13] < topics.new_session_id(elsewhere)[:13]


def test_a_session_id_shows_the_minute_it_began() -> None:
    when = datetime(2026, 11, 21, 6, 40, tzinfo=UTC)
    assert topics.new_session_id(when).startswith("20261121t0640-")
