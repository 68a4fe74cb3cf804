import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.rows import FindingRow
from processing.advice import finding_rules, finding_words
from processing.advice.finding_rules import RULES
from processing.advice.finding_words import runs_of, since
from processing.advice.findings import Finding, RunQuality, find
from processing.advice.standout import Kind, is_growing
from tests.processing.advice import FORBIDDEN

GOOD = RunQuality(coverage=0.99)
FOUR_STANDARD_ERRORS = 28  # of 50 in 1000: 4 sqrt(1000 * .05 * .95)


@dataclass(frozen=True)
class Compared:
    size: float
    half: float
    ci_unit: str = "%"
    n_pairs: int = 400

    @property
    def ci_low(self) -> float:
        return self.size - self.half

    @property
    def ci_high(self) -> float:
        return self.size + self.half


@dataclass(frozen=True)
class Usual:
    usual: float
    shift: float
    half: float
    mdc: float = 0.5
    runs: int = 10

    @property
    def band_low(self) -> float:
        return self.usual - self.half

    @property
    def band_high(self) -> float:
        return self.usual + self.half


def found(
    balances: Mapping[str, Compared] | None = None,
    baselines: Mapping[str, Usual] | None = None,
    change: Mapping[str, Compared] | None = None,
    earlier: Sequence[Collection[Finding]] = (),
    quality: RunQuality = GOOD,
) -> tuple[Finding, ...]:
    return find(balances or {}, baselines or {}, change or {}, earlier, quality)


def only(findings: tuple[Finding, ...]) -> Finding:
    (finding,) = findings
    return finding


def test_a_clear_difference_is_told_with_its_side_and_size() -> None:
    finding = only(found({"contact_time_s": Compared(-6.2, 2.9)}))

    assert finding.code == "TW-011"
    assert finding.side == "left"
    told = (finding.size, finding.low, finding.high)
    assert told == pytest.approx((-6.2, -9.1, -3.3))
    assert finding.unit == "%"
    assert finding.certainty == 2
    assert finding.text == (
        "Your ground contact time differs: 6.2 % longer on the left, seen in one run "
        "only, worth watching if it comes back."
    )


def test_an_even_runner_is_told_nothing() -> None:
    assert found({"contact_time_s": Compared(1.0, 2.9)}) == ()


def test_a_difference_within_its_interval_is_no_finding_however_large() -> None:
    assert found({"contact_time_s": Compared(8.0, 8.5)}) == ()


@pytest.mark.parametrize(
    ("metric", "least", "unit"),
    [
        ("contact_time_s", 3.0, "%"),
        ("flight_time_s", 8.0, "%"),
        ("pronation_excursion_deg", 3.0, "deg"),
        ("strike_angle_deg", 4.0, "deg"),
        ("toe_out_deg", 6.0, "deg"),
    ],
)
def test_a_sure_difference_must_also_be_large_enough(
    metric: str, least: float, unit: str
) -> None:
    below, above = least - 0.1, least + 0.1

    assert found({metric: Compared(below, 0.2, unit)}) == ()
    assert len(found({metric: Compared(above, 0.2, unit)})) == 1


@pytest.mark.parametrize("metric", ["impact_g", "braking_g", "pronation_velocity_dps"])
def test_what_only_compares_with_the_own_runs_needs_them(metric: str) -> None:
    balances = {metric: Compared(50.0, 1.0, "as metric")}

    assert found(balances) == ()
    assert len(found(balances, {metric: Usual(10.0, 40.0, 2.0)})) == 1


def test_the_more_figures_are_looked_at_the_higher_is_the_bar() -> None:
    contact = {"contact_time_s": Compared(3.4, 3.2)}
    even = {m: Compared(0.0, 3.0) for m in RULES if m != "contact_time_s"}

    assert len(found(contact)) == 1
    assert found(contact | even) == ()


def test_leaving_the_own_band_leads() -> None:
    balances = {
        "contact_time_s": Compared(12.0, 2.9),
        "pronation_excursion_deg": Compared(2.5, 2.4, "deg"),
    }
    baselines = {
        "contact_time_s": Usual(11.5, 0.5, 2.0),
        "pronation_excursion_deg": Usual(-0.5, 3.0, 1.0),
    }

    first, second = found(balances, baselines)

    assert (first.code, first.rank, first.certainty) == ("TW-042", 1, 2)
    assert "new for you: now 2.5 degrees more on the right" in first.text
    assert "usually 0.5 degrees more on the left" in first.text
    assert first.size == pytest.approx(3.0), "what is new is the change"
    assert (second.code, second.rank, second.certainty) == ("TW-011", 2, 2)
    assert "as usual for you" in second.text


def test_new_but_perhaps_even_is_the_least_sure() -> None:
    balances = {"contact_time_s": Compared(0.0, 2.9)}
    baselines = {"contact_time_s": Usual(-6.0, 6.0, 2.0)}

    finding = only(found(balances, baselines))

    assert finding.certainty == 1
    assert "now even, usually 6.0 % longer on the left" in finding.text


