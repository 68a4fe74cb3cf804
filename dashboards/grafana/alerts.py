"""Alert rules: what must be looked at, in words that say what to do.

Each rule is three steps: A asks InfluxDB, B reduces each series to one number, C
compares it. What happens without data and on an error is said in every rule. No rule
calls out by itself: there is no contact point (README.md says how to add one).

``$`` in a query is safe: Grafana's provisioning leaves the model of a rule as it is
(pkg/services/provisioning/alerting/rules_types.go); annotations have no ``${...}``.
"""

from dataclasses import dataclass

from contract.service_rows import SERVICE as SERVICE_ID
from dashboards.grafana.board import TAG
from dashboards.grafana.columns import Shown
from dashboards.grafana.queries import (
    DATASOURCE,
    IN_TIME,
    ROSTER_MIN,
    STALE_S,
    Json,
    Target,
    equals,
    newest_of_runs,
    series,
)

_CHECK = 3
"""Number of the light that is on (contract.verdicts.LIGHT_STATES)."""
_RUNNER = "{{ $labels.runner }}"
_FIRING, _FINE, _KEEP = "Alerting", "OK", "KeepLast"
_LATE_S = 300
_SILENT_S = 60 * ROSTER_MIN
"""So long the newest row of a run is looked at. Rows end 2 min after the last data
(processing/turns.py), so the silence of a whole collector is shown for 2 + 15 min, as
long as the runner keeps the place on Coach live. Without data the state is not kept
instead: that works only while no run at all has rows; with others going on, Grafana
takes a run whose rows end for over after two looks (its "missing series")."""
FOLDER = f"{TAG} alerts"
"""Not the boards' folder: Grafana sets up alerts first, and makes their folder under a
uid of its own choice; a second folder of that name is then refused, or made (issues
87889 and 125079), and with it go the boards."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule.

    Attributes
    ----------
    reducer, above : str, float
        How a series becomes a number, and from where on the rule fires.
    lasts : str
        How long it must be so.
    without_data, on_error : str
        State where there are no rows, and where the query fails.
    what, todo : str
        The annotations: what happened, and what to do now.
    """

    uid: str
    title: str
    target: Target
    above: float
    what: str
    todo: str
    reducer: str = "last"
    lasts: str = "0s"
    since_s: int = 60
    without_data: str = _FINE
    on_error: str = _KEEP
    is_below: bool = False
    urgency: str = "now"

    def json(self) -> Json:
        """As provisioning reads it."""
        return {
            "uid": self.uid,
            "title": self.title,
            "condition": "C",
            "data": [self._ask(), self._reduce(), self._compare()],
            "noDataState": self.without_data,
            "execErrState": self.on_error,
            "for": self.lasts,
            "annotations": {"summary": self.what, "description": self.todo},
            "labels": {"app": TAG, "urgency": self.urgency},
            "isPaused": False,
        }

    def _ask(self) -> Json:
        model = self.target.json("A") | {"intervalMs": 10_000, "maxDataPoints": 1000}
        return _step("A", DATASOURCE["uid"], self.since_s, model)

    def _reduce(self) -> Json:
        model = {
            "expression": "A",
            "reducer": self.reducer,
            "settings": {"mode": "dropNN"},
            "type": "reduce",
        }
        return _expression("B", model)

    def _compare(self) -> Json:
        kind = "lt" if self.is_below else "gt"
        evaluator = {"params": [self.above], "type": kind}
        model = {
            "conditions": [{"evaluator": evaluator}],
            "expression": "B",
            "type": "threshold",
        }
        return _expression("C", model)


def _expression(ref: str, model: Json) -> Json:
    of = {"type": "__expr__", "uid": "__expr__"}
    return _step(ref, "__expr__", 0, {"datasource": of, "refId": ref, **model})


def _step(ref: str, source: str, since_s: int, model: Json) -> Json:
    span = {"from": since_s, "to": 0}
    return {
        "refId": ref,
        "relativeTimeRange": span,
        "datasourceUid": source,
        "model": model,
    }


def _per_run(name: str) -> Target:
    """Newest live figure of each run that goes on; the labels name both."""
    return newest_of_runs(Shown("live", name, "Value"))


def _own(name: str, pick: str, *conditions: str) -> Target:
    """Points of what the processing says of itself, minute by minute."""
    shown = (Shown("pipeline", name, "Value", pick),)
    return series(shown, IN_TIME, *conditions, every="1m")


