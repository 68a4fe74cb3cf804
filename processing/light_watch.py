"""Looks at a session every ten seconds of its own clock and moves the lamp.

A time is looked at only when its two minutes are final: both feet have a contact
`REACH_NS` later, contacts of a foot come in order of time, and neither a contact's time
nor its duration is ever changed (a slip takes angles back, nothing else). So readings
depend on the samples alone, not on how they were portioned, and live equals offline.
A foot that falls silent holds the readings up until it is back or the run is over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from msgspec.structs import replace

from contract import topics
from contract.messages import Event, LightInfo, LightState, OutsideBand
from contract.rows import EventRow, Row
from contract.units import NS_PER_S
from contract.verdicts import ALERT_CLEARED, ALERT_RAISED, MAIN_METRIC
from processing.baseline import EarlierRun, similar_runs, why_none
from processing.light import Alert, Lamp, LightSettings, Reading, read, span, told
from processing.light_window import LightWindow, misplaced
from processing.metrics import METRICS
from processing.outside import OutsideSettings, OutsideWatch
from processing.pipeline import FEET, REACH_NS, SessionAnalysis
from processing.step_rows import key


@dataclass(frozen=True, slots=True)
class _Silence:
    """Why there is no reading; ``runs`` are the earlier ones that would count."""

    why: str
    runs: int = 0


class LightWatch:
    """The light of one session: give it the analysis whenever that has grown.

    Parameters
    ----------
    runs : sequence of EarlierRun
        Earlier runs of the runner with shoe sensors, in any shoe at any pace.
    """

    def __init__(
        self, runs: Sequence[EarlierRun] = (), settings: LightSettings | None = None
    ) -> None:
        self._settings = settings or LightSettings()
        self._runs = [run for run in runs if MAIN_METRIC in run.sizes]
        self._lamp = Lamp(self._settings)
        self._outside = OutsideWatch(runs, OutsideSettings(light=self._settings))
        self._first_ns = 0
        self._next_ns: int | None = None
        self._latest: Reading | _Silence = self._poor(-1)
        self._usual: Reading | None = None
        self._alerts: list[Alert] = []
        self._given = 0

    def look(self, analysis: SessionAnalysis, *, is_over: bool = False) -> None:
        """Take every reading that is final now; all that are left when it is over."""
        left, right = (analysis.contacts(slot).ic_ns for slot in FEET)
        if not len(left) or not len(right):
            return
        ends = min(int(left[-1]), int(right[-1]))
        until_ns = ends if is_over else ends - REACH_NS
        if self._next_ns is None:
            self._first_ns = min(int(left[0]), int(right[0]))
            self._next_ns = self._grid(self._first_ns)
        while self._next_ns <= until_ns:
            self._next_ns = self._look_at(analysis, self._next_ns)

    def _look_at(self, analysis: SessionAnalysis, t_ns: int) -> int:
        """Move the lamp; gives the time to look at next, after a pause its end."""
        found = self._find(analysis, t_ns)
        self._latest = found
        if isinstance(found, Reading):
            self._usual = found
            self._lamp, alert = self._lamp.after(found)
            self._alerts += [alert] if alert else []
            self._outside.look(analysis, self._window(analysis, t_ns))
        else:
            self._outside.forget()
        return self._after(t_ns, analysis)

    def _after(self, t_ns: int, analysis: SessionAnalysis) -> int:
        """Next time on the grid whose two minutes hold steps of both feet.

        Else a clock that leaps by years would be followed in steps of ten seconds.
        """
        following_ns = t_ns + self._ns(self._settings.every_s)
        since_ns = following_ns - self._ns(self._settings.window_s)
        for slot in FEET:
            ic_ns = analysis.contacts(slot).ic_ns
            later = ic_ns[np.searchsorted(ic_ns, since_ns) :]
            if len(later):
                following_ns = max(following_ns, self._grid(int(later[0])))
        return following_ns

    def _find(self, analysis: SessionAnalysis, t_ns: int) -> Reading | _Silence:
        both = self._window(analysis, t_ns)
        begin_ns = both.begin_ns
        doubt = misplaced(analysis, begin_ns, t_ns)
        if doubt:
            return _Silence(doubt)
        found = both.balance(analysis.settings.balance)
        if found is None:
            return self._poor(begin_ns)
        window = both.as_run(analysis.meta, {MAIN_METRIC: found})
        reading = read(t_ns, window, self._runs, self._settings)
        return reading or self._why_none(window)

    def _window(self, analysis: SessionAnalysis, t_ns: int) -> LightWindow:
        begin_ns = t_ns - self._ns(self._settings.window_s)
        return LightWindow.of(analysis, begin_ns, t_ns)

    def _poor(self, begin_ns: int) -> _Silence:
        width = span(self._settings.window_s)
        if begin_ns < self._first_ns:
            return _Silence(f"warming up: {width} of running come first")
        return _Silence(f"poor data: too few good steps in {width}")

    def _why_none(self, window: EarlierRun) -> _Silence:
        how = METRICS[MAIN_METRIC], self._settings.baseline
        runs = similar_runs(window, self._runs, *how)
        return _Silence(why_none(window, self._runs, *how), len(runs))

    def _grid(self, t_ns: int) -> int:
        """First time to look at after a time."""
        every_ns = self._ns(self._settings.every_s)
        return (t_ns // every_ns + 1) * every_ns

    @staticmethod
    def _ns(seconds: float) -> int:
        return round(seconds * NS_PER_S)

    def take_rows(self, analysis: SessionAnalysis) -> list[EventRow]:
        """Event rows of what happened since the last call."""
        fresh, self._given = self._alerts[self._given :], len(self._alerts)
        return [
            EventRow(
                **key(analysis.meta, "both", alert.t_ns),
                kind=alert.kind,
                text=alert.text,
                code=alert.code,
            )
            for alert in fresh
        ]

    def info(self, origin_ns: int) -> LightInfo:
        """Light as a tile shows it; ``origin_ns`` is the session's time zero."""
        latest, lamp = self._latest, self._lamp
        since_ns = origin_ns + (lamp.since_ns or 0) if lamp.code else 0
        light = LightInfo(state=self._state(), code=lamp.code, since_ns=since_ns)
        if isinstance(latest, _Silence):
            own = self._usual.own if self._usual and lamp.code else None
            said, shift, runs = latest.why, None, latest.runs
        else:
            own, said = latest.own, told(lamp, latest)
            shift, runs = own.shift, own.runs
        return replace(
            light,
            text=said,
            usual_pct=own and own.usual,
            band_low_pct=own and own.band_low,
            band_high_pct=own and own.band_high,
            shift_pct=shift,
            baseline_runs=runs,
        )

    @property
    def outside(self) -> tuple[OutsideBand, ...]:
        """What else lies outside her own band just now."""
        return self._outside.shown

    def _state(self) -> LightState:
        if self._lamp.code:
            return "check"
        if not isinstance(self._latest, Reading):
            return "none"
        return "drifting" if self._latest.own.is_outside else "steady"


def messages_of(rows: Iterable[Row]) -> list[tuple[str, Event]]:
    """Topic and message of each time that the light goes on or out in these rows.

    A service that starts again says once more what it said before: session, time and
    kind tell whether a message is new.
    """
    kinds: dict[str, Literal["alert_raised", "alert_cleared"]] = {
        ALERT_RAISED: "alert_raised",
        ALERT_CLEARED: "alert_cleared",
    }
    return [
        (
            topics.event(row.runner, row.session),
            Event(kind=kinds[row.kind], t_ns=row.time_ns, text=row.text, code=row.code),
        )
        for row in rows
        if isinstance(row, EventRow) and row.kind in kinds and row.code
    ]