def test_only_what_was_there_in_an_earlier_run_too_is_very_sure() -> None:
    balances = {"contact_time_s": Compared(8.0, 2.9)}
    new = {"contact_time_s": Usual(0.5, 7.5, 2.0)}
    first = only(found(balances, new, earlier=[[]]))
    assert first.certainty == 2
    assert only(found(balances, new, earlier=[[first]])).certainty == 3
    assert only(found(balances, new, earlier=[[first], []])).certainty == 2


def test_a_shift_below_what_is_detectable_is_not_new() -> None:
    balances = {"contact_time_s": Compared(2.5, 2.9)}

    assert found(balances, {"contact_time_s": Usual(0.0, 2.5, 1.0, mdc=2.6)}) == ()


def test_a_difference_that_grows_within_the_run_is_told() -> None:
    finding = only(found(change={"contact_time_s": Compared(4.0, 1.5)}))

    assert finding.code == "TW-013"
    assert is_growing(finding.code)
    assert (
        "in the last third 4.0 % longer on the right than in the first" in finding.text
    )


def test_growth_of_a_difference_that_stands_is_said_in_one_sentence() -> None:
    balances = {"contact_time_s": Compared(6.0, 2.9)}
    towards, away = Compared(-4.0, 1.5), Compared(4.0, 1.5)

    grows = only(found(balances, change={"contact_time_s": away}))
    shrinks = only(found(balances, change={"contact_time_s": towards}))

    assert "and growing over the run" in grows.text
    assert "growing" not in shrinks.text


def test_figures_that_say_the_same_are_told_once() -> None:
    balances = {
        "contact_time_s": Compared(6.0, 2.0),
        "impulse_bws": Compared(9.0, 2.0),
        "step_time_s": Compared(7.0, 2.0),
        "flight_time_s": Compared(9.0, 3.0),
    }

    assert [f.metric for f in found(balances)] == ["contact_time_s", "step_time_s"]


def test_less_time_in_the_air_is_more_time_on_the_ground() -> None:
    """Flight time is step time less contact time: only one of both is told."""
    flight, contact = Compared(-9.0, 1.0), Compared(6.0, 2.0)
    both = found({"flight_time_s": flight, "contact_time_s": contact})
    (air,) = found({"flight_time_s": flight})

    assert only(both).metric == "contact_time_s"
    again = found({"contact_time_s": contact}, earlier=[[air]])
    assert only(again).since == "in your last 2 runs"
    turned = found({"contact_time_s": Compared(-6.0, 2.0)}, earlier=[[air]])
    assert only(turned).since == "new in this run"


def test_since_counts_the_runs_in_a_row_on_the_same_side() -> None:
    balances = {"contact_time_s": Compared(6.0, 2.9)}
    (here,) = found(balances)
    other = replace(here, side="left")

    assert here.since == "in this run, the first one looked at"
    assert only(found(balances, earlier=[[]])).since == "new in this run"
    assert only(found(balances, earlier=[[here], [other]])).since == "new in this run"
    again = only(found(balances, earlier=[[], [here], [here]]))
    assert again.since == "in your last 3 runs"
    assert "seen in 3 runs in a row, consider checking" in again.text
    assert again.action.startswith("Consider checking your squat")


def test_a_finding_of_one_run_asks_to_look_again_before_all_else() -> None:
    balances = {"contact_time_s": Compared(6.0, 2.9)}
    (first,) = found(balances)

    assert "one run only" in first.text
    assert first.action == finding_words.REPEAT
    assert only(found(balances, earlier=[[first]])).action == finding_words.SWAP


@given(st.integers(0, 60))
def test_the_count_of_runs_can_be_read_from_its_words(streak: int) -> None:
    assert runs_of(since(streak, has_earlier=True)) == streak + 1


@pytest.mark.parametrize(
    "quality",
    [
        RunQuality(coverage=0.69),
        RunQuality(coverage=1.0, is_placed=False),
        RunQuality(coverage=1.0, withheld=frozenset({"contact_time_s"})),
    ],
)
def test_nothing_is_found_below_the_gate(quality: RunQuality) -> None:
    balances = {"contact_time_s": Compared(20.0, 2.9)}
    baselines = {"contact_time_s": Usual(0.0, 20.0, 1.0)}

    assert found(balances, baselines, balances, quality=quality) == ()


def test_a_few_pairs_are_no_finding() -> None:
    few = {"contact_time_s": Compared(20.0, 2.9, n_pairs=29)}
    thirds = {"contact_time_s": Compared(20.0, 2.9, n_pairs=59)}

    assert found(few, {"contact_time_s": Usual(0.0, 20.0, 1.0)}, thirds) == ()


def test_figures_without_any_spread_do_not_break_the_ranking() -> None:
    assert only(found({"contact_time_s": Compared(5.0, 0.0)})).rank == 1
    assert found({"contact_time_s": Compared(math.nan, math.nan)}) == ()


def test_a_finding_fits_its_row() -> None:
    (finding,) = found({"contact_time_s": Compared(6.0, 2.9)})
    row = FindingRow(runner="ana", session="s", time_ns=0, **asdict(finding))

    assert row.metric == "contact_time_s"
    assert {f.name for f in fields(FindingRow)} - {f.name for f in fields(Finding)} == {
        "runner",
        "session",
        "time_ns",
    }