def _by_process(name: str, pick: str) -> Target:
    """Per process, which its label names: their counts go up by themselves."""
    shown = (Shown("pipeline", name, "Value", pick),)
    return series(shown, IN_TIME, group_by=("session",), every="1m")


def _silent(slot: str) -> Rule:
    where = "at the hip" if slot == "hip" else f"on the {slot} shoe"
    return Rule(
        uid=f"{TAG}-silent-{slot}",
        title=f"The {slot} sensor is silent",
        target=_per_run(f"{slot}_silent_s"),
        above=STALE_S,
        since_s=_SILENT_S,
        what=(
            f"Nothing has been heard of the sensor {where} of {_RUNNER} for more than "
            f"{STALE_S} s."
        ),
        todo=(
            "They can keep running; what was measured before is safe. Look whether the "
            "sensor is still there, charged, and within reach of the collector, and "
            f"whether the collector is on. {_lost(slot)} This stays until the sensor "
            "is back or the run is over; when nothing at all comes any more, for about "
            "17 minutes."
        ),
    )


def _lost(slot: str) -> str:
    """What cannot be said without a sensor."""
    if slot == "hip":
        return "What the hip sensor measures is missing until it is back."
    return "Left against right cannot be compared until it is back."


_ADDED = "non_negative_difference(last({}))"
RUNNING = (
    *(_silent(slot) for slot in ("left", "right", "hip")),
    Rule(
        uid=f"{TAG}-light",
        title="Outside the runner's own usual band for two minutes",
        target=_per_run("light"),
        above=_CHECK - 0.5,
        what=f"The light of {_RUNNER} is on: left against right is not as usual.",
        todo=(
            "For two minutes ground contact was outside the band of the runner's own "
            "earlier runs in the same shoe. Ask how they feel, and whether a sensor "
            "sits differently; then look at the board Coach live. It says what "
            "differs, not why."
        ),
    ),
)
_WRITER = equals("session", SERVICE_ID)
"""The first process alone writes to InfluxDB, also where there are several."""
SERVICE = (
    Rule(
        uid=f"{TAG}-outbox",
        title="Data are waiting for InfluxDB",
        target=_own("outbox_age_s", "last({})", _WRITER),
        above=120.0,
        lasts="3m",
        since_s=_LATE_S,
        what="Data have been waiting for InfluxDB for more than two minutes.",
        todo=(
            "Nothing is lost yet. Look whether InfluxDB runs and has disk space; the "
            "board Pipeline health shows what it last answered."
        ),
        urgency="today",
    ),
    Rule(
        uid=f"{TAG}-dead-letters",
        title="Messages that could not be understood",
        target=_by_process("dead_letters", _ADDED),
        above=0.0,
        reducer="sum",
        since_s=600,
        what="In the last ten minutes messages were set aside: nobody understood them.",
        todo=(
            "They are kept, as dead letters. Look whether a collector is older than "
            "the server, or who else may write to the broker; docs/server.md says "
            "how to look at them."
        ),
        urgency="today",
    ),
    Rule(
        uid=f"{TAG}-refused",
        title="InfluxDB refused rows",
        target=_own("outbox_refused", _ADDED, _WRITER),
        above=0.0,
        reducer="sum",
        since_s=600,
        what="In the last ten minutes InfluxDB refused rows; they were set aside.",
        todo=(
            "They are kept in the run database. Look at the log of the processing for "
            "the reason, then write the runs again with: treadwear backfill."
        ),
        urgency="today",
    ),
    Rule(
        uid=f"{TAG}-no-word",
        title="No word from the processing",
        target=_own("received", "count({})"),
        above=0.5,
        reducer="sum",
        is_below=True,
        lasts="2m",
        since_s=_LATE_S,
        without_data=_FIRING,
        on_error=_FIRING,
        what="The processing has written nothing to InfluxDB for five minutes.",
        todo=(
            "Either the processing or InfluxDB is away, or its token is no longer "
            "taken: look at both services. Collectors keep their data until it is back."
        ),
    ),
)


def groups() -> Json:
    """The file of all rules."""
    return {
        "apiVersion": 1,
        "groups": [
            _group("runs", "10s", RUNNING),
            _group("service", "1m", SERVICE),
        ],
    }


def _group(name: str, interval: str, rules: tuple[Rule, ...]) -> Json:
    return {
        "orgId": 1,
        "name": f"{TAG} {name}",
        "folder": FOLDER,
        "interval": interval,
        "rules": [rule.json() for rule in rules],
    }
