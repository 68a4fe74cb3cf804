from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.messages import SessionMeta
from contract.people import Assessment, Intake, Pain, Shoe
from contract.rows import BalanceRow, FindingRow, Row, SessionRow, WearRow
from processing.advice.weekly import RunLoad
from processing.baseline import BaselineSettings, own_baseline
from processing.history import (
    history_before,
    history_of,
    history_until_now,
)
from processing.rules import MetricRule
from processing.store.people import keep_assessment, keep_pain, keep_shoe
from processing.store.sqlite import SqliteStore

NOW = 1_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "treadwear.db") as store:
        yield store


def about(session: str, time_ns: int, **changed: object) -> SessionRow:
    figures: dict[str, object] = {
        "runner": "ana",
        "session": session,
        "side": "both",
        "time_ns": time_ns,
        "name": "",
        "shoe": "blue",
        "state": "ended",
        "duration_s": 1800.0,
        "cadence_spm": 172.0,
        "speed_mps": 3.0,
        "distance_m": 5400.0,
        "steps": 5000,
        "rejected": 10,
        "verdict": "no clear difference",
        "source": "shoes",
        "baseline_runs": 0,
        "simulated": False,
        "method": "method 2",
    }
    return SessionRow(**(figures | changed))  # type: ignore[arg-type]


def balance(
    run: SessionRow,
    asi_pct: float | None = 2.0,
    *,
    metric: str = "contact_time_s",
    window: str = "run",
    n_pairs: int = 2000,
    source: str = "shoes",
) -> BalanceRow:
    return BalanceRow(
        runner=run.runner,
        session=run.session,
        side="both",
        time_ns=run.time_ns,
        window=window,
        metric=metric,
        left=10.0,
        right=14.0,
        difference=4.0,
        asi_pct=asi_pct,
        ci_low=0.0,
        ci_high=5.0,
        random_half=0.5,
        systematic_half=2.5,
        ci_unit="%" if asi_pct is not None else "deg",
        n_pairs=n_pairs,
        n_eff=300.0,
        source=source,
    )


def wear(run: SessionRow, side: str, dose_bws: float) -> WearRow:
    return WearRow(
        runner=run.runner,
        session=run.session,
        side=side,
        time_ns=run.time_ns,
        shoe=run.shoe,
        steps=2500,
        dose_bws=dose_bws,
        dose_per_step_bws=0.35,
    )


def finding(run: SessionRow, code: str, rank: int) -> FindingRow:
    return FindingRow(
        runner=run.runner,
        session=run.session,
        side="right",
        time_ns=run.time_ns,
        code=code,
        rank=rank,
        metric="contact_time_s",
        text="differs",
        size=4.0,
        low=1.0,
        high=7.0,
        unit="%",
        certainty=2,
        since="new in this run",
        action="look again",
    )


def kept(store: SqliteStore, run: SessionRow, *rows: Row) -> SessionRow:
    store.write([run, *rows])
    return run


def test_a_runner_without_runs_has_an_empty_history(store: SqliteStore) -> None:
    history = history_of(store, "ana", "blue", NOW)
    assert (history.runs, history.pains) == ((), ())
    assert (history.assessment, history.shoe) == (None, None)
    assert (history.comparable(), history.loads(), history.wear()) == ([], [], [])


def test_earlier_runs_come_in_order_of_their_own_times(store: SqliteStore) -> None:
    """One that is imported later, but was run earlier, takes its place."""
    for session, time_ns in (("s2", 200), ("s3", 300), ("s1", 100)):
        run = about(session, time_ns)
        kept(store, run, balance(run, time_ns / 100))
    earlier = history_of(store, "ana", "blue", NOW).comparable()
    assert [run.session for run in earlier] == ["s1", "s2", "s3"]
    assert [run.sizes for run in earlier] == [
        {"contact_time_s": 1.0},
        {"contact_time_s": 2.0},
        {"contact_time_s": 3.0},
    ]
    assert earlier[0].random_half == {"contact_time_s": 0.5}
    assert (earlier[0].time_ns, earlier[0].shoe) == (100, "blue")
    assert (earlier[0].speed_mps, earlier[0].cadence_spm) == (3.0, 172.0)


