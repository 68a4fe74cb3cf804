"""What the commands print for people."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from contract.rows import SessionRow
from processing.settings import BalanceSettings
from processing.verdict import CLEARLY, NO_CLEAR_DIFFERENCE, NOT_ENOUGH, SLIGHTLY

_TIMES = ("contact_time", "flight_time", "step_time", "stride_time", "swing_time")
_COMPARED = (NO_CLEAR_DIFFERENCE, SLIGHTLY, CLEARLY)
_MOST_LETTERS = 24
"""Of a name or shoe in a table of seven columns; the report shows it whole."""


def counted(n: int, noun: str) -> str:
    """Give a number with its noun, in the plural where it is not one."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def show_analysis(console: Console, result: dict[str, Any]) -> None:
    """Verdict, balance table, data quality."""
    quality = result["quality"]
    name = escape(result["recording"])
    console.print(f"[bold]{name}[/bold]: {quality['activity']}")
    for note in quality["notes"]:
        console.print(f"  note: {escape(note)}")
    _show_sensors(console, quality["sensors"])
    _show_balance(console, result)
    if result["cadence_spm"]:
        console.print(f"Cadence {result['cadence_spm']:.0f} steps/min")
    for reason, count in result["rejected"].items():
        console.print(f"  {counted(count, 'stride')} left out: {reason}")
    verdict = result["verdict"]
    about = "Contact time, left against right" if verdict in _COMPARED else "Result"
    console.print(f"{about}: {verdict}")


def _show_sensors(console: Console, sensors: dict[str, dict[str, Any]]) -> None:
    for side, s in sensors.items():
        if side == "hip":
            samples = counted(s["samples"], "sample")
            console.print(f"  hip: {samples}, kept but not analysed yet")
            continue
        is_refused = s["activity"] == "unknown"
        about = "not analysed" if is_refused else "sensor place"
        steps, gaps = counted(s["steps"], "step"), counted(s["gaps"], "gap")
        words = f"{steps}, {gaps}, {about}: {s['calibration']}"
        console.print(f"  {side}: {s['rate_hz']:.5g} Hz, {words}", soft_wrap=True)


def _show_balance(console: Console, result: dict[str, Any]) -> None:
    """Compare left and right, or say why that is not done."""
    shown = {}
    if result["verdict"] != NOT_ENOUGH:
        shown = {k: b for k, b in result["balance"].items() if _is_enough(b)}
    if shown:
        console.print(balance_table(shown))
    elif result["steps"]:
        console.print(f"No left/right comparison: {_obstacle(result)}.")


def _is_enough(balance: dict[str, Any]) -> bool:
    return bool(balance["n_pairs"] >= BalanceSettings().report_pairs)


def _obstacle(result: dict[str, Any]) -> str:
    if len({step["side"] for step in result["steps"]}) < 2:
        return "that needs both feet"
    contact = result["balance"].get("contact_time")
    if not contact:
        return "hardly a left step could be paired with a right step"
    if _is_enough(contact):
        return "too many strides had to be left out"
    needed = BalanceSettings().report_pairs
    return f"that needs {needed} pairs of steps, there are {contact['n_pairs']}"


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
    table = Table(title="Runs, the one stored last first")
    table.add_column("session", no_wrap=True, min_width=18)
    for heading in ("runner", "shoe", "state", "min", "steps", "verdict"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        who = f"{_cut(row.name)} ({row.runner})" if row.name else row.runner
        table.add_row(
            row.session,
            Text(who + (", simulated" if row.simulated else "")),
            Text(_cut(row.shoe) or "-"),
            row.state,
            f"{row.duration_s / 60:.1f}",
            str(row.steps),
            row.verdict,
        )
    return table


def _cut(words: str) -> str:
    if len(words) <= _MOST_LETTERS:
        return words
    return words[: _MOST_LETTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"
