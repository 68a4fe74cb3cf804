"""How fast a full outbox empties into a real InfluxDB, rows per second.

InfluxDB was away while runners ran, and is back: steps wait in small blocks as the
live service writes them, or in large ones as an import does. Two figures of each: rows
queued per second (with the rows themselves, on disk), and rows sent per second.

    python -m benchmarks.server.outbox --rows 100000
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.server.influxd import running_influxd, shimmed
from contract.rows import StepRow
from processing.store.forwarder import Courier
from processing.store.influx import InfluxServer, InfluxSettings
from processing.store.sqlite import SqliteStore

LIVE_BLOCK = 3
"""Steps of one runner in half a second, as the service writes them."""
IMPORT_BLOCK = 5000
TARGET_ROWS_PER_S = 20_000.0
_STEPS_PER_RUN = 5000
_T0_NS = 1_700_000_000_000_000_000
_STEP_NS = 333_333_333


def measure(
    directory: Path, rows: int = 100_000, block: int = LIVE_BLOCK
) -> dict[str, float]:
    """Fill an outbox with steps, empty it into a real influxd, and count there."""
    with (
        running_influxd(directory / "influxd") as influxd,
        shimmed(influxd.url) as shim,
        SqliteStore.open(directory / "treadwear.db") as store,
    ):
        store.feed(is_on=True)
        began = time.perf_counter()
        _fill(store, rows, block)
        queued_s = time.perf_counter() - began
        size_mb = store.backlog().size_bytes / 1e6
        server = InfluxServer(InfluxSettings(url=shim.url, timeout_s=30.0))
        try:
            courier = Courier(store, server)
            began = time.perf_counter()
            while courier.send_oldest():
                pass
            sent_s = time.perf_counter() - began
            (found,) = server.query('SELECT count("contact_time_s") FROM "step"')
        finally:
            server.close()
        arrived = found.rows[0][1]
    return {
        "rows": rows,
        "rows_per_block": block,
        "arrived": arrived,
        "outbox_mb": round(size_mb, 1),
        "queued_rows_per_s": round(rows / queued_s),
        "sent_rows_per_s": round(rows / sent_s),
    }


def _fill(store: SqliteStore, rows: int, block: int) -> None:
    """Write steps of runs one after another, many blocks to a transaction on disk."""
    for start in range(0, rows, block):
        store.write([_step(n) for n in range(start, min(start + block, rows))])


def _step(n: int) -> StepRow:
    """Give a step with all its figures, as a run on the road has them."""
    wobble = (n * 7919 % 1000) / 1000.0
    return StepRow(
        runner=f"runner-{n // _STEPS_PER_RUN % 20}",
        session=f"20261121t0640-{n // _STEPS_PER_RUN}",
        side="left" if n % 2 else "right",
        time_ns=_T0_NS + n * _STEP_NS,
        contact_time_s=0.25 + 0.01 * wobble,
        stride_time_s=0.70 + 0.01 * wobble,
        swing_time_s=0.45 + 0.01 * wobble,
        duty_factor=0.357 + 0.01 * wobble,
        flight_time_s=0.10 + 0.01 * wobble,
        step_time_s=0.35 + 0.01 * wobble,
        cadence_spm=171.4 + wobble,
        impulse_bws=0.35 + 0.01 * wobble,
        peak_force_bw=2.2 + 0.1 * wobble,
        strike_angle_deg=7.0 + wobble,
        strike_type="heel",
        pitch_at_toe_off_deg=-52.0 + wobble,
        pronation_excursion_deg=8.0 + wobble,
        pronation_time_pct=42.0 + wobble,
        pronation_velocity_dps=240.0 + wobble,
        toe_out_deg=6.0 + wobble,
        impact_g=7.5 + wobble,
        braking_g=1.8 + wobble,
        is_clipped=False,
        stride_length_m=2.2 + 0.1 * wobble,
        speed_mps=3.1 + 0.1 * wobble,
        quality=1.0,
    )


def main(words: Sequence[str] | None = None) -> int:
    """Measure both ways, print JSON; 1 if the slower one misses the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    asked = parser.parse_args(words)
    found = []
    for block in (LIVE_BLOCK, IMPORT_BLOCK):
        with tempfile.TemporaryDirectory() as directory:
            found.append(measure(Path(directory), asked.rows, block))
        print(json.dumps(found[-1]))
    slowest = min(figures["sent_rows_per_s"] for figures in found)
    print(f"slowest {slowest:.0f} rows/s, target {TARGET_ROWS_PER_S:.0f}")
    return 0 if slowest >= TARGET_ROWS_PER_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
