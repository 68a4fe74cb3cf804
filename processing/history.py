"""What is known of a runner from before a run: runs, shoes, mounts, assessments, pain.

Earlier means by the runs' own times: a run imported later takes its place among the
others. Only finished runs count, and simulated ones never mix with real ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from contract.messages import SensorInfo, SessionMeta
from contract.model import Slot
from contract.people import Assessment, Mount, Pain, Shoe
from contract.rows import (
    BalanceRow,
    FindingRow,
    HipStepRow,
    SessionRow,
    StepRow,
    WearRow,
)
from contract.verdicts import HIP_ONLY, WHOLE_RUN
from processing.advice.weekly import RunLoad
from processing.baseline import EarlierRun
from processing.past import Past
from processing.settings import METHOD, BalanceSettings
from processing.store.base import KeptRecord
from processing.store.people import assessments_of, known_from, pains_of, shoes_of
from processing.store.sqlite import EVER_NS, SqliteStore
from processing.verdict import JUDGED

_HIP_ONLY = {f.name for f in fields(HipStepRow)} - {f.name for f in fields(StepRow)}
"""Metrics that the hip alone measures, whatever else the runner wore."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """One earlier run: its row, whole-run balances, wear, findings by rank."""

    about: SessionRow
    balances: Mapping[str, BalanceRow]
    wear: tuple[WearRow, ...]
    findings: tuple[FindingRow, ...]

    @property
    def load(self) -> RunLoad:
        """What it counts in its week; dose of both shoes together, where known."""
        return RunLoad(
            time_ns=self.about.time_ns,
            duration_s=self.about.duration_s,
            distance_m=self.about.distance_m,
            dose_bws=sum(w.dose_bws for w in self.wear) if self.wear else None,
        )

    def comparable(self, source: str) -> EarlierRun:
        """Give its balances as a baseline takes them: enough pairs, same source."""
        chosen = {
            metric: row
            for metric, row in self.balances.items()
            if row.n_pairs >= BalanceSettings().report_pairs
            and (row.source == source or metric in _HIP_ONLY)
        }
        return EarlierRun(
            session=self.about.session,
            time_ns=self.about.time_ns,
            shoe=self.about.shoe,
            speed_mps=self.about.speed_mps,
            cadence_spm=self.about.cadence_spm,
            sizes={metric: row.size for metric, row in chosen.items()},
            random_half={metric: row.random_half for metric, row in chosen.items()},
        )


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of a runner from before a run, in order of time.

    ``runs`` are in any shoe; ``assessments`` and ``pains`` were told before the run;
    ``shoe`` is what is known now of the shoe of the run.
    """

    runs: tuple[PastRun, ...] = ()
    shoe_name: str = ""
    assessments: tuple[Assessment, ...] = ()
    shoe: Shoe | None = None
    pains: tuple[Pain, ...] = ()

    @property
    def assessment(self) -> Assessment | None:
        """What holds after all assessments; None without any."""
        return known_from(self.assessments)

    def pain_levels(self) -> list[tuple[int, int]]:
        """Times (ns) and pain 0 to 10, less what ``assessment`` itself says of pain."""
        known = self.assessment
        own_ns = known.time_ns if known and known.intake.pain is not None else None
        return [(p.time_ns, p.pain) for p in self.pains if p.time_ns != own_ns]

    def comparable(
        self, source: str = "shoes", method: str | None = None
    ) -> list[EarlierRun]:
        """Give runs that an own baseline may be made of, in any shoe at any pace.

        With a method, only runs analysed by it: what two methods get wrong differs,
        and would pass for a change of the runner.
        """
        return [
            run.comparable(source)
            for run in self.good_runs()
            if method in (None, run.about.method)
        ]

    def good_runs(self) -> list[PastRun]:
        """Give the runs in which left and right, or the hip's, could be compared."""
        told = {*JUDGED, HIP_ONLY}
        return [run for run in self.runs if run.about.verdict in told]

    def findings(self) -> list[tuple[FindingRow, ...]]:
        """Give the findings of each run with good data, in any shoe; maybe none."""
        return [run.findings for run in self.good_runs()]

    def loads(self) -> list[RunLoad]:
        """Give what each run counts in its week, in any shoe."""
        return [run.load for run in self.runs]

    def wear(self) -> list[WearRow]:
        """Wear of the shoe of the run, over its life before."""
        return [row for run in self.runs for row in run.wear if self._is_worn(row)]

    def _is_worn(self, row: WearRow) -> bool:
        return row.shoe == self.shoe_name


