"""What the commands about sensors print: sensors near, families, status lines."""

import math
from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from collector.check_result import CheckResult
from collector.discovery import Sighting
from collector.link_status import LinkState
from collector.sensor_set import SensorStatus
from contract.messages import FootPod
from contract.model import Slot
from contract.people import Pairing
from contract.rows import SessionRow
from firmware_config.profile import Profile, profile_of

SIDE_STYLE = {"left": "#0072B2", "right": "#D55E00", "hip": "bold"}
"""Left is blue and right is orange everywhere, and always a word as well."""
STALE_S = 1.0
"""Ten packets and more a second: after so long what was said last is old."""
LOW_BATTERY_PCT = 15
"""Two hours of the smallest sensor (treadwear v1, 40 mAh at 3 mA): charge before."""
_BARS = ((-60, "strong ●●●"), (-75, "good ●●○"), (-127, "weak ●○○"))
"""Signal in dBm: at 1 m a sensor has -60, from a shoe to the wrist -75."""


def signal_words(rssi_dbm: int | None) -> str:
    """How strong a signal is, in a word and dots."""
    if rssi_dbm is None:
        return "-"
    return next((words for least, words in _BARS if rssi_dbm >= least), _BARS[-1][1])


def battery_words(battery_pct: int | None) -> str:
    """How full a battery is, and whether it should be charged."""
    if battery_pct is None:
        return "-"
    low = " charge it" if battery_pct < LOW_BATTERY_PCT else ""
    return f"{battery_pct} %{low}"


def side_text(word: str) -> Text:
    """A side in its colour and as a word."""
    return Text(word.upper(), style=SIDE_STYLE.get(word, ""))


def near_table(seen: Iterable[Sighting], batteries: Mapping[str, int | None]) -> Table:
    """Sensors that are near, the strongest first."""
    table = Table(title="Sensors near you")
    for heading in ("name", "family", "signal", "battery"):
        table.add_column(heading)
    # By tens of dB: a signal trembles, and lines that trade places cannot be read.
    for sighting in sorted(seen, key=lambda s: (-round(s.rssi_dbm, -1), s.name)):
        table.add_row(
            Text(sighting.name or sighting.address),
            profile_of(sighting.family).title,
            signal_words(sighting.rssi_dbm),
            battery_words(batteries.get(sighting.address)),
        )
    return table


def status_line(status: SensorStatus) -> Text:
    """One line per sensor while it streams; a stale figure is never shown as live."""
    line = Text(f"{status.slot.word.upper():5} ", style=SIDE_STYLE[status.slot.word])
    link = status.info.link
    if status.link.state is not LinkState.STREAMING or link is None:
        line.append(f"○ {status.link.state}", style="default")
        if status.link.trouble:
            line.append(f": {status.link.trouble}", style="default")
        if status.link.connections:
            line.append(" - keep running, data before is safe", style="default")
        return line
    if status.silent_s is not None and status.silent_s > STALE_S:
        line.append(f"○ silent for {status.silent_s:.0f} s", style="default")
        return line
    line.append(f"● {_rate_words(status)}", style="default")
    line.append(f"  battery {battery_words(link.battery_pct)}", style="default")
    line.append(f"  {lost_words(status)}", style="default")
    line.append(f"  {clock_words(status.clock_bound_s)}", style="default")
    return line


def lost_words(status: SensorStatus) -> str:
    """What was lost on the radio so far, and what was repaired."""
    link = status.info.link
    if link is None:
        return ""
    words = "nothing lost"
    if link.lost or link.lost_s:
        words = f"lost {link.lost} packets ({link.lost_s:.1f} s)"
    return f"{words}, {link.repaired} repaired" if link.repaired else words


def clock_words(bound_s: float) -> str:
    """How well the sensor's clock is known now."""
    if not math.isfinite(bound_s):
        return "clock not known yet"
    return f"clock ±{1000 * bound_s:.1f} ms"


def _rate_words(status: SensorStatus) -> str:
    rate_hz = status.info.rate_hz
    return "rate not known yet" if rate_hz is None else f"{rate_hz:.1f} Hz"


def check_lines(results: Sequence[CheckResult]) -> list[Text]:
    """A mark, a sentence, and what to do, for each check."""
    lines = []
    for result in results:
        mark = {True: "✓ ", False: "✗ ", None: "? "}[result.is_good]
        line = Text(mark, style="bold")
        line.append(result.sentence, style="default")
        if result.is_good is False and result.advice:
            line.append(f" {result.advice}", style="default")
        lines.append(line)
    return lines


def pod_words(pod: FootPod | None, run: SessionRow) -> str:
    """What a foot pod said beside what was measured here."""
    if pod is None:
        return "Foot pod: nothing was heard of one while you ran."
    own_speed = "-" if run.speed_mps is None else f"{run.speed_mps:.2f} m/s"
    own_cadence = "-" if run.cadence_spm is None else f"{run.cadence_spm:.0f}"
    return (
        f"Foot pod: {pod.speed_mps:.2f} m/s, {pod.cadence_spm:.0f} steps a minute"
        f" ({pod.readings} readings); treadwear: {own_speed}, {own_cadence}."
    )


def family_lines(profiles: Iterable[Profile]) -> list[Text]:
    """Families that treadwear speaks with: name, what they send and can, a verdict."""
    lines = []
    for profile in profiles:
        line = Text(profile.title, style="bold")
        line.append(f"\n  {_sends(profile)}; {_can(profile)}", style="not bold")
        line.append(f"\n  {profile.advice.verdict}\n", style="not bold")
        lines.append(line)
    return lines


def _sends(profile: Profile) -> str:
    if profile.acc is None or profile.gyro is None:
        return "speed and cadence only"
    acc, gyro = profile.acc.default, profile.gyro.default
    most_hz = max(profile.stream.rates_hz)
    return f"up to {most_hz:g} Hz, {acc:g} g, {gyro:g} deg/s"


def _can(profile: Profile) -> str:
    can = profile.can
    words = {
        "resends lost packets": can.resend,
        "clock by ping": can.ping,
        "LED": can.led,
        "battery": can.battery,
        "tells its side": can.tells_side,
    }
    return ", ".join(word for word, is_so in words.items() if is_so) or "no extras"


def pairings_table(pairings: Mapping[str, Pairing]) -> Table:
    """Which sensors a runner wears with which shoe."""
    table = Table(title="Paired sensors")
    for heading in ("shoe", "worn", "family", "serial or name"):
        table.add_column(heading, overflow="fold")
    for shoe, pairing in pairings.items():
        for sensor in sorted(pairing.sensors, key=lambda s: Slot.from_word(s.slot)):
            table.add_row(
                Text(shoe or "any"),
                side_text(sensor.slot),
                profile_of(sensor.family).title,
                Text(sensor.serial or sensor.name or sensor.address),
            )
    return table
