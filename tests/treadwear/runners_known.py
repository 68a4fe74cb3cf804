"""Commands about people as they speak, and stored runs for them to speak of."""

import json
import time
from pathlib import Path
from typing import Any

import typer

from contract.errors import TreadwearError
from contract.rows import BalanceRow, FindingRow, SessionRow, WearRow
from processing.advice.finding_rules import RULES
from processing.advice.standout import Kind
from processing.store.sqlite import SqliteStore
from tests.treadwear.spoken import Capture
from treadwear.commands import people

NS_PER_DAY = 86_400_000_000_000
APP = typer.Typer(pretty_exceptions_enable=False)
people.register(APP)


def told(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, and standard error or the fault of a command."""
    capsys.readouterr()
    code, fault = 0, ""
    try:
        APP(args=list(arguments), prog_name="treadwear")
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    except TreadwearError as refusal:
        code, fault = refusal.exit_code, str(refusal)
    out, err = capsys.readouterr()
    return code, out, err + fault


def words(capsys: Capture, *arguments: str) -> str:
    """What a command that goes well says, on one line."""
    code, out, err = told(capsys, *arguments)
    assert code == 0, err
    return " ".join(out.split())


def from_json(capsys: Capture, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    """What a command that goes well gives to programs."""
    code, out, err = told(capsys, *arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def days_ago(days: float) -> int:
    """Time in ns so long ago."""
    return time.time_ns() - round(days * NS_PER_DAY)


def store_run(
    data: str,
    session: str,
    days: float,
    *,
    asi_pct: float = 2.0,
    shoe: str = "blue",
    distance_m: float | None = 12_000.0,
) -> SessionRow:
    """Store a finished hour's run by ana, with balance and wear."""
    run = SessionRow(
        runner="ana",
        session=session,
        side="both",
        time_ns=days_ago(days),
        name="Ana",
        shoe=shoe,
        state="ended",
        duration_s=3600.0,
        cadence_spm=172.0,
        speed_mps=3.33,
        distance_m=distance_m,
        steps=10_000,
        rejected=0,
        verdict="slightly different",
        source="shoes",
        baseline_runs=0,
        simulated=False,
        method="method 2",
    )
    with SqliteStore.open(Path(data) / "treadwear.db") as store:
        wear = [worn(run, "left", 1800.0), worn(run, "right", 1872.0)]
        store.write([run, balanced(run, asi_pct), *wear])
    return run


def balanced(run: SessionRow, asi_pct: float) -> BalanceRow:
    """Left against right of the whole run, known to one percent."""
    return BalanceRow(
        runner=run.runner,
        session=run.session,
        side="both",
        time_ns=run.time_ns,
        window="run",
        metric="contact_time_s",
        left=0.25,
        right=0.25 * (1 + asi_pct / 100),
        difference=0.0025 * asi_pct,
        asi_pct=asi_pct,
        ci_low=asi_pct - 1.0,
        ci_high=asi_pct + 1.0,
        random_half=0.4,
        systematic_half=0.9,
        ci_unit="%",
        n_pairs=4000,
        n_eff=900.0,
        source="shoes",
    )


def worn(run: SessionRow, side: str, dose_bws: float) -> WearRow:
    """What one shoe bore in the run."""
    return WearRow(
        runner=run.runner,
        session=run.session,
        side=side,
        time_ns=run.time_ns,
        shoe=run.shoe,
        steps=5000,
        dose_bws=dose_bws,
        dose_per_step_bws=dose_bws / 5000,
        distance_m=run.distance_m,
    )


def store_finding(data: str, run: SessionRow) -> FindingRow:
    """Store that the left shoe rolled inward clearly more in that run."""
    metric = "pronation_excursion_deg"
    finding = FindingRow(
        runner=run.runner,
        session=run.session,
        side="left",
        time_ns=run.time_ns,
        code=f"TW-{RULES[metric].number + Kind.DIFFERENCE:03d}",
        rank=1,
        metric=metric,
        text="The left shoe rolls inward more than the right one.",
        size=-5.0,
        low=-8.0,
        high=-2.0,
        unit="deg",
        certainty=2,
        since="in your last 3 runs",
        action="Look again.",
    )
    with SqliteStore.open(Path(data) / "treadwear.db") as store:
        store.write([finding])
    return finding
