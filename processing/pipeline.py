"""The order of the stages, for one session.

    batches -> foot (calibrate, cut strides, find events) -> metrics -> asymmetry
                                                                     -> wear

Live service, replay and offline analysis all come through here. What is asked of an
analysis depends only on the samples it was given, never on how they were portioned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contract.messages import SessionMeta
from contract.model import ImuBatch, Slot
from contract.units import NS_PER_S
from processing import asymmetry, metrics, wear
from processing.asymmetry import Comparison
from processing.contacts import Contacts, Rejected
from processing.foot import FootAnalysis, FootReport
from processing.metrics import Steps
from processing.settings import Settings
from processing.wear import LoadDose

FEET = (Slot.LEFT, Slot.RIGHT)
REACH_NS = 3 * NS_PER_S
"""A step's figures depend on no contact further away than this."""


@dataclass(slots=True)
class _Foot:
    analysis: FootAnalysis
    contacts: Contacts = field(default_factory=Contacts.none)


class SessionAnalysis:
    """All that is known of one session, growing as batches come."""

    def __init__(self, meta: SessionMeta, settings: Settings | None = None) -> None:
        self.meta = meta
        self.settings = settings or Settings()
        self._feet = {s: _Foot(FootAnalysis(self.settings)) for s in FEET}
        self._others: dict[Slot, FootReport] = {}
        self._changed_from_ns: int | None = None

    def push(self, slot: Slot, batches: Sequence[ImuBatch]) -> None:
        """Take in the next batches of one sensor, in order."""
        origin_ns = self.meta.origin_ns
        timed = [(batch, batch.t0_ns - origin_ns) for batch in batches]
        if slot.is_foot:
            self._extend(self._feet[slot], self._feet[slot].analysis.push(timed))
            return
        report = self._others.setdefault(slot, FootReport())
        for batch, t_ns in timed:
            report.see(batch, t_ns)

    def flush(self) -> None:
        """Finish what only waited for more data; nothing may be pushed afterwards."""
        for foot in self._feet.values():
            self._extend(foot, foot.analysis.flush())

    def _extend(self, foot: _Foot, found: Contacts) -> None:
        if not found.count:
            return
        foot.contacts = foot.contacts.followed_by(found)
        first = int(found.ic_ns[0]) - REACH_NS
        known = self._changed_from_ns
        self._changed_from_ns = first if known is None else min(first, known)

    def take_changed_from(self) -> int | None:
        """Time from which step figures are new or have changed since the last call."""
        changed, self._changed_from_ns = self._changed_from_ns, None
        return changed

    def take_rejected(self) -> dict[Slot, list[Rejected]]:
        """Rejections since the last call, by foot."""
        taken = {}
        for slot, foot in self._feet.items():
            report = foot.analysis.report
            taken[slot], report.new_rejects = report.new_rejects, []
        return taken

    def reports(self) -> dict[Slot, FootReport]:
        """What was seen of each sensor that sent anything."""
        seen = {s: f.analysis.report for s, f in self._feet.items()} | self._others
        return {slot: report for slot, report in seen.items() if report.frames}

    def last_contact_ns(self) -> int | None:
        """Latest initial contact of either foot (session's clock)."""
        ends = [
            int(f.contacts.ic_ns[-1]) for f in self._feet.values() if f.contacts.count
        ]
        return max(ends) if ends else None

    def steps(self, since_ns: int | None = None) -> dict[Slot, Steps]:
        """Figures per step of both feet, all or from a time on (session's clock)."""
        left, right = (self._feet[s].contacts for s in FEET)
        if since_ns is not None:
            left, right = left.since(since_ns), right.since(since_ns)
        return {
            Slot.LEFT: metrics.measure(left, right),
            Slot.RIGHT: metrics.measure(right, left),
        }

    def compare(
        self, start_ns: int | None = None, end_ns: int | None = None
    ) -> dict[str, Comparison]:
        """Each metric left against right, over left steps begun in [start, end)."""
        steps = self.steps(None if start_ns is None else start_ns - REACH_NS)
        left, right = steps[Slot.LEFT], steps[Slot.RIGHT]
        chosen = left.partner >= 0
        if start_ns is not None:
            chosen &= left.ic_ns >= start_ns
        if end_ns is not None:
            chosen &= left.ic_ns < end_ns
        partner = left.partner[chosen]
        found = {}
        for name in metrics.METRICS:
            comparison = asymmetry.compare(
                getattr(left, name)[chosen],
                getattr(right, name)[partner],
                asymmetry.SYSTEMATIC_SD[name],
                self.settings.balance,
            )
            if comparison:
                found[name] = comparison
        return found

    def doses(self) -> dict[Slot, LoadDose]:
        """Modelled load of each foot over the whole session."""
        return {
            s: wear.load_dose(steps.impulse_bws) for s, steps in self.steps().items()
        }
