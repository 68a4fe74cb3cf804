"""Raw samples as Parquet: one file per sensor, one row per sample (extra ``parquet``).

Every row has the counts as the sensor sent them and the same in SI, and what its frame
said: epoch, number, times, rate and the size of a count. So the frames can be built
again to the bit. The footer says what the session was; a runner's name is not in it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from contract import wire
from contract.errors import StoreError, TreadwearError
from contract.extras import how_to_install
from contract.messages import SessionMeta
from contract.model import ImuBatch, Slot
from contract.units import NS_PER_S
from processing.store.base import RawFrame

FORMAT = "treadwear raw samples 1"
_Column = np.ndarray[Any, Any]
_AXES = ("ax", "ay", "az", "gx", "gy", "gz")
_PRIVATE = ("name", "note")
_UNITS = {
    "t_ns": ("ns", "Unix time of the sample: of its frame, and even steps from there"),
    "epoch": ("1", "connection of the sensor, counted from 0"),
    "seq": ("1", "number of the frame within its epoch"),
    "flags": ("1", "1 clock known, 2 gap before, 4 clipped, 8 simulated"),
    "t0_ns": ("ns", "Unix time of the frame's first sample"),
    "dev_ns": ("ns", "the sensor's own clock at the frame's first sample"),
    "rate_hz": ("Hz", "measured rate"),
    "acc_lsb_mps2": ("m/s2", "size of one count of acceleration"),
    "gyro_lsb_rps": ("rad/s", "size of one count of angular rate"),
}


def write_parquet(
    directory: Path, meta: SessionMeta, frames: Iterable[RawFrame]
) -> list[Path]:
    """Write left, right and hip.parquet into a new directory; gives the files."""
    pa, parquet = _library()
    by_slot: dict[Slot, list[ImuBatch]] = defaultdict(list)
    for frame in frames:
        by_slot[frame.slot].append(wire.decode(frame.payload))
    if not by_slot:
        why = "it holds no raw data"
        raise StoreError(f"session {meta.session!r} cannot be exported", why)
    written = []
    try:
        _make(directory)
        for slot, batches in sorted(by_slot.items()):
            path = directory / f"{slot.word}.parquet"
            table = _table(pa, batches, _footer(meta, slot))
            parquet.write_table(table, path, compression="zstd")
            written.append(path)
    except OSError as fault:
        what = f"{directory} cannot be written"
        why = fault.strerror or str(fault)
        raise StoreError(what, why, "Name another place.") from fault
    return written


def _library() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional
        from pyarrow import parquet  # noqa: PLC0415 - optional
    except ModuleNotFoundError as fault:
        raise TreadwearError(
            "Parquet files cannot be written",
            f"the package {fault.name} is not installed",
            f"Install it with: {how_to_install('parquet')}",
        ) from fault
    return pa, parquet


def _make(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        what = f"{directory} cannot be written"
        raise StoreError(what, "it already holds files", "Name a new directory.")


def _footer(meta: SessionMeta, slot: Slot) -> dict[str, str]:
    """What the session was, without what only the runner's own computer keeps."""
    told = msgspec.to_builtins(meta)
    kept = {key: value for key, value in told.items() if key not in _PRIVATE}
    return {
        "treadwear.format": FORMAT,
        "treadwear.slot": slot.word,
        "treadwear.session": json.dumps(kept),
    }


def _table(pa: Any, batches: Sequence[ImuBatch], footer: dict[str, str]) -> Any:  # noqa: ANN401 - pyarrow has no types
    columns = _columns(batches)
    fields = [
        pa.field(
            name,
            pa.from_numpy_dtype(values.dtype),
            nullable=False,
            metadata=_about(name),
        )
        for name, values in columns.items()
    ]
    schema = pa.schema(fields, metadata=footer)
    return pa.table(list(columns.values()), schema=schema)


def _about(name: str) -> dict[str, str]:
    if name in _UNITS:
        unit, text = _UNITS[name]
    else:
        axis, _, kind = name.partition("_")
        what = "acceleration" if axis[0] == "a" else "angular rate"
        unit = {"count": "count", "mps2": "m/s2", "rps": "rad/s"}[kind]
        text = f"{what} along the sensor's own {axis[1]} axis"
    return {"unit": unit, "text": text}


def _columns(batches: Sequence[ImuBatch]) -> dict[str, _Column]:
    """Columns of all samples of one sensor, frame after frame."""
    frames = _of_frames(batches)
    n = np.array([batch.n for batch in batches])
    place = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    passed_ns = np.round(place * (NS_PER_S / frames["rate_hz"])).astype(np.int64)
    counts = np.concatenate([batch.counts for batch in batches])
    columns: dict[str, _Column] = {"t_ns": frames["t0_ns"] + passed_ns}
    for k, axis in enumerate(_AXES):
        columns[f"{axis}_count"] = np.ascontiguousarray(counts[:, k], dtype=np.int16)
    for k, axis in enumerate(_AXES):
        unit = "mps2" if axis[0] == "a" else "rps"
        size = frames["acc_lsb_mps2" if axis[0] == "a" else "gyro_lsb_rps"]
        columns[f"{axis}_{unit}"] = counts[:, k] * size
    return columns | frames


def _of_frames(batches: Sequence[ImuBatch]) -> dict[str, _Column]:
    """What each frame said, once for every sample of it."""
    n = [batch.n for batch in batches]

    def spread(values: Iterable[float], dtype: type) -> _Column:
        return np.repeat(np.array(list(values), dtype=dtype), n)

    return {
        "epoch": spread((b.epoch for b in batches), np.int64),
        "seq": spread((b.seq for b in batches), np.int64),
        "flags": spread((int(b.flags) for b in batches), np.int16),
        "t0_ns": spread((b.t0_ns for b in batches), np.int64),
        "dev_ns": spread((b.dev_ns for b in batches), np.int64),
        "rate_hz": spread((b.rate_hz for b in batches), np.float64),
        "acc_lsb_mps2": spread((b.acc_lsb_mps2 for b in batches), np.float64),
        "gyro_lsb_rps": spread((b.gyro_lsb_rps for b in batches), np.float64),
    }
