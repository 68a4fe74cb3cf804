"""Raw samples as Parquet give back every frame, and steps as CSV every figure."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from contract import wire
from contract.errors import StoreError, TreadwearError
from contract.extras import how_to_install
from contract.messages import SessionMeta
from contract.model import FrameFlag, ImuBatch, Slot
from contract.rows import HipStepRow, StepRow
from dashboards.export.parquet import FORMAT, write_parquet
from dashboards.export.steps import iso_utc, steps_csv, write_steps
from processing.store.base import RawFrame

BEGIN_NS = 1_763_000_000_123_456_789
META = SessionMeta(
    runner="ana",
    session="s1",
    origin_ns=BEGIN_NS,
    name="Ana Beispiel",
    note="by the river",
    shoe="blue",
)


def batches(slot: Slot) -> list[ImuBatch]:
    """Frames of two connections, of several lengths, scales and flags."""
    rng = np.random.default_rng(int(slot))
    made = []
    for k, n in enumerate([20, 20, 7, 20, 1]):
        epoch, seq = (0, k) if k < 3 else (1, k - 3)
        made.append(
            ImuBatch(
                slot=slot,
                epoch=epoch,
                seq=seq,
                t0_ns=BEGIN_NS + 100_000_001 * k,
                dev_ns=5_000 + 100_000_000 * k,
                rate_hz=200.0 + 0.0123 * k,
                acc_lsb_mps2=float(np.float32(0.0048 * (1 + k))),
                gyro_lsb_rps=float(np.float32(0.00106)),
                counts=rng.integers(-32768, 32768, (n, 6)).astype(np.int16),
                flags=FrameFlag(k % 8),
            )
        )
    return made


def frames(*slots: Slot) -> list[RawFrame]:
    return [
        RawFrame("ana", "s1", slot, b.epoch, b.seq, wire.encode(b))
        for slot in slots
        for b in batches(slot)
    ]


def frames_in(path: Path, slot: Slot) -> list[bytes]:
    """Build the wire frames again from a file."""
    table = parquet.read_table(path).to_pydict()
    columns = {name: np.array(values) for name, values in table.items()}
    keys = list(zip(columns["epoch"], columns["seq"], strict=True))
    made = []
    for key in dict.fromkeys(keys):
        rows = np.flatnonzero([k == key for k in keys])
        one = rows[0]
        counts = [columns[f"{axis}_count"][rows] for axis in AXES]
        made.append(
            wire.encode(
                ImuBatch(
                    slot=slot,
                    epoch=int(key[0]),
                    seq=int(key[1]),
                    t0_ns=int(columns["t0_ns"][one]),
                    dev_ns=int(columns["dev_ns"][one]),
                    rate_hz=float(columns["rate_hz"][one]),
                    acc_lsb_mps2=float(columns["acc_lsb_mps2"][one]),
                    gyro_lsb_rps=float(columns["gyro_lsb_rps"][one]),
                    counts=np.column_stack(counts).astype(np.int16),
                    flags=FrameFlag(int(columns["flags"][one])),
                )
            )
        )
    return made


AXES = ("ax", "ay", "az", "gx", "gy", "gz")


def test_every_frame_comes_back_to_the_bit(tmp_path: Path) -> None:
    written = write_parquet(tmp_path / "raw", META, frames(*Slot))
    assert [p.name for p in written] == ["left.parquet", "right.parquet", "hip.parquet"]
    for slot, path in zip(Slot, written, strict=True):
        assert frames_in(path, slot) == [f.payload for f in frames(slot)]


def test_samples_are_in_si_beside_their_counts(tmp_path: Path) -> None:
    (path,) = write_parquet(tmp_path / "raw", META, frames(Slot.LEFT))
    table = parquet.read_table(path)
    si = np.concatenate([wire.decode(f.payload).si() for f in frames(Slot.LEFT)])
    for k, axis in enumerate(AXES):
        unit = "mps2" if axis[0] == "a" else "rps"
        assert (table[f"{axis}_{unit}"].to_numpy() == si[:, k]).all()


def test_each_sample_has_its_own_time(tmp_path: Path) -> None:
    (path,) = write_parquet(tmp_path / "raw", META, frames(Slot.LEFT))
    t_ns = parquet.read_table(path)["t_ns"].to_numpy()
    assert t_ns[0] == BEGIN_NS
    assert t_ns[20] == BEGIN_NS + 100_000_001
    assert (np.diff(t_ns[:20]) == 5_000_000).all()


def test_the_footer_says_what_the_run_was_and_not_who(tmp_path: Path) -> None:
    (path,) = write_parquet(tmp_path / "raw", META, frames(Slot.LEFT))
    told = parquet.read_schema(path).metadata
    session = json.loads(told[b"treadwear.session"])
    assert told[b"treadwear.format"].decode() == FORMAT
    assert told[b"treadwear.slot"] == b"left"
    assert (session["runner"], session["shoe"]) == ("ana", "blue")
    assert session["origin_ns"] == BEGIN_NS
    raw = path.read_bytes()
    assert b"Beispiel" not in raw
    assert b"river" not in raw


def test_every_column_has_its_unit(tmp_path: Path) -> None:
    (path,) = write_parquet(tmp_path / "raw", META, frames(Slot.LEFT))
    schema = parquet.read_schema(path)
    units = {field.name: field.metadata[b"unit"].decode() for field in schema}
    assert units["ax_mps2"] == "m/s2"
    assert units["gz_rps"] == "rad/s"
    assert units["ax_count"] == "count"
    assert units["t_ns"] == "ns"
    assert all(field.metadata[b"text"] for field in schema)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StoreError) as fault:
        write_parquet(tmp_path, META, frames(Slot.LEFT))
    assert "already holds files" in fault.value.why


def test_a_run_without_raw_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be exported"):
        write_parquet(tmp_path / "raw", META, [])
    assert not (tmp_path / "raw").exists()


def test_without_the_library_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(TreadwearError) as fault:
        write_parquet(tmp_path / "raw", META, frames(Slot.LEFT))
    assert how_to_install("parquet") in fault.value.next_step


WHO = {"runner": "ana", "session": "s1"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_steps_have_their_time_three_ways_and_empty_cells(tmp_path: Path) -> None:
    step = StepRow(
        **WHO,
        side="left",
        time_ns=BEGIN_NS + 1_500_000_000,
        contact_time_s=0.1 + 0.2,
        quality=1.0,
    )
    write_steps(tmp_path / "steps.csv", [step], BEGIN_NS)
    (row,) = read(tmp_path / "steps.csv")
    assert float(row["t_ic_s [s]"]) == 1.5
    assert row["time_utc"] == "2025-11-13T02:13:21.623456Z"
    assert int(row["time_ns"]) == step.time_ns
    assert float(row["contact_time_s [s]"]) == 0.1 + 0.2
    assert (row["side"], row["flight_time_s [s]"]) == ("left", "")


def test_every_figure_of_a_step_has_its_unit_in_the_heading(tmp_path: Path) -> None:
    write_steps(tmp_path / "steps.csv", [], BEGIN_NS)
    header = (tmp_path / "steps.csv").read_text(encoding="utf-8").strip().split(",")
    without = {"runner", "session", "side", "time_ns", "time_utc", "strike_type"}
    without |= {"is_clipped"}
    assert {name for name in header if not name.endswith("]")} == without
    assert {"contact_time_s [s]", "duty_factor [1]", "impact_g [g]"} <= set(header)


def test_under_a_veil_nobody_reads_who_ran_and_on_which_day() -> None:
    who = {**WHO, "side": "left", "time_ns": BEGIN_NS + 10**9}
    step = StepRow(**who, contact_time_s=0.25, quality=1.0)
    (row,) = csv.DictReader(steps_csv([step], BEGIN_NS, is_veiled=True).splitlines())
    assert {"runner", "session", "time_ns", "time_utc"}.isdisjoint(row)
    assert (row["t_ic_s [s]"], row["contact_time_s [s]"]) == ("1.0", "0.25")


def test_steps_that_cannot_be_written_say_why_in_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as fault:
        write_steps(tmp_path / "nowhere" / "steps.csv", [], BEGIN_NS)
    assert fault.value.why == "No such file or directory"


def test_steps_of_the_hip_are_timed_by_mid_stance(tmp_path: Path) -> None:
    row = HipStepRow(
        **WHO, side="hip", time_ns=BEGIN_NS, foot="left", side_confidence=0.9
    )
    write_steps(tmp_path / "hip.csv", [row], BEGIN_NS)
    (told,) = read(tmp_path / "hip.csv")
    assert (told["t_mid_s [s]"], told["foot"]) == ("0.0", "left")


def test_times_before_1970_and_at_full_seconds_are_written() -> None:
    assert iso_utc(0) == "1970-01-01T00:00:00.000000Z"
    assert iso_utc(-1) == "1969-12-31T23:59:59.999999Z"
