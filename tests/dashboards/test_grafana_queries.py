"""Every query of every board on a real influxd with a small month in it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from benchmarks.server.asking import Refused, View
from benchmarks.server.month import (
    BASELINE_FROM,
    GROWING,
    HIP_ONLY,
    NEWCOMER,
    SHOES,
    Run,
)
from contract.verdicts import LIGHT_STATES
from dashboards.grafana import (
    coach_board,
    pipeline_board,
    run_board,
    squad_board,
    wear_board,
)
from dashboards.grafana.board import NEWEST_FIRST, Board
from dashboards.grafana.generate import BOARDS
from dashboards.grafana.panels import Panel
from dashboards.grafana.queries import Target
from tests.dashboards.grafana_month import Club, club, wrong

pytestmark = pytest.mark.services

EVERY = [
    pytest.param(board, panel, target, id=f"{board.uid}: {panel.title}: {k}")
    for board in BOARDS
    for panel in board.panels
    for k, target in enumerate(panel.targets)
]


@pytest.fixture(scope="module")
def them(
    tmp_path_factory: pytest.TempPathFactory, require: Callable[..., str]
) -> Iterator[Club]:
    with club(tmp_path_factory.mktemp("influxd"), require) as started:
        yield started


def _panel(board: Board, title: str) -> Panel:
    (found,) = [panel for panel in board.panels if panel.title == title]
    return found


@pytest.mark.parametrize(("board", "panel", "target"), EVERY)
def test_a_query_gives_the_columns_that_its_panel_counts_on(
    them: Club, board: Board, panel: Panel, target: Target
) -> None:
    assert wrong(target, them.answer(board, target, panel.interval)) == ""


@pytest.mark.parametrize(("board", "panel", "target"), EVERY)
def test_a_mistyped_column_does_not_go_unnoticed(
    them: Club, board: Board, panel: Panel, target: Target
) -> None:
    name = target.shown[-1].name
    broken = replace(target, query=target.query.replace(f'"{name}"', f'"{name}x"'))
    assert broken.query != target.query
    try:
        found = them.answer(board, broken, panel.interval)
    except Refused:
        return
    assert wrong(broken, found) != ""


def test_a_query_that_is_no_influxql_is_refused_loudly(them: Club) -> None:
    with pytest.raises(Refused, match="error parsing query"):
        them.ask('SELEC "steps" FROM "session"')


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_runner_with_a_hip_sensor_only_breaks_no_board(
    them: Club, board: Board
) -> None:
    view = them.view(board, HIP_ONLY)
    for panel in board.panels:
        for target in panel.targets:
            them.ask(view.expand(target.query, panel.interval))


def test_every_variable_offers_what_there_is(them: Club) -> None:
    for board in BOARDS:
        for variable in board.variables:
            (found,) = them.ask(them.view(board).expand(variable.query))
            assert found.columns == ("key", "value"), (board.uid, variable.name)
            assert all(found.column("value")), (board.uid, variable.name)


def test_the_runs_of_a_runner_are_hers_and_the_newest_comes_first(them: Club) -> None:
    (variable,) = [v for v in run_board.BOARD.variables if v.name == "session"]
    (found,) = them.ask(them.view(run_board.BOARD).expand(variable.query))
    hers = [Run(them.month, GROWING, k) for k in range(them.month.runs)]
    assert variable.sort == NEWEST_FIRST
    offered = sorted(found.column("value"), reverse=True)
    assert offered == [run.session for run in reversed(hers)]


def test_the_trend_of_contact_time_is_of_one_shoe_a_panel(them: Club) -> None:
    board = wear_board.BOARD
    runner = them.run().runner
    every = [Run(them.month, GROWING, k) for k in range(them.month.runs)]
    in_it = [run for run in every if run.shoe == SHOES[1]]
    assert 0 < len(in_it) < len(every)
    # Grafana repeats the panel, each with one value of the variable.
    view = replace(them.view(board), chosen={"runner": runner, "shoe": [SHOES[1]]})
    panel = _panel(board, "Ground contact, left against right, run by run: $shoe")
    assert panel.repeat == "shoe"
    since = [run.start_ns // 1_000_000 for run in in_it]
    for target, least in zip(panel.targets, (0, BASELINE_FROM), strict=True):
        (series,) = them.ask(view.expand(target.query))
        wanted = [t for t, r in zip(since, in_it, strict=True) if r.number >= least]
        assert series.column("time") == wanted


def test_the_shoes_offered_are_hers_also_with_brackets_in_the_name(them: Club) -> None:
    board = wear_board.BOARD
    (variable,) = [v for v in board.variables if v.name == "shoe"]
    (found,) = them.ask(them.view(board).expand(variable.query))
    assert sorted(found.column("value")) == sorted(SHOES)
    view = replace(
        them.view(board), chosen={"runner": them.run().runner, "shoe": [SHOES[1]]}
    )
    (target,) = _panel(board, "Kilometres per shoe, over its life").targets
    (only,) = them.ask(view.expand(target.query))
    assert only.tags == {"shoe": SHOES[1]}


def test_several_runners_can_be_chosen_at_once(them: Club) -> None:
    chosen = ["runner-01", "runner-04"]
    view = replace(them.view(squad_board.BOARD), chosen={"runners": chosen})
    (target,) = _panel(squad_board.BOARD, "Kilometres in the time shown").targets
    found = them.ask(view.expand(target.query))
    assert sorted(series.tags["runner"] for series in found) == chosen


def test_the_share_of_all_six_zones_of_a_shoe_is_the_whole(them: Club) -> None:
    for target in _panel(
        wear_board.BOARD, "Where the load goes: both soles from above"
    ).targets:
        (found,) = them.answer(wear_board.BOARD, target)
        (row,) = found.rows
        assert sum(row[1:]) == pytest.approx(100.0)


def test_the_light_of_now_is_told_for_whom_it_is_on(them: Club) -> None:
    (target,) = _panel(coach_board.BOARD, "Who needs a look?").targets
    told = {
        series.tags["runner"]: series.column("Light")[0]
        for series in them.answer(coach_board.BOARD, target)
    }
    assert told["runner-02"] == LIGHT_STATES.index("check")
    assert told["runner-01"] == LIGHT_STATES.index("steady")


def test_a_runner_who_is_no_longer_heard_keeps_her_place_without_a_figure(
    them: Club,
) -> None:
    (target,) = _panel(coach_board.BOARD, "Who needs a look?").targets
    found = them.answer(coach_board.BOARD, target)
    (gone,) = [s for s in found if s.tags["runner"] == them.run(NEWCOMER).runner]
    assert gone.column("Light") == [None]
    assert gone.column("Running for")[0] > 0.0


def test_the_table_of_now_has_nobody_who_is_no_longer_heard(them: Club) -> None:
    (target,) = _panel(coach_board.BOARD, "Figures of now").targets
    found = them.answer(coach_board.BOARD, target)
    listed = {series.tags["runner"] for series in found}
    assert listed == {"runner-01", "runner-02", "runner-03"}
    (last,) = _panel(coach_board.BOARD, "When each runner was last heard").targets
    known = {s.tags["runner"] for s in them.answer(coach_board.BOARD, last)}
    assert known == listed | {them.run(NEWCOMER).runner}


def test_integers_of_a_second_source_are_lost_so_figures_come_first(
    them: Club,
) -> None:
    """Why `fresh` has its order: this is influxd 1.6.7's doing, not ours."""
    fresh = 'SELECT last("light") AS "l" FROM "live" GROUP BY "runner"'
    roster = 'SELECT last("elapsed_s") AS "h" FROM "live" GROUP BY "runner"'
    for sources, is_lost in (((fresh, roster), False), ((roster, fresh), True)):
        inner = ", ".join(f"({source})" for source in sources)
        found = them.ask(f'SELECT last("l") FROM {inner} GROUP BY "runner"')  # noqa: S608
        values = [value for s in found for value in s.column("last")]
        assert (not any(value is not None for value in values)) == is_lost


