"""The hash of raw data is what a physio gets from an export by the docstring alone."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from contract.model import Slot
from processing.store.base import RawFrame
from processing.store.raw import raw_sha256
from processing.store.sqlite import SqliteStore
from tests.processing.live_loop import LiveLoop


def frame(slot: Slot, epoch: int, seq: int, payload: bytes = b"TW") -> RawFrame:
    return RawFrame("ana", "s1", slot, epoch, seq, payload)


FRAMES = [
    frame(Slot.HIP, 0, 0),
    frame(Slot.LEFT, 0, 1, b"TW\x01"),
    frame(Slot.LEFT, 0, 10, b"TW\x02\n"),
    frame(Slot.LEFT, 1, 0, b"TW\x03"),
    frame(Slot.RIGHT, 0, 2, b"\x00" * 300),
]


def hashed(path: Path, frames: Iterable[RawFrame], session: str = "s1") -> str:
    with SqliteStore.open(path / "treadwear.db") as store:
        store.commit_raw(list(frames))
        return raw_sha256(store, session)


def by_hand(frames: list[RawFrame]) -> str:
    place = {"left": 0, "right": 1, "hip": 2}
    lines = sorted((place[f.slot.word], f.epoch, f.seq, f) for f in frames)
    whole = b"".join(
        f"{f.slot.word} {f.epoch} {f.seq}\n".encode("ascii") + f.payload
        for *_, f in lines
    )
    return hashlib.sha256(whole).hexdigest()


def test_it_can_be_repeated_by_hand(tmp_path: Path) -> None:
    assert hashed(tmp_path, FRAMES) == by_hand(FRAMES)


def test_neither_order_nor_doubling_nor_other_runs_change_it(tmp_path: Path) -> None:
    others = [replace(f, session="s2", payload=b"TW\x09") for f in FRAMES]
    assert hashed(tmp_path, [*others, *FRAMES[::-1], *FRAMES]) == by_hand(FRAMES)


@pytest.mark.parametrize("k", range(len(FRAMES)))
def test_one_other_byte_or_a_missing_frame_changes_it(tmp_path: Path, k: int) -> None:
    rest = FRAMES[:k] + FRAMES[k + 1 :]
    assert hashed(tmp_path, rest) != by_hand(FRAMES)
    odd = replace(FRAMES[k], payload=FRAMES[k].payload[:-1] + b"\xff")
    assert hashed(tmp_path, [odd]) != by_hand(FRAMES)


def test_a_run_without_raw_data_has_none(tmp_path: Path) -> None:
    assert hashed(tmp_path, FRAMES, session="s9") == ""


def test_a_whole_run_has_the_hash_of_its_frames(loop: LiveLoop) -> None:
    assert hashed(loop.path.parent, loop.frames) == by_hand(loop.frames)
