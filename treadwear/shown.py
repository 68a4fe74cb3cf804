"""What `treadwear analyse` prints for people: an analysis from top to bottom."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape

from contract.verdicts import CLEARLY, NOT_ENOUGH, SLIGHTLY
from processing.settings import BalanceSettings
from processing.verdict import JUDGED
from treadwear.gate import ON_ONE_FOOT
from treadwear.tables import (
    MILLI,
    balance_table,
    certainty_words,
    counted,
    figure_lines,
)

_COMPARED = JUDGED
_EVENT_WORDS = {
    "one_foot": "sides in doubt",
    "swap_suspected": "sides in doubt",
    "gap": "data lost",
}
_NO_FINDING = (
    "Nothing is pointed out: where so many figures are compared, one of them may differ"
    " as much as this by chance."
)
_SHOES_KNOW = ("contact_time_estimate_s",)
"""Not told of the hip when shoes were worn: they know it better."""
_HIP_WORDS = {
    "vertical_oscillation_m": ("vertical oscillation", 100.0, "cm", 1),
    "contact_time_estimate_s": ("contact time about", MILLI, "ms", 0),
    "pelvic_drop_deg": ("pelvic drop", 1.0, "deg", 1),
    "pelvic_tilt_deg": ("forward tilt", 1.0, "deg", 1),
    "pelvic_rotation_deg": ("pelvic rotation", 1.0, "deg", 1),
}


def show_analysis(console: Console, result: dict[str, Any]) -> None:
    """Print sensors, what was measured, what stands out, and the verdict last."""
    name = escape(result["recording"])
    console.print(f"[bold]{name}[/bold]: {_course(result)}", soft_wrap=True)
    for line in (*_sensor_lines(result), *_event_lines(result)):
        console.print(f"  {escape(line)}", soft_wrap=True, highlight=False)
    _show_balance(console, result)
    parts = (_strike_lines, _hip_lines, _wear_lines, _finding_lines, _plan_lines)
    for part in (*parts, _rest_lines):
        for line in part(result):
            console.print(escape(line), soft_wrap=True, highlight=False)
    verdict = result["verdict"]
    about = "Contact time, left against right" if verdict in _COMPARED else "Result"
    console.print(f"{about}: [bold]{verdict}[/bold]")
    if verdict in _COMPARED and result["basis"]:
        console.print(result["basis"], soft_wrap=True, highlight=False)


def _course(result: dict[str, Any]) -> str:
    """Say what was done, how far and how fast."""
    words = [result["quality"]["activity"]]
    if result["distance_m"]:
        words.append(f"{result['distance_m'] / 1000:.2f} km")
    if result["speed_mps"]:
        of = " (belt)" if result["belt_speed_mps"] else ""
        words.append(f"{result['speed_mps']:.2f} m/s{of}")
    if result["cadence_spm"]:
        words.append(f"{result['cadence_spm']:.0f} steps/min")
    return ", ".join(words)


def _sensor_lines(result: dict[str, Any]) -> Iterator[str]:
    yield from (f"note: {note}" for note in result["quality"]["notes"])
    for side, s in result["quality"]["sensors"].items():
        steps, gaps = counted(s["steps"], "step"), counted(s["gaps"], "gap")
        yield f"{side}: {s['rate_hz']:.5g} Hz, {steps}, {gaps}, {_place(side, s)}"
        if s["near_gaps"]:
            yield f"{side}: {counted(s['near_gaps'], 'stride')} lost in gaps"
        if s["withheld"]:
            yield f"{side}: not given: {s['withheld']}"


def _place(side: str, sensor: dict[str, Any]) -> str:
    """How well the sensor's place is known, and from what."""
    if sensor["activity"] == "unknown":
        return f"not analysed: {sensor['calibration']}"
    if side == "hip":
        return "steps by the hip"
    spread = sensor["axis_spread_deg"]
    about = [sensor["mount"]] if sensor["mount"] else []
    if spread is not None:
        about.append(f"forward axis scatters by {spread:.1f} deg")
    origin = f" ({', '.join(about)})" if about else ""
    return f"sensor place: {sensor['calibration']}{origin}"


def _event_lines(result: dict[str, Any]) -> Iterator[str]:
    for event in result["events"]:
        kind = _EVENT_WORDS.get(event["kind"], event["kind"].replace("_", " "))
        at = f" at {event['t_s']:.0f} s" if event["kind"] == "slip" else ""
        yield f"{kind}{at}: {event['text']}"


