"""Pipeline health and its alerts, where two processes share the work."""

from collections.abc import Callable, Iterator

import pytest

from benchmarks.server.asking import Series, View
from benchmarks.server.month_service import OTHERS_LETTERS
from contract.service_rows import SERVICE
from dashboards.grafana.alerts import SERVICE as RULES
from dashboards.grafana.board import Board
from dashboards.grafana.panels import Panel
from dashboards.grafana.pipeline_board import BOARD
from tests.dashboards.grafana_month import Club, club

pytestmark = pytest.mark.services
SECOND = f"{SERVICE}-2"


@pytest.fixture(scope="module")
def them(
    tmp_path_factory: pytest.TempPathFactory, require: Callable[..., str]
) -> Iterator[Club]:
    with club(tmp_path_factory.mktemp("influxd"), require) as started:
        yield started


def _panel(title: str, board: Board = BOARD) -> Panel:
    (found,) = [panel for panel in board.panels if panel.title == title]
    return found


def _answer(them: Club, title: str) -> list[Series]:
    panel = _panel(title)
    (target,) = panel.targets
    return them.answer(BOARD, target, panel.interval)


def _newest(them: Club, name: str, session: str) -> float:
    query = f'SELECT last("{name}") FROM "pipeline" WHERE time > now() - 5m AND '  # noqa: S608
    (found,) = them.ask(f"{query}\"session\" = '{session}'")
    value: float = found.column("last")[0]
    return value


def test_a_count_is_that_of_all_processes_together(them: Club) -> None:
    (found,) = _answer(them, "Not understood")
    assert _newest(them, "dead_letters", SECOND) == OTHERS_LETTERS
    first = _newest(them, "dead_letters", SERVICE)
    assert first > 0
    assert found.column("Not understood") == [first + OTHERS_LETTERS]


def test_where_a_sum_says_nothing_each_process_has_its_own_figure(them: Club) -> None:
    by_name = {s.tags["session"]: s.column("Starts") for s in _answer(them, "Starts")}
    assert by_name == {SERVICE: [2], SECOND: [1]}
    late = {
        s.tags["session"]: s.column("Delay of 99 in 100 steps")[0]
        for s in _answer(them, "Delay of 99 in 100 steps")
    }
    assert late[SECOND] == pytest.approx(1.6)
    assert late[SERVICE] < 1.3


def test_a_process_that_no_longer_tells_is_in_no_figure_of_now(them: Club) -> None:
    for title in ("Not understood", "Delay of 99 in 100 steps", "Waiting for InfluxDB"):
        (target,) = _panel(title).targets
        assert "now() - 5m" in target.query
    del them


def test_what_waits_for_influxdb_is_told_by_the_process_that_writes_to_it(
    them: Club,
) -> None:
    assert _newest(them, "outbox_rows", SECOND) == 0
    (rows,) = _answer(them, "Waiting for InfluxDB")
    assert rows.column("Waiting for InfluxDB") == [4000]
    (word,) = _answer(them, "InfluxDB")
    assert word.column("InfluxDB") == ["ok"]
    (line,) = _answer(them, "Lines of data that wait for InfluxDB")
    assert set(line.column("Waiting for InfluxDB")[-10:]) == {4000}


def test_rates_of_the_processes_add_up_and_do_not_jump_between_them(
    them: Club,
) -> None:
    (found,) = _answer(them, "Data that come in and are stored")
    rates = [value for value in found.column("Received") if value is not None]
    usual = sorted(rates)[len(rates) // 2]
    assert usual == pytest.approx(60.0, rel=0.05)
    assert max(rates) < 80.0


def test_what_was_set_aside_long_ago_is_not_added_again_and_again(
    them: Club,
) -> None:
    (found,) = _answer(them, "What was set aside or lost, when")
    added = [value for value in found.column("Not understood") if value]
    assert added
    # The first process sets one aside in 100 s, for 15 minutes; at their begin its
    # count goes from 0 to what it would have had.
    assert sorted(added)[-2] <= 2


def test_the_delay_over_time_is_that_of_the_slowest_process(them: Club) -> None:
    (found,) = _answer(them, "From the end of a step until it is stored")
    for name, value in (("Half are quicker", 0.6), ("99 of 100 are quicker", 1.6)):
        told = [v for v in found.column(name) if v is not None]
        assert sorted(told)[len(told) // 2] == pytest.approx(value)


def test_memory_and_runs_are_those_of_all_processes(them: Club) -> None:
    (found,) = _answer(them, "Runs and memory")
    runs = [value for value in found.column("Runs") if value is not None]
    assert sorted(runs)[len(runs) // 2] == 4 + 2
    assert max(v for v in found.column("Memory") if v) == pytest.approx(240.0)


def _added(them: Club, uid: str, since_s: int, until_s: int) -> dict[str, float]:
    """What a rule sums up of each of its series, over a time before the end."""
    (rule,) = [r for r in RULES if r.uid == f"treadwear-{uid}"]
    end_ms = them.month.end_ns // 1_000_000
    view = View(end_ms - 1000 * since_s, end_ms - 1000 * until_s)
    return {
        series.tags.get("session", ""): sum(v for v in series.column("Value") if v)
        for series in them.ask(view.expand(rule.target.query))
    }


def test_an_alert_of_added_counts_does_not_take_two_processes_for_one(
    them: Club,
) -> None:
    """Between 0 of one and 7 of the other there would be a rise every time."""
    quiet = _added(them, "dead-letters", 7200, 6600)
    assert quiet == {SERVICE: 0.0, SECOND: 0.0}
    loud = _added(them, "dead-letters", 600, 0)
    assert loud[SERVICE] > 0.0 == loud[SECOND]
    assert _added(them, "refused", 7200, 6600) == {"": 0.0}
    assert _added(them, "refused", 600, 0)[""] > 3.0


def test_one_word_of_one_process_is_word_from_the_processing(them: Club) -> None:
    assert _added(them, "no-word", 300, 0)[""] > 0.0
