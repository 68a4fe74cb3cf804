"""Notifications of our own sensor in files say what is written beside them."""

import json
from pathlib import Path

import pytest

from collector.devices.base import Heard, NotThere, PingReply
from collector.devices.treadwear_v1 import TreadwearV1
from collector.sequence import Packet
from contract.errors import PacketError
from firmware_config.profile import profile_of

CAPTURES = Path(__file__).parents[1] / "captures" / "treadwear-v1"
CASES = sorted(p.name for p in CAPTURES.iterdir())


def plain(heard: Heard) -> dict[str, object]:
    """What was heard, as it stands in the file of a capture."""
    if isinstance(heard, Packet):
        return {
            "counter": heard.counter,
            "dev_ns": heard.dev_ns,
            "n": len(heard.counts),
            "first": heard.counts[0].tolist(),
            "last": heard.counts[-1].tolist(),
        }
    if isinstance(heard, PingReply):
        return {"token": heard.token, "dev_ns": heard.dev_ns}
    assert isinstance(heard, NotThere)
    return {"not_there": [heard.first, heard.last]}


def test_there_are_captures() -> None:
    assert len(CASES) >= 3


@pytest.mark.parametrize("case", CASES)
def test_a_capture_says_what_is_written_beside_it(case: str) -> None:
    expected = json.loads((CAPTURES / case / "expected.json").read_text("utf-8"))
    assert expected["kind"] in {"built", "capture"}
    assert expected["source"]
    driver = TreadwearV1(profile_of("treadwear-v1"))

    heard: list[dict[str, object]] = []
    for line in (CAPTURES / case / "notifications.hex").read_text("utf-8").splitlines():
        channel, arrival_ns, payload = line.split(" ")
        try:
            said = driver.decode(channel, bytes.fromhex(payload), int(arrival_ns))
            heard += [plain(one) for one in said]
        except PacketError as fault:
            heard.append({"refused": fault.why})

    assert heard == expected["heard"]
