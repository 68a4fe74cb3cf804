"""A run over a broken link is shown as old as it is, and no other run is."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import topics, wire
from contract.messages import LiveTile, loads
from contract.units import NS_PER_S
from processing.lateness import Lateness
from tests.patience import wait_until
from tests.processing.live_loop import LiveLoop, in_time

MINUTE = 60
HOUR_NS = 3600 * NS_PER_S
ORIGIN_NS = 1_795_244_661 * NS_PER_S


def ages_s(seen: Iterable[tuple[float, float]], off_ns: int = ORIGIN_NS) -> list[float]:
    """Give the ages of data of those seconds, seen at those seconds."""
    lateness = Lateness()
    return [
        lateness.age_ns(off_ns + round(data_s * NS_PER_S), round(now_s * NS_PER_S))
        / NS_PER_S
        for data_s, now_s in seen
    ]


def live(seconds: int, delay_s: float = 0.3) -> list[tuple[float, float]]:
    return [(s, s + delay_s + 0.1 * (s % 3)) for s in range(seconds)]


@pytest.mark.parametrize("off_ns", [0, ORIGIN_NS, -HOUR_NS, HOUR_NS])
def test_a_live_run_is_of_now_whatever_its_clock_shows(off_ns: int) -> None:
    assert max(ages_s(live(10 * MINUTE), off_ns)) <= 0.21


@pytest.mark.parametrize("speed", [4, 20, 1000])
def test_a_replay_that_is_faster_than_time_is_of_now(speed: int) -> None:
    seen = [(s * speed + 0.7 * (s % 2), s) for s in range(2 * MINUTE)]
    assert max(ages_s(seen)) == 0.0


def test_a_backlog_is_as_old_as_it_is_and_gets_younger_as_it_comes_in() -> None:
    """Ten minutes without a link, then the collector sends thirty times as fast."""
    back = [(60 + 30 * s, 660 + s) for s in range(21)]
    after = [(s, s + 0.3) for s in range(682, 700)]
    before, late, again = live(MINUTE), back, after
    ages = ages_s([*before, *late, *again])
    assert max(ages[:MINUTE]) < 1.0
    assert ages[MINUTE] == pytest.approx(600, abs=1)
    of_backlog = ages[MINUTE : MINUTE + 21]
    assert of_backlog == sorted(of_backlog, reverse=True)
    assert ages[MINUTE + 10] == pytest.approx(600 - 290, abs=1)
    assert max(ages[MINUTE + 21 :]) < 1.0


def test_a_link_that_is_too_slow_for_its_data_makes_them_older_and_older() -> None:
    ages = ages_s([*live(MINUTE), *((60 + s / 2, 60 + s) for s in range(MINUTE))])
    assert ages[-1] == pytest.approx(30, abs=1)


@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 2**62))))
def test_no_data_are_of_the_future(seen: list[tuple[int, int]]) -> None:
    lateness = Lateness()
    assert all(lateness.age_ns(data_ns, now_ns) >= 0 for data_ns, now_ns in seen)


class Clock:
    """Time that passes when a test says so."""

    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def test_the_tiles_of_a_backlog_say_how_late_they_are(
    loop: LiveLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link is lost after 10 s of the run; 20 s of it come at once, 100 s later."""
    clock = Clock()
    monkeypatch.setattr("processing.turns.monotonic_ns", clock)
    monkeypatch.setattr("processing.turns.TILE_EVERY_S", 0.0)
    monkeypatch.setattr("processing.turns.TURN_EVERY_S", 0.01)
    tiles: list[LiveTile] = []
    loop.bus.subscribe(
        topics.ALL_LIVE, lambda _, payload: tiles.append(loads(payload, LiveTile))
    )
    frames = in_time(loop.run.frames())
    quarter = len(frames) // 4
    parts = [frames[:quarter], frames[quarter : 3 * quarter], frames[3 * quarter :]]
    late_s = []
    with loop.processing():
        loop.tell(loop.run.meta)
        for part, now_s in zip(parts, (10, 130, 140), strict=True):
            clock.now_ns = now_s * NS_PER_S
            newest_ns = wire.decode(part[-1].payload).t0_ns
            loop.send(part)
            wait_until(lambda t=newest_ns: tiles and tiles[-1].data_t_ns >= t)  # type: ignore[misc]
            late_s.append((tiles[-1].t_ns - tiles[-1].data_t_ns) / NS_PER_S)
    assert late_s == pytest.approx([0, 100, 100], abs=1)