def _show_balance(console: Console, result: dict[str, Any]) -> None:
    """Compare left and right, or say why that is not done."""
    shown = {}
    if result["verdict"] != NOT_ENOUGH:
        shown = {k: b for k, b in result["balance"].items() if _is_enough(b)}
    if shown:
        console.print(balance_table(shown, result["source"]))
    elif result["steps"]:
        words = f"No left/right comparison: {_obstacle(result)}."
        console.print(words, soft_wrap=True)


def _is_enough(balance: dict[str, Any]) -> bool:
    return bool(balance["n_pairs"] >= BalanceSettings().report_pairs)


def _obstacle(result: dict[str, Any]) -> str:
    if any(ON_ONE_FOOT in e["text"] for e in result["events"]):
        return "both sensors may be on one foot"
    if len({step["side"] for step in result["steps"]}) < 2:
        return "that needs both feet"
    contact = result["balance"].get("contact_time")
    if not contact:
        return "hardly a left step could be paired with a right step"
    if _is_enough(contact):
        return "too many strides had to be left out"
    needed = BalanceSettings().report_pairs
    return f"that needs {needed} pairs of steps, there are {contact['n_pairs']}"


def _strike_lines(result: dict[str, Any]) -> Iterator[str]:
    """How each foot lands; of one foot alone its other figures too."""
    feet = result["feet"]
    for side, foot in feet.items():
        shares = foot["strike_type_pct"]
        if shares:
            words = ", ".join(f"{kind} {share:.0f} %" for kind, share in shares.items())
            yield f"Strike, {side}: {words}"
        if len(feet) == 1:
            yield from (f"  {line}" for line in figure_lines(foot))


def _hip_lines(result: dict[str, Any]) -> Iterator[str]:
    """Say what the hip measured, and what it cannot tell."""
    hip = result["hip"]
    found = [
        f"{words} {hip[name]['mean'] * factor:.{digits}f} {unit}"
        for name, (words, factor, unit, digits) in _HIP_WORDS.items()
        if name in hip and (name not in _SHOES_KNOW or result["source"] == "hip")
    ]
    if found:
        yield f"Hip: {', '.join(found)}."
    if result["source"] == "hip":
        yield from result["limits"]


def _wear_lines(result: dict[str, Any]) -> Iterator[str]:
    shoes = {side: w for side, w in result["wear"].items() if side != "label"}
    label = result["wear"]["label"].capitalize()
    for side, w in shoes.items():
        parts = [f"{w['dose_per_step_bws']:.3f} body-weight s a step"]
        if w["ml_pct"] is not None:
            parts.append(f"inner against outer side {w['ml_pct']:+.0f} %")
        yield f"{label}, {side} shoe: {', '.join(parts)}."
    lr_pct = next(iter(shoes.values()))["lr_pct"] if len(shoes) == 2 else None
    if lr_pct is not None:
        yield f"{label}, left against right: {lr_pct:+.1f} % (+ = right more)."


def _finding_lines(result: dict[str, Any]) -> Iterator[str]:
    if not result["findings"] and result["verdict"] in (SLIGHTLY, CLEARLY):
        yield _NO_FINDING
    for f in result["findings"]:
        sure = certainty_words(f["certainty"])
        low, high = f"{f['low']:+.1f}", f"{f['high']:+.1f}"
        yield f"{f['rank']}. {sure}: {f['text']} Likely {low} to {high} {f['unit']}."
        yield f"   What to do: {f['action']}"


def _plan_lines(result: dict[str, Any]) -> Iterator[str]:
    plan = result["plan"]
    if plan.get("hidden_reason"):
        yield f"Plan: {plan['hidden_reason']}"
    for e in plan["exercises"]:
        side = "both sides" if e["side"] == "both" else e["side"]
        yield f"Plan {e['place']}. {e['phase']}, {side}: {e['exercise']}, {e['dose']}"
    if plan["exercises"]:
        yield f"Look again on {plan['exercises'][0]['retest']}. {plan['disclaimer']}"


def _rest_lines(result: dict[str, Any]) -> Iterator[str]:
    for reason, count in result["rejected"].items():
        yield f"  {counted(count, 'stride')} left out: {reason}"
