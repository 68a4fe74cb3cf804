"""A run among the runner's earlier ones in the same shoe: last figures, own usual."""

from collections.abc import Iterable, Sequence

from contract.rows import BalanceRow, SessionRow, WearRow
from dashboards.report.background import Usual, Zone
from processing.baseline import BaselineSettings, EarlierRun, own_baseline
from processing.history import History, PastRun
from processing.rules import MetricRule
from processing.store.sqlite import SqliteStore

SHOWN = 10
"""Runs in a card's small line (product.md 3.3)."""
PLACES = tuple(
    (part, edge) for part in ("heel", "mid", "fore") for edge in ("medial", "lateral")
)
CHANGE = "change"
"""Window of the row that says last third less first."""


def trends(
    about: SessionRow, balances: Iterable[BalanceRow], past: History
) -> dict[str, tuple[float, ...]]:
    """Give each metric's last runs in the same shoe by the same method, this one last.

    Runs at any pace: a trend is looked at, not judged.
    """
    runs = [
        run.comparable(about.source).sizes
        for run in past.good_runs()
        if run.about.shoe == about.shoe and run.about.method == about.method
    ][-SHOWN + 1 :]
    return {
        row.metric: (*(s[row.metric] for s in runs if row.metric in s), row.size)
        for row in balances
    }


def change_trends(
    store: SqliteStore, about: SessionRow
) -> dict[str, tuple[float, ...]]:
    """Give the same of the change within a run, from the first third to the last."""
    before = store.earlier_rows(BalanceRow, about.runner, about.time_ns, window=CHANGE)
    own = [b for b in store.rows(BalanceRow, about.session) if b.window == CHANGE]
    found = {}
    for row in own:
        earlier = [b.size for b in before if _is_alike(b, row)]
        found[row.metric] = (*earlier[-SHOWN + 1 :], row.size)
    return found


def _is_alike(row: BalanceRow, other: BalanceRow) -> bool:
    return (row.metric, row.shoe, row.source) == (
        other.metric,
        other.shoe,
        other.source,
    )


def usual_shares(
    about: SessionRow, wear: Sequence[WearRow], past: History
) -> dict[Zone, Usual]:
    """Give the own usual share of each zone of the soles, where it is known.

    Judged as the left/right figures are: the same shoe, a similar pace, five runs.
    """
    this = _as_run(about, wear)
    runs = [_as_run(run.about, run.wear) for run in _in_shoe(about, past)]
    found: dict[Zone, Usual] = {}
    for name in this.sizes:
        rule = MetricRule(name, "%", True, 0.0, False, 0.0)
        own = own_baseline(this, runs, rule, BaselineSettings())
        if own:
            side, part, edge = name.split("_")
            found[side, part, edge] = Usual(own.usual, own.band_low, own.band_high)
    return found


def _in_shoe(about: SessionRow, past: History) -> list[PastRun]:
    return [r for r in past.good_runs() if r.about.method == about.method]


def _as_run(about: SessionRow, wear: Sequence[WearRow]) -> EarlierRun:
    """A run as a baseline takes it, with the shares of the soles' zones."""
    return EarlierRun(
        session=about.session,
        time_ns=about.time_ns,
        shoe=about.shoe,
        speed_mps=about.speed_mps,
        cadence_spm=about.cadence_spm,
        sizes={name: share for row in wear for name, share in _shares(row)},
        random_half={},
    )


def _shares(row: WearRow) -> list[tuple[str, float]]:
    doses = {f"{p}_{e}": getattr(row, f"{p}_{e}_bws") for p, e in PLACES}
    total = sum(dose or 0.0 for dose in doses.values())
    if None in doses.values() or total <= 0:
        return []
    return [(f"{row.side}_{name}", 100.0 * d / total) for name, d in doses.items()]