def test_at_most_one_even_runner_in_twenty_is_told_something() -> None:
    """All seven figures wrong by chance, each as its interval says, independently."""
    rng = np.random.default_rng(7)
    judged = [m for m, rule in RULES.items() if not rule.is_own_only]
    half = 20.0  # wide: only the interval decides, not the least difference
    told = 0
    for _ in range(1000):
        sizes = dict(zip(judged, rng.standard_normal(7) * half / 1.96, strict=True))
        told += bool(found({m: Compared(size, half) for m, size in sizes.items()}))

    assert 20 <= told <= 50 + FOUR_STANDARD_ERRORS


def test_at_most_one_usual_run_in_twenty_is_called_new() -> None:
    rng = np.random.default_rng(8)
    metrics = ["contact_time_s", "pronation_excursion_deg", "strike_angle_deg"]
    told = 0
    for _ in range(1000):
        runs = rng.standard_normal((8, len(metrics))) * 4.0
        today = rng.standard_normal(len(metrics)) * 4.0
        mean, sd = runs.mean(axis=0), runs.std(axis=0, ddof=1)
        half = 2.365 * sd * np.sqrt(1 + 1 / 8)  # t quantile of 7 degrees of freedom
        baselines = {
            m: Usual(mean[k], today[k] - mean[k], half[k], mdc=0.0, runs=8)
            for k, m in enumerate(metrics)
        }
        balances = {m: Compared(today[k], 50.0) for k, m in enumerate(metrics)}
        told += bool(found(balances, baselines))

    assert 20 <= told <= 50 + FOUR_STANDARD_ERRORS


METRICS = st.sampled_from(sorted(RULES))
SIZES = st.floats(-40, 40)
HALVES = st.floats(0, 10)
UNITS = st.sampled_from(["%", "deg", "deg/s", "g"])
BALANCES = st.dictionaries(METRICS, st.builds(Compared, SIZES, HALVES, UNITS))
BASELINES = st.dictionaries(METRICS, st.builds(Usual, SIZES, SIZES, HALVES))
TOLD = st.builds(
    Finding,
    side=st.sampled_from(["left", "right"]),
    code=st.just("TW-011"),
    rank=st.just(1),
    metric=METRICS,
    text=st.just(""),
    size=SIZES,
    low=SIZES,
    high=SIZES,
    unit=st.just("%"),
    certainty=st.just(1),
    since=st.just(""),
    action=st.just(""),
)
EARLIER = st.lists(st.lists(TOLD, max_size=3), max_size=4)


@given(BALANCES, BASELINES, BALANCES, EARLIER)
def test_never_more_than_three_and_never_a_forbidden_word(
    balances: dict[str, Compared],
    baselines: dict[str, Usual],
    change: dict[str, Compared],
    earlier: list[list[Finding]],
) -> None:
    findings = found(balances, baselines, change, earlier)

    assert len(findings) <= 3
    assert [f.rank for f in findings] == list(range(1, len(findings) + 1))
    assert len({RULES[f.metric].family for f in findings}) == len(findings)
    for finding in findings:
        said = f"{finding.text} {finding.action} {finding.since}"
        assert not FORBIDDEN.search(said)
        assert finding.text.count(".") - len(re.findall(r"\d\.\d", finding.text)) == 1
        assert re.search(r"differs|changed", finding.text)
        assert 1 <= finding.certainty <= 3


@given(BALANCES, BASELINES, BALANCES)
def test_a_mirrored_runner_has_the_mirrored_findings(
    balances: dict[str, Compared],
    baselines: dict[str, Usual],
    change: dict[str, Compared],
) -> None:
    def mirrored(c: Compared) -> Compared:
        return replace(c, size=-c.size)

    here = found(balances, baselines, change)
    there = found(
        {m: mirrored(c) for m, c in balances.items()},
        {m: replace(u, usual=-u.usual, shift=-u.shift) for m, u in baselines.items()},
        {m: mirrored(c) for m, c in change.items()},
    )

    assert [f.code for f in here] == [f.code for f in there]
    assert all(
        a.side != b.side and a.size == -b.size
        for a, b in zip(here, there, strict=True)
        if a.size != 0
    )


def test_every_metric_has_codes_of_its_own() -> None:
    codes = [rule.number + kind for rule in RULES.values() for kind in Kind]

    assert len(set(codes)) == len(codes)
    assert all(rule.number % 10 in (1, 4, 7) for rule in RULES.values())


def test_no_sentence_of_the_rules_says_a_forbidden_word() -> None:
    for module in (finding_rules, finding_words):
        for value in vars(module).values():
            if isinstance(value, str):
                assert value == module.__doc__ or not FORBIDDEN.search(value)
    for rule in RULES.values():
        assert not FORBIDDEN.search(f"{rule.quantity} {rule.more} {rule.check}")
    assert FORBIDDEN.search("a symmetry " + "sco" + "re")
