"""What the commands print for people."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from contract.rows import SessionRow

_TIMES = ("contact_time", "flight_time", "step_time", "stride_time", "swing_time")
_UNKNOWN = "not known"


def show_analysis(console: Console, result: dict[str, Any]) -> None:
    """Verdict, balance table, data quality."""
    quality = result["quality"]
    name = escape(result["recording"])
    console.print(f"[bold]{name}[/bold]: {quality['activity']}")
    for note in quality["notes"]:
        console.print(f"  note: {escape(note)}")
    _show_sensors(console, quality["sensors"])
    if result["balance"]:
        console.print(balance_table(result["balance"]))
    elif result["steps"]:
        console.print("No left/right comparison: that needs both feet.")
    if result["cadence_spm"]:
        console.print(f"Cadence {result['cadence_spm']:.0f} steps/min")
    for reason, count in result["rejected"].items():
        console.print(f"  {count} strides left out: {reason}")
    console.print(f"Contact time, left against right: {result['verdict']}")


def _show_sensors(console: Console, sensors: dict[str, dict[str, Any]]) -> None:
    for side, s in sensors.items():
        if side == "hip":
            console.print(f"  hip: {s['samples']} samples, kept but not analysed yet")
            continue
        words = (
            f"{s['steps']} steps, {s['gaps']} gaps, sensor place: {s['calibration']}"
        )
        console.print(f"  {side}: {s['rate_hz']:.5g} Hz, {words}")


def balance_table(balance: dict[str, Any]) -> Table:
    """Left against right per metric, with the 95 % interval."""
    table = Table(title="Left against right (+ = right larger)")
    for heading in ("", "left", "right", "difference", "likely", "pairs"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, b in balance.items():
        scale, unit = (1e3, "ms") if name in _TIMES else (1.0, "")
        digits = 0 if unit else 3
        table.add_row(
            name.replace("_", " "),
            f"{b['left'] * scale:.{digits}f} {unit}".strip(),
            f"{b['right'] * scale:.{digits}f} {unit}".strip(),
            f"{b['asi_pct']:+.1f} %",
            f"{b['ci_low']:+.1f} to {b['ci_high']:+.1f} %",
            str(b["n_pairs"]),
        )
    return table


def sessions_table(rows: list[SessionRow]) -> Table:
    """One line per session, newest first."""
    table = Table(title="Runs, newest first")
    table.add_column("session", no_wrap=True, min_width=18)
    for heading in ("runner", "shoe", "state", "min", "steps", "verdict"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        who = f"{row.name} ({row.runner})" if row.name else row.runner
        table.add_row(
            row.session,
            Text(who + (", simulated" if row.simulated else "")),
            Text(row.shoe or "-"),
            row.state,
            f"{row.duration_s / 60:.1f}",
            str(row.steps),
            row.verdict,
        )
    return table