@pytest.mark.parametrize(
    "other",
    [
        about("s9", NOW),
        about("s9", NOW + 1),
        about("s9", 100, state="running"),
        about("s9", 100, runner="bo"),
        about("s9", 100, simulated=True),
        about("s8", 100),
    ],
    ids=["same time", "later", "not over", "of another", "simulated", "itself"],
)
def test_what_is_no_earlier_finished_run_of_the_runner_does_not_count(
    store: SqliteStore, other: SessionRow
) -> None:
    kept(store, other, balance(other), wear(other, "left", 5.0), finding(other, "a", 1))
    assert history_of(store, "ana", "blue", NOW, "s8").runs == ()


def test_a_simulated_run_looks_back_on_simulated_runs_only(store: SqliteStore) -> None:
    kept(store, about("s1", 100, simulated=True))
    kept(store, about("s2", 100))
    meta = SessionMeta(runner="ana", session="s3", origin_ns=NOW, simulated=True)
    (run,) = history_before(store, meta).runs
    assert run.about.session == "s1"


def test_a_run_that_is_analysed_again_does_not_look_back_on_itself(
    store: SqliteStore,
) -> None:
    kept(store, about("s1", 100))
    kept(store, about("s2", 100))
    meta = SessionMeta(runner="ana", session="s1", origin_ns=NOW, shoe="red")
    history = history_before(store, meta)
    assert [run.about.session for run in history.runs] == ["s2"]
    assert history.shoe_name == "red"


def test_angles_are_compared_by_their_difference_and_windows_are_left_out(
    store: SqliteStore,
) -> None:
    run = about("s1", 100)
    kept(
        store,
        run,
        balance(run, None, metric="toe_out_deg"),
        balance(run, 9.0, window="30s"),
    )
    (earlier,) = history_of(store, "ana", "blue", NOW).comparable()
    assert earlier.sizes == {"toe_out_deg": 4.0}


def test_few_pairs_and_a_run_below_the_quality_gate_make_no_baseline(
    store: SqliteStore,
) -> None:
    few = about("s1", 100)
    kept(store, few, balance(few, n_pairs=20))
    bad = about("s2", 200, verdict="not enough good data")
    kept(store, bad, balance(bad))
    history = history_of(store, "ana", "blue", NOW)
    assert len(history.runs) == 2
    (earlier,) = history.comparable()
    assert (earlier.session, earlier.sizes) == ("s1", {})


def test_hip_figures_are_compared_with_hip_figures(store: SqliteStore) -> None:
    shoes, hip = about("s1", 100), about("s2", 200, source="hip")
    kept(
        store,
        shoes,
        balance(shoes, 1.0, metric="step_time_s"),
        balance(shoes, None, metric="pelvic_drop_deg", source="hip"),
    )
    kept(store, hip, balance(hip, 7.0, metric="step_time_s", source="hip"))
    history = history_of(store, "ana", "blue", NOW)
    assert [run.sizes for run in history.comparable("shoes")] == [
        {"step_time_s": 1.0, "pelvic_drop_deg": 4.0},
        {},
    ]
    assert [run.sizes for run in history.comparable("hip")] == [
        {"pelvic_drop_deg": 4.0},
        {"step_time_s": 7.0},
    ]


def test_five_stored_runs_make_an_own_baseline(store: SqliteStore) -> None:
    """What the store gives is what the baseline takes."""
    for n, asi_pct in enumerate((2.0, 2.4, 1.6, 2.2, 1.8, 9.0)):
        run = about(f"s{n}", 100 + n)
        kept(store, run, balance(run, asi_pct))
    *earlier, last = history_of(store, "ana", "blue", NOW).comparable()
    rule = MetricRule("contact_time_s", "s", True, 0.0035, False, 3.0)
    found = own_baseline(last, earlier, rule, BaselineSettings())
    assert found is not None
    assert (found.runs, found.is_new) == (5, True)
    assert found.usual == pytest.approx(2.0)
    assert found.shift == pytest.approx(7.0)


