"""What a run is judged against: earlier runs, mounts, and what is known of the person.

A plain value, so that the analysis stays a function of it; `processing.history` reads
it from the store.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from contract.model import Slot
from contract.people import Assessment, Mount
from processing.advice.findings import EarlierFinding
from processing.baseline import EarlierRun


@dataclass(frozen=True, slots=True)
class Past:
    """What was known of the runner before this run.

    Attributes
    ----------
    runs : mapping of source to sequence of EarlierRun
        By what their figures come from (shoes or hip), analysed by the same method.
    findings : sequence
        Findings of each earlier run with good data, in order of time.
    assessment : Assessment or None
        What she told and what a person saw.
    pains : sequence of (ns, 0 to 10)
    mounts : mapping of Slot to Mount
        How the same sensors sat on the same shoe.
    today : date or None
        Day that a plan counts from; None is the day of the run.
    """

    runs: Mapping[str, Sequence[EarlierRun]] = field(default_factory=dict)
    findings: Sequence[Collection[EarlierFinding]] = ()
    assessment: Assessment | None = None
    pains: Sequence[tuple[int, int]] = ()
    mounts: Mapping[Slot, Mount] = field(default_factory=dict)
    today: date | None = None