def test_only_a_clear_difference_lights_up_a_side(them: Club) -> None:
    sides = {}
    for side in ("Left", "Right"):
        panel = _panel(coach_board.BOARD, f"{side} foot longer on the ground by")
        found = them.answer(coach_board.BOARD, panel.targets[0])
        sides[side] = {
            s.tags["runner"]: s.column(f"{side} longer by")[0] for s in found
        }
    assert sides["Right"]["runner-02"] > 0.0
    assert sides["Left"]["runner-02"] is None
    assert sides["Left"]["runner-01"] > 0.0
    assert not any(
        sides["Left"][who] is not None and sides["Right"][who] is not None
        for who in sides["Left"]
    )
    assert all(value > 0 for side in sides.values() for value in side.values() if value)


def test_a_macro_stands_once_in_an_annotation(them: Club) -> None:
    """Grafana's front end replaces only the first (datasource.ts, annotationEvents)."""
    del them
    for annotation in run_board.BOARD.annotations:
        assert annotation.query.count("$timeFilter") == 1


def test_runs_in_tables_carry_their_own_time_for_the_link(them: Club) -> None:
    panel = _panel(run_board.BOARD, "Runs of this runner")
    (found,) = them.answer(run_board.BOARD, panel.targets[0])
    newest = them.run(back=0)
    assert found.column("Run")[0] == newest.session
    assert found.column("Began")[0] == newest.start_ns // 1_000_000
    lasted_s = (found.column("Ended")[0] - found.column("Began")[0]) / 1e3
    assert lasted_s == pytest.approx(newest.seconds, abs=0.1)


def test_who_changed_is_who_left_her_own_band(them: Club) -> None:
    panel = _panel(
        squad_board.BOARD, "Latest run of every runner, against their own usual"
    )
    told = {
        s.tags["runner"]: s.column("New")[0]
        for s in them.answer(squad_board.BOARD, panel.targets[0])
    }
    assert told == {"runner-01": False, "runner-02": True}


def test_counts_that_begin_anew_never_go_below_zero(them: Club) -> None:
    for title in (
        "Data that come in and are stored",
        "What was set aside or lost, when",
    ):
        panel = _panel(pipeline_board.BOARD, title)
        (found,) = them.answer(pipeline_board.BOARD, panel.targets[0], panel.interval)
        for name in panel.targets[0].columns:
            counted = [value for value in found.column(name) if value is not None]
            assert min(counted) >= 0.0


def test_a_run_without_five_earlier_ones_has_no_comparison(them: Club) -> None:
    first = Run(them.month, GROWING, BASELINE_FROM - 1)
    view = View(0, 1, {"runner": first.runner, "session": first.session})
    panel = _panel(run_board.BOARD, "Against the runner's own earlier runs")
    assert them.ask(view.expand(panel.targets[0].query)) == []
    assert "five earlier runs" in panel.empty
