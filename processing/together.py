"""Strides of many sessions, settled side by side.

One foot has one or two strides at a time; settled by themselves, most of the time goes
into beginning small computations. No stride's result depends on those beside it.
"""

from collections.abc import Iterable

from contract.model import Slot
from processing.pipeline import SessionAnalysis
from processing.shoe.gait import Due, judge_together, refine_together
from processing.shoe.windows import StrideWindows


def settle_together(analyses: Iterable[SessionAnalysis]) -> None:
    """Refine and judge all strides that wait in these sessions."""
    every = list(analyses)
    _refine(every)
    _judge(every)


def _refine(analyses: Iterable[SessionAnalysis]) -> None:
    """Refine strides; those of one kind have windows of one length."""
    kinds: dict[object, list[tuple[SessionAnalysis, Slot, StrideWindows]]] = {}
    for analysis in analyses:
        for slot, rough in analysis.rough():
            kind = rough.samples.shape[1], analysis.settings.stride
            kinds.setdefault(kind, []).append((analysis, slot, rough))
    for waiting in kinds.values():
        settings = waiting[0][0].settings.stride
        refined = refine_together([rough for _, _, rough in waiting], settings)
        for (analysis, slot, _), strides in zip(waiting, refined, strict=True):
            analysis.find(slot, strides)


def _judge(analyses: Iterable[SessionAnalysis]) -> None:
    kinds: dict[tuple[int, ...], list[tuple[SessionAnalysis, Slot, Due]]] = {}
    for analysis in analyses:
        for slot, due in analysis.due():
            kinds.setdefault(due.kind, []).append((analysis, slot, due))
    for waiting in kinds.values():
        judged = judge_together([due for _, _, due in waiting])
        for (analysis, slot, _), found in zip(waiting, judged, strict=True):
            analysis.settle(slot, found)
