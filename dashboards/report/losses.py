"""What is missing and why, in words: refused sensors, lost data, thin evidence."""

from contract.messages import LinkInfo
from contract.rows import EventRow
from contract.verdicts import MAIN_METRIC
from dashboards.report.data import FEET, ReportData, is_refused
from dashboards.report.metrics import is_known, joined, number

# A lost radio packet is below a tenth of a second: a second and more is worth a word.
WORTH_SAYING_S = 1.0
# Where packets have no number, a loss shows as time alone: shorter than a frame
# (collector/stream.py joins packets to 0.1 s) it is the jitter of arrivals.
LEAST_SILENCE_S = 0.1
STEADY = (
    "A few minutes of steady running with both sensors seated firmly is enough for a "
    "comparison."
)
# 200 Hz is what the method was made for; half of it widens single contact times.
FASTER = "Set the sensors to 100 Hz or more, best 200 Hz, and run again."


def missing(data: ReportData) -> tuple[str, ...]:
    """List the facts that explain why there is no comparison, in plain words."""
    feet = [q for q in data.quality if q.side in FEET]
    facts = [_pairs_fact(data), _used_fact(data), *refusals(data)]
    facts += [
        f"Calibration of the {sensor(q.side)}: {q.calibration}."
        for q in feet
        if q.calibration not in ("", "good") and not is_refused(q)
    ]
    return (*(f for f in facts if f), advice(data))


def refusal_details(data: ReportData) -> tuple[str, ...]:
    """Say for each refused sensor why, and what to do about it."""
    return (*refusals(data), advice(data))


def advice(data: ReportData) -> str:
    """Say what would give a comparison next time."""
    refused = [q.calibration for q in data.quality if is_refused(q)]
    return FASTER if any("rate" in reason for reason in refused) else STEADY


def loss_note(data: ReportData) -> str:
    """Say what data are gone for good; "" when it is nothing to speak of."""
    said = dict.fromkeys(e.text.strip().rstrip(".") for e in data.events if _is_gap(e))
    radio = _radio_losses(data)
    if radio:
        told = joined(_radio_words(side, link) for side, link in radio.items())
        said[f"Lost on the radio: {told}"] = None
    silences = joined(
        f"{number(q.lost_s, 1)} s of the {sensor(q.side)} ({_places(q.gaps)})"
        for q in data.quality
        if is_known(q.lost_s) and q.lost_s - _told_s(radio, q.side) >= WORTH_SAYING_S
    )
    if silences:
        said[f"Missing between the first and the last sample: {silences}"] = None
    return " ".join(f"{text}." for text in said)


def _radio_losses(data: ReportData) -> dict[str, LinkInfo]:
    """Links on which something was lost for good, by where the sensor is worn."""
    return {
        side: link
        for side, link in data.links.items()
        if link.lost or link.lost_s >= LEAST_SILENCE_S
    }


def _radio_words(side: str, link: LinkInfo) -> str:
    """Say what one link lost: packets, or only seconds where they bear no number."""
    is_short = link.lost_s < LEAST_SILENCE_S
    seconds = "under 0.1 s" if is_short else f"{number(link.lost_s, 1)} s"
    if not link.lost:
        return f"{seconds} of the {sensor(side)}"
    noun = "packet" if link.lost == 1 else "packets"
    return f"{number(link.lost)} {noun} of the {sensor(side)} ({seconds})"


def _told_s(radio: dict[str, LinkInfo], side: str) -> float:
    """Seconds of a sensor that the radio's sentence already accounts for."""
    return radio[side].lost_s if side in radio else 0.0


def _is_gap(event: EventRow) -> bool:
    return event.kind == "gap" and bool(event.text.strip())


def sensor(side: str) -> str:
    """Name a sensor by where it is worn."""
    return f"{side} shoe sensor" if side in FEET else f"{side} sensor"


def refusals(data: ReportData) -> tuple[str, ...]:
    """Name each refused sensor with its reason."""
    return tuple(
        f"{sensor(q.side).capitalize()}{_rate(q.rate_hz)}: {q.calibration}."
        for q in data.quality
        if is_refused(q)
    )


def _rate(rate_hz: float | None) -> str:
    return f", {number(rate_hz)} Hz" if is_known(rate_hz) else ""


def _places(gaps: int) -> str:
    return "one place" if gaps == 1 else f"{number(gaps)} places"


def _pairs_fact(data: ReportData) -> str:
    row = data.balance.get(MAIN_METRIC)
    pairs = row.n_pairs if row else 0
    if not pairs:
        return "No left step could be paired with a right step."
    noun = "pair" if pairs == 1 else "pairs"
    found = f"{number(pairs)} {noun} of a left and a right step could be compared"
    return f"{found}; 30 are needed."


def _used_fact(data: ReportData) -> str:
    if data.used_pct is None:
        return "No strides were found."
    strides = number(data.session.steps + data.session.rejected)
    found = f"{number(data.used_pct, 1)} % of {strides} strides could be used"
    return f"{found}; 70 % are needed."