def history_of(
    store: SqliteStore,
    runner: str,
    shoe: str,
    before_ns: int,
    exclude: str = "",
    *,
    simulated: bool = False,
) -> History:
    """What is known of a runner from before a time.

    Parameters
    ----------
    shoe : str
        Shoe of the run that is looked back from.
    exclude : str
        Session that does not count: the run itself, when it is analysed again.
    simulated : bool
        Whether to look at simulated runs, which are never mixed with real ones.
    """
    runs = _runs(store, runner, before_ns, exclude, simulated=simulated)
    return _with_people(store, runner, shoe, before_ns, runs)


def history_before(store: SqliteStore, meta: SessionMeta) -> History:
    """What is known of the runner of a session from before it."""
    return history_of(
        store,
        meta.runner,
        meta.shoe,
        meta.origin_ns,
        meta.session,
        simulated=meta.simulated,
    )


def history_until_now(store: SqliteStore, runner: str) -> History:
    """Tell all that is known of a runner now; the shoe is that of the last run.

    Simulated runs are looked at only if there are no others.
    """
    real = _runs(store, runner, EVER_NS, "", simulated=False)
    runs = real or _runs(store, runner, EVER_NS, "", simulated=True)
    shoe = runs[-1].about.shoe if runs else ""
    return _with_people(store, runner, shoe, EVER_NS, runs)


def _with_people(
    store: SqliteStore,
    runner: str,
    shoe: str,
    before_ns: int,
    runs: tuple[PastRun, ...],
) -> History:
    return History(
        runs=runs,
        shoe_name=shoe,
        assessments=tuple(assessments_of(store, runner, before_ns)),
        shoe=shoes_of(store, runner).get(shoe),
        pains=tuple(pains_of(store, runner, before_ns)),
    )


def _runs(
    store: SqliteStore, runner: str, before_ns: int, exclude: str, *, simulated: bool
) -> tuple[PastRun, ...]:
    balances: dict[str, dict[str, BalanceRow]] = {}
    for balance in store.earlier_rows(BalanceRow, runner, before_ns, window=WHOLE_RUN):
        balances.setdefault(balance.session, {})[balance.metric] = balance
    wear: dict[str, list[WearRow]] = {}
    for worn in store.earlier_rows(WearRow, runner, before_ns):
        wear.setdefault(worn.session, []).append(worn)
    findings: dict[str, list[FindingRow]] = {}
    for finding in store.earlier_rows(FindingRow, runner, before_ns):
        findings.setdefault(finding.session, []).append(finding)
    ranked = {s: sorted(f, key=lambda row: row.rank) for s, f in findings.items()}
    return tuple(
        PastRun(
            about,
            balances.get(about.session, {}),
            tuple(wear.get(about.session, ())),
            tuple(ranked.get(about.session, ())),
        )
        for about in store.earlier_rows(SessionRow, runner, before_ns)
        if about.session != exclude and about.simulated == simulated
    )


def past_of(store: SqliteStore, meta: SessionMeta) -> Past:
    """What the run of a session is judged against; only runs of the same method."""
    known = history_before(store, meta)
    return Past(
        runs={s: known.comparable(s, METHOD) for s in ("shoes", "hip")},
        findings=known.findings(),
        assessment=known.assessment,
        pains=known.pain_levels(),
        mounts=known_mounts(store, meta),
    )


def known_mounts(store: SqliteStore, meta: SessionMeta) -> dict[Slot, Mount]:
    """How each sensor sat when this runner last wore it on this shoe, before this run.

    A shoe without a name is not known to be the same shoe. The hip wears no shoe.
    """
    kept = [r.record for r in store.records(Mount, meta.runner, meta.origin_ns)]
    found = {
        slot: next((m for m in reversed(kept) if _fits(m, slot, meta)), None)
        for slot in Slot
    }
    return {slot: mount for slot, mount in found.items() if mount is not None}


def _fits(mount: Mount, slot: Slot, meta: SessionMeta) -> bool:
    sensor = meta.sensors.get(slot.word, SensorInfo())
    is_same_shoe = mount.shoe == meta.shoe != ""
    is_same_sensor = mount.serial == sensor.serial and (
        sensor.serial != "" or mount.family == sensor.family
    )
    is_same_place = is_same_shoe if slot.is_foot else True
    return mount.slot == slot.word and is_same_sensor and is_same_place


def keep_mounts(
    store: SqliteStore, meta: SessionMeta, mounts: Mapping[Slot, Mount]
) -> None:
    """Keep how the sensors sat in a session, in place of what it said before."""
    before = [
        kept
        for kept in store.records(Mount, meta.runner)
        if kept.name.startswith(f"{meta.session}/")
    ]
    now = [
        KeptRecord(meta.runner, mount, meta.origin_ns, f"{meta.session}/{slot.word}")
        for slot, mount in mounts.items()
    ]
    store.keep(now, instead=before)
