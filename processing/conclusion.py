"""What a whole run says: verdict, own baseline, findings, and the plan they lead to."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from contract.rows import BaselineRow, ExerciseRow, FindingRow
from contract.units import NS_PER_S
from contract.verdicts import (
    HIP_ONLY,
    MAIN_METRIC,
    NO_RUNNING,
    NOT_ENOUGH,
    ONE_FOOT,
    SIDES_IN_DOUBT,
)
from processing.advice.corrective import load_corrective
from processing.advice.findings import Finding, RunQuality, find
from processing.advice.plan import Plan, build_plan
from processing.baseline import (
    Baseline,
    BaselineSettings,
    EarlierRun,
    own_baseline,
    pace_matched,
    why_none,
)
from processing.comparisons import Comparisons
from processing.contacts import StepMotion
from processing.doubts import SHOCKS, are_angles_doubted, are_shocks_limited
from processing.metrics import METRICS
from processing.pace import cadence_spm, distance_m, speed_mps
from processing.past import Past
from processing.pipeline import FEET, SessionAnalysis
from processing.step_rows import key
from processing.verdict import basis, judge


@dataclass(frozen=True, eq=False)
class Conclusion:
    """Figures of the whole run, and what they mean against the runner's own past.

    Attributes
    ----------
    about : EarlierRun
        This run as a later one will look back on it.
    balances : dict of str to Comparison
    baselines : dict of str to Baseline
        Only metrics with enough earlier runs.
    """

    analysis: SessionAnalysis
    past: Past
    about: EarlierRun
    balances: Comparisons
    baselines: dict[str, Baseline]

    @classmethod
    def of(cls, analysis: SessionAnalysis, past: Past) -> "Conclusion":
        """Judge a session as far as it has come."""
        balances = analysis.compare() or analysis.compare_by_hip()
        about = EarlierRun(
            session=analysis.meta.session,
            time_ns=analysis.meta.origin_ns,
            shoe=analysis.meta.shoe,
            speed_mps=speed_mps(analysis),
            cadence_spm=cadence_spm(analysis),
            sizes={name: c.size for name, c in balances.items()},
            random_half={name: c.random_half for name, c in balances.items()},
        )
        runs, settings = past.runs.get(analysis.source, ()), BaselineSettings()
        found = {n: own_baseline(about, runs, METRICS[n], settings) for n in balances}
        baselines = {name: b for name, b in found.items() if b is not None}
        return cls(analysis, past, about, balances, baselines)

    @property
    def distance_m(self) -> float | None:
        """Distance run."""
        return distance_m(self.analysis)

    @property
    def baseline_runs(self) -> int:
        """Earlier runs that the verdict looks back on; 0 when it does not."""
        own = self.baselines.get(MAIN_METRIC)
        return own.runs if own else 0

    @property
    def pace_matched_session(self) -> str | None:
        """Latest earlier run in the same shoe at the same speed."""
        runs = self.past.runs.get(self.analysis.source, ())
        found = pace_matched(self.about, runs, BaselineSettings())
        return found.session if found else None

    @property
    def verdict(self) -> str:
        """What can be said of left and right, or why nothing can."""
        feet = [r for s, r in self.analysis.reports().items() if s.is_foot]
        if self.analysis.source == "hip":
            return HIP_ONLY
        if feet and not any(r.steps or r.refusal for r in feet):
            return NO_RUNNING
        if sum(r.steps > 0 for r in feet) == 1:
            return ONE_FOOT
        if not feet and not any(r.refusal for r in self.analysis.reports().values()):
            return NO_RUNNING
        if self.analysis.one_foot_words():
            return NOT_ENOUGH
        word = judge(
            self.balances.get(MAIN_METRIC),
            coverage(self.analysis),
            self.analysis.settings.balance,
            self.baselines.get(MAIN_METRIC),
        )
        is_doubted = word != NOT_ENOUGH and self.analysis.swap_words()
        return SIDES_IN_DOUBT if is_doubted else word

    @property
    def basis(self) -> str:
        """What the verdict is measured against, in one sentence."""
        runs = self.past.runs.get(self.analysis.source, ())
        why = why_none(self.about, runs, METRICS[MAIN_METRIC], BaselineSettings())
        return basis(self.baselines.get(MAIN_METRIC), why)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What stands out, at most three."""
        analysis = self.analysis
        is_placed = not (analysis.one_foot_words() or analysis.swap_words())
        is_doubted = are_angles_doubted(analysis.reports())
        is_limited = are_shocks_limited(analysis.steps().values())
        quality = RunQuality(
            coverage=coverage(analysis),
            withheld=(
                *(StepMotion.BY_ATTITUDE if is_doubted else ()),
                *(SHOCKS if is_limited else ()),
            ),
            is_placed=is_placed,
        )
        windows = {w: found for w, _, found in analysis.compare_windows()}
        return find(
            self.balances,
            {name: own.to_leave() for name, own in self.baselines.items()},
            windows.get("change", {}),
            self.past.findings,
            quality,
        )

    @cached_property
    def plan(self) -> Plan:
        """What to do until the re-test."""
        return build_plan(
            self.findings,
            self.past.assessment,
            load_corrective(),
            self._day,
            self.past.pains,
        )

    @property
    def _day(self) -> date:
        run = datetime.fromtimestamp(self.about.time_ns // NS_PER_S, UTC).date()
        return self.past.today or run

    def baseline_rows(self) -> list[BaselineRow]:
        """One row per metric with a baseline."""
        where = key(self.analysis.meta, "both") | {"shoe": self.analysis.meta.shoe}
        return [
            BaselineRow(**where, **_kept(b), is_flagged=self._is_flagged(b))
            for b in self.baselines.values()
        ]

    def _is_flagged(self, own: Baseline) -> bool:
        """Whether it is new and beyond the variation within a foot (product.md 3.3)."""
        about = self.balances[own.metric]
        varies = max(about.left_sd, about.right_sd)
        return own.is_new and abs(about.difference) > varies

    def finding_rows(self) -> list[FindingRow]:
        """One row per finding."""
        meta = self.analysis.meta
        return [
            FindingRow(**{**asdict(finding), **key(meta, finding.side)})
            for finding in self.findings
        ]

    def exercise_rows(self) -> list[ExerciseRow]:
        """One row per exercise of the plan."""
        meta = self.analysis.meta
        return [
            ExerciseRow(**{**asdict(exercise), **key(meta, exercise.side)})
            for exercise in self.plan.exercises
        ]


def _kept(own: Baseline) -> dict[str, Any]:
    """Give what is stored of it; the balance row of the metric has the random part."""
    return {k: v for k, v in asdict(own).items() if k != "random_half"}


def coverage(analysis: SessionAnalysis) -> float:
    """Share of running strides that became steps, of the foot that has least."""
    shares = []
    for slot in FEET:
        report = analysis.reports().get(slot)
        running = report.strides - report.walking if report else 0
        shares.append(report.steps / running if report and running else 0.0)
    return min(shares)
