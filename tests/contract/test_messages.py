"""JSON from outside: whatever comes, it is a message or a `PayloadError`."""

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from contract.errors import PayloadError
from contract.messages import (
    Ack,
    Event,
    LiveTile,
    SensorInfo,
    SessionMeta,
    Status,
    StreamEnd,
    dumps,
    loads,
)

META = SessionMeta(
    runner="ana-1",
    session="20261121t0640-7k2f",
    origin_ns=1_795_000_000_000_000_000,
    name="Ana",
    mass_kg=61.5,
    sensors={"left": SensorInfo(family="open", rate_hz=200.0)},
    ends={"left": StreamEnd(3, 1200)},
)
TILE = LiveTile(
    runner="ana-1",
    session="s",
    name="Ana",
    state="live",
    t_ns=2,
    data_t_ns=1,
    elapsed_s=61.0,
    window_s=30.0,
    n_pairs=40,
    pairs_needed=40,
    asi_pct=-2.5,
)
EVENT = Event(kind="gap", t_ns=5, slot="left", epoch=1, first_seq=2, last_seq=9)
EVERY_MESSAGE = [META, TILE, EVENT, Ack(3, 1200), Status("online", "collector-1")]
KINDS = [SessionMeta, LiveTile, Event, Ack, Status]


@pytest.mark.parametrize("message", EVERY_MESSAGE, ids=lambda m: type(m).__name__)
def test_a_message_survives_the_wire(message: msgspec.Struct) -> None:
    assert loads(dumps(message), type(message)) == message


@pytest.mark.parametrize("message", EVERY_MESSAGE, ids=lambda m: type(m).__name__)
def test_unknown_fields_are_ignored(message: msgspec.Struct) -> None:
    payload = dumps(message)[:-1] + b',"from_the_future":{"a":[1,null,"x"]}}'
    assert loads(payload, type(message)) == message


REQUIRED = [
    (type(message), message, field.encode_name)
    for message in EVERY_MESSAGE
    for field in msgspec.structs.fields(message)
    if field.required
]


@pytest.mark.parametrize(("kind", "message", "name"), REQUIRED)
def test_a_missing_field_is_named(
    kind: type[msgspec.Struct], message: msgspec.Struct, name: str
) -> None:
    values = msgspec.to_builtins(message)
    del values[name]
    with pytest.raises(PayloadError, match=f"not a {kind.__name__}.*`{name}`"):
        loads(msgspec.json.encode(values), kind)


@pytest.mark.parametrize(
    ("payload", "kind", "why"),
    [
        (b'{"epoch":"3","next_seq":1}', Ack, r"`\$\.epoch`"),
        (b'{"epoch":3.5,"next_seq":1}', Ack, r"`\$\.epoch`"),
        (b'{"epoch":true,"next_seq":1}', Ack, r"`\$\.epoch`"),
        (b'{"epoch":3,"next_seq":null}', Ack, r"`\$\.next_seq`"),
        (b'{"epoch":3,"next_seq":-1}', Ack, r"`\$\.next_seq`"),
        (b'{"epoch":3,"next_seq":9223372036854775808}', Ack, r"`\$\.next_seq`"),
        (b'{"epoch":3,"next_seq":1' + b"0" * 40 + b"}", Ack, r"`\$\.next_seq`"),
        (b'{"state":"asleep"}', Status, r"`\$\.state`"),
        (b'{"state":"online","client":7}', Status, r"`\$\.client`"),
        (b'{"kind":"party","t_ns":1}', Event, r"`\$\.kind`"),
        (b'{"kind":"mark","t_ns":1e30}', Event, r"`\$\.t_ns`"),
        (b"[1,2]", Ack, "Expected `object`"),
        (b"", Ack, "truncated"),
        (b'{"epoch":3,', Ack, "truncated"),
        (b"\x00\x01TW", Ack, "malformed"),
        (b"\xff\xfe", Status, "malformed"),
        (b'{"state":"online","client":"\xff"}', Status, "utf-8"),
        (
            b'{"runner":"a","session":"b","origin_ns":1,"mass_kg":NaN}',
            SessionMeta,
            "malformed",
        ),
    ],
)
def test_a_wrong_shape_is_refused_with_its_reason(
    payload: bytes, kind: type[msgspec.Struct], why: str
) -> None:
    with pytest.raises(PayloadError, match=why):
        loads(payload, kind)


@pytest.mark.parametrize("opening", [b"[", b'{"x":'])
def test_json_as_deep_as_a_well_is_refused(opening: bytes) -> None:
    payload = b'{"epoch":1,"next_seq":2,"x":' + opening * 200_000
    with pytest.raises(PayloadError, match="not a Ack message"):
        loads(payload, Ack)


@given(payload=st.binary(max_size=200), kind=st.sampled_from(KINDS))
def test_random_bytes_are_refused_and_nothing_worse(
    payload: bytes, kind: type[msgspec.Struct]
) -> None:
    with pytest.raises(PayloadError):
        loads(payload, kind)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(width=32) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    values=st.dictionaries(
        st.sampled_from(
            sorted({f for m in EVERY_MESSAGE for f in m.__struct_fields__})
        ),
        ANY_JSON,
    ),
    kind=st.sampled_from(KINDS),
)
def test_any_values_give_a_message_or_a_payload_error(
    values: dict[str, object], kind: type[msgspec.Struct]
) -> None:
    try:
        message = loads(msgspec.json.encode(values), kind)
    except PayloadError as fault:
        assert str(fault)  # noqa: PT017 - either outcome is right
    else:
        assert loads(dumps(message), kind) == message


@given(epoch=st.integers(0, 2**63 - 1), next_seq=st.integers(0, 2**63 - 1))
def test_every_acknowledgement_survives_the_wire(epoch: int, next_seq: int) -> None:
    assert loads(dumps(Ack(epoch, next_seq)), Ack) == Ack(epoch, next_seq)


def test_who_was_never_asked_is_on_no_live_page() -> None:
    meta = SessionMeta(runner="ana", session="s1", origin_ns=1)
    assert not meta.consent_live
    told = b'{"runner": "ana", "session": "s1", "origin_ns": 1}'
    assert not loads(told, SessionMeta).consent_live