def test_runs_of_another_method_can_be_left_out(store: SqliteStore) -> None:
    kept(store, about("s1", 100, method="method 1"))
    kept(store, about("s2", 200))
    history = history_of(store, "ana", "blue", NOW)
    assert [run.session for run in history.comparable(method="method 2")] == ["s2"]
    assert len(history.comparable()) == 2


def test_findings_of_earlier_runs_with_good_data_stand_by_rank(
    store: SqliteStore,
) -> None:
    first, second = about("s1", 100), about("s2", 200)
    bad = about("s3", 300, verdict="not enough good data")
    kept(store, first, finding(first, "TW-002", 2), finding(first, "TW-009", 1))
    kept(store, second)
    kept(store, bad)
    told = history_of(store, "ana", "blue", NOW).findings()
    assert [[f.code for f in run] for run in told] == [["TW-009", "TW-002"], []]


def test_until_now_all_counts_and_the_shoe_is_the_one_worn_last(
    store: SqliteStore,
) -> None:
    kept(store, about("s1", 10**18, shoe="red"))
    kept(store, about("s2", 100))
    kept(store, about("s3", 2 * 10**18, shoe="green", simulated=True))
    keep_pain(store, "ana", Pain(time_ns=3 * 10**18, pain=1))
    history = history_until_now(store, "ana")
    assert [run.about.session for run in history.runs] == ["s2", "s1"]
    assert history.shoe_name == "red"
    assert len(history.pains) == 1


def test_until_now_simulated_runs_are_looked_at_when_there_are_no_others(
    store: SqliteStore,
) -> None:
    kept(store, about("s3", 100, shoe="green", simulated=True))
    history = history_until_now(store, "ana")
    assert (len(history.runs), history.shoe_name) == (1, "green")
    assert history_until_now(store, "bo").runs == ()


def test_runs_count_in_their_week_and_wear_for_their_shoe(
    store: SqliteStore,
) -> None:
    blue, red = about("s1", 100), about("s2", 200, shoe="red")
    unknown = about("s3", 300, distance_m=None)
    kept(store, blue, wear(blue, "left", 5.0), wear(blue, "right", 6.0))
    kept(store, red, wear(red, "left", 7.0))
    kept(store, unknown)
    keep_shoe(store, "ana", Shoe(name="blue", start_km=100.0), NOW + 5)
    history = history_of(store, "ana", "blue", NOW)
    assert history.shoe == Shoe(name="blue", start_km=100.0)
    assert [row.dose_bws for row in history.wear()] == [5.0, 6.0]
    assert history.loads() == [
        RunLoad(100, 1800.0, 5400.0, 11.0),
        RunLoad(200, 1800.0, 5400.0, 7.0),
        RunLoad(300, 1800.0, None, None),
    ]


def test_what_was_told_before_a_run_is_known_and_what_came_later_is_not(
    store: SqliteStore,
) -> None:
    for time_ns in (10, 20, NOW):
        keep_assessment(store, "ana", Assessment(time_ns=time_ns))
        keep_pain(store, "ana", Pain(time_ns=time_ns, pain=1))
    history = history_of(store, "ana", "blue", NOW)
    assert history.assessment == Assessment(time_ns=20)
    assert [pain.time_ns for pain in history.pains] == [10, 20]


def test_pain_within_the_assessment_is_not_told_twice(store: SqliteStore) -> None:
    keep_pain(store, "ana", Pain(time_ns=10, pain=1))
    keep_assessment(store, "ana", Assessment(time_ns=20, intake=Intake(pain=2)))
    history = history_of(store, "ana", "blue", NOW)
    assert [(p.time_ns, p.pain) for p in history.pains] == [(10, 1), (20, 2)]
    assert history.pain_levels() == [(10, 1)]
    keep_assessment(store, "ana", Assessment(time_ns=30))
    levels = history_of(store, "ana", "blue", NOW).pain_levels()
    assert levels == [(10, 1), (20, 2)]
