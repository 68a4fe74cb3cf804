"""What the parts of treadwear know, as the page shows it: words, no addresses."""

from collections.abc import Iterable, Mapping, Sequence

from collector.check_result import CheckResult
from collector.discovery import Sighting
from collector.link_status import LinkState
from collector.sensor_set import SensorStatus
from contract.errors import BluetoothError, NoSensorError, TreadwearError
from contract.people import PairedSensor
from dashboards.phone.state import FaultView, NearView, SensorView, Tick, TickState
from firmware_config.profile import profile_of
from treadwear.live_run import is_live
from treadwear.pair import NOTHING_FOUND
from treadwear.sensor_tables import LOW_BATTERY_PCT, signal_words

TICKS = {
    "streaming": "All send data",
    "stillness": "Stood still",
    "gravity": "Found which way is down",
    "alternation": "Left, right in turn",
    "tightness": "Sits tight",
    "clock": "Clocks agree",
}
"""The six checks in their order, each as the page calls it."""
STANDING = ("streaming", "stillness", "gravity")
STEPPING = ("streaming", "alternation", "tightness", "clock")
"""What is looked at while she stands, and while she steps."""
_STATES: dict[bool | None, TickState] = {True: "good", False: "bad", None: "unsure"}


def near_views(sightings: Iterable[Sighting]) -> tuple[NearView, ...]:
    """Sensors that are near, the strongest first."""
    # By tens of dB: a signal trembles, and lines that trade places cannot be read.
    ordered = sorted(sightings, key=lambda s: (-round(s.rssi_dbm, -1), s.address))
    return tuple(
        NearView(
            kind=profile_of(s.family).title,
            signal=signal_words(s.rssi_dbm),
        )
        for s in ordered
    )


def known_views(
    sensors: Iterable[PairedSensor], batteries: Mapping[str, int | None]
) -> tuple[SensorView, ...]:
    """Sensors of last time with what their batteries had when they were last heard."""
    return tuple(
        SensorView(
            slot=s.slot,
            battery_pct=batteries.get(s.slot),
            is_low=_is_low(batteries.get(s.slot)),
        )
        for s in sensors
    )


def status_views(statuses: Iterable[SensorStatus]) -> tuple[SensorView, ...]:
    """Sensors while they stream, in words; a stale figure is never shown as live."""
    views = []
    for status in statuses:
        link = status.info.link
        battery_pct = link.battery_pct if link else None
        view = SensorView(
            slot=status.slot.word,
            words=_status_words(status),
            is_live=is_live(status),
            battery_pct=battery_pct,
            is_low=_is_low(battery_pct),
        )
        views.append(view)
    return tuple(views)


def _status_words(status: SensorStatus) -> str:
    if is_live(status):
        return "live"
    if status.link.state is LinkState.STREAMING and status.silent_s is not None:
        return f"silent for {status.silent_s:.0f} s"
    if status.link.trouble:
        return f"{status.link.state}: {status.link.trouble}"
    return str(status.link.state)


def _is_low(battery_pct: int | None) -> bool:
    return battery_pct is not None and battery_pct < LOW_BATTERY_PCT


def ticks(
    results: Sequence[CheckResult], running: Sequence[str] = ()
) -> tuple[Tick, ...]:
    """All six ticks: those that are known, those that are looked at now, the rest."""
    known = {result.name: result for result in results}
    return tuple(
        _tick(name, title, known.get(name), is_now=name in running)
        for name, title in TICKS.items()
    )


def _tick(name: str, title: str, result: CheckResult | None, *, is_now: bool) -> Tick:
    if result is None:
        return Tick(name=name, title=title, state="now" if is_now else "waiting")
    return Tick(
        name=name,
        title=title,
        state=_STATES[result.is_good],
        text=result.sentence,
        advice=result.advice,
    )


def fault_view(fault: TreadwearError) -> FaultView:
    """Say what happened, why, and what to do, in order."""
    is_lonely = isinstance(fault, NoSensorError) and not isinstance(
        fault, BluetoothError
    )
    return FaultView(
        what=_sentence(fault.what),
        why="" if is_lonely else _sentence(fault.why),
        steps=NOTHING_FOUND if is_lonely else (*filter(None, [fault.next_step]),),
    )


def _sentence(words: str) -> str:
    """Give words the shape of a sentence."""
    words = words.strip()
    if not words:
        return ""
    end = "" if words[-1] in ".!?" else "."
    return f"{words[0].upper()}{words[1:]}{end}"
