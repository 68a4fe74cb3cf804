from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from contract.model import FloatArray
from contract.people import Shoe
from contract.rows import WearRow
from processing.shoe_life import ShoeLife, shoe_life, tread_estimates
from processing.wear import TreadDose, left_right_pct, tread_dose

EVEN = np.full((4, 3), 0.5)
HEEL, FORE = np.full(4, 20.0), np.full(4, -10.0)
ZONES = [
    "heel_medial_bws", "heel_lateral_bws", "mid_medial_bws", "mid_lateral_bws",
    "fore_medial_bws", "fore_lateral_bws",
]  # fmt: skip
impulses = arrays(float, 4, elements=st.floats(0.1, 0.6))
strikes = arrays(float, 4, elements=st.floats(-20, 30))
shares = arrays(float, (4, 3), elements=st.floats(0.1, 0.9))


def zones(dose: TreadDose | WearRow) -> list[float]:
    found = [getattr(dose, name) for name in ZONES]
    assert None not in found
    return found


@given(impulses, strikes, shares)
def test_the_zones_of_a_shoe_add_up_to_its_dose(
    impulse: FloatArray, strike: FloatArray, medial: FloatArray
) -> None:
    dose = tread_dose(impulse, strike, medial)
    assert dose.steps == 4
    assert dose.dose_bws == pytest.approx(impulse.sum())
    assert dose.dose_per_step_bws == pytest.approx(impulse.mean())
    assert sum(zones(dose)) == pytest.approx(dose.dose_bws)
    assert min(zones(dose)) >= 0


@given(impulses, strikes, shares)
def test_medial_and_lateral_change_places_with_the_share(
    impulse: FloatArray, strike: FloatArray, medial: FloatArray
) -> None:
    one, other = (tread_dose(impulse, strike, m) for m in (medial, 1 - medial))
    assert one.ml_pct == pytest.approx(-(other.ml_pct or 0.0), abs=1e-9)
    assert one.hf_pct == pytest.approx(other.hf_pct)


def test_a_heel_striker_loads_the_heel_more_than_a_forefoot_striker() -> None:
    impulse = np.full(4, 0.35)
    heel, fore = (tread_dose(impulse, strike, EVEN) for strike in (HEEL, FORE))
    assert heel.heel_medial_bws is not None
    assert heel.heel_medial_bws > 0
    assert fore.heel_medial_bws == 0
    assert (heel.hf_pct or 0.0) > (fore.hf_pct or 0.0)
    assert fore.hf_pct == pytest.approx(-100)


def test_a_shoe_that_everts_is_loaded_on_its_medial_side() -> None:
    dose = tread_dose(np.full(4, 0.35), HEEL, np.full((4, 3), 0.7))
    assert dose.ml_pct == pytest.approx(40)


def test_a_step_whose_place_is_unknown_counts_like_the_others() -> None:
    strike = np.array([20, np.nan, 20, 20])
    dose = tread_dose(np.full(4, 0.35), strike, EVEN)
    whole = tread_dose(np.full(4, 0.35), HEEL, EVEN)
    assert zones(dose) == pytest.approx(zones(whole))


def test_where_hardly_any_place_is_known_only_the_dose_is_told() -> None:
    medial = EVEN.copy()
    medial[1:, 0] = np.nan
    dose = tread_dose(np.full(4, 0.35), HEEL, medial)
    assert dose.dose_bws == pytest.approx(1.4)
    assert dose.heel_medial_bws is None
    assert dose.ml_pct is None
    assert dose.hf_pct is None


def test_a_step_without_an_impulse_is_no_dose() -> None:
    dose = tread_dose(np.array([0.3, np.nan, 0.4, np.nan]), HEEL, EVEN)
    assert dose.steps == 2
    assert dose.dose_bws == pytest.approx(0.7)
    nothing = tread_dose(np.full(4, np.nan), HEEL, EVEN)
    assert nothing == TreadDose(0, 0.0, 0.0)


def test_right_more_than_left_is_positive_and_one_foot_says_nothing() -> None:
    assert left_right_pct(0.33, 0.37) == pytest.approx(100 * 0.04 / 0.70)
    assert left_right_pct(0.33, 0.0) is None
    assert left_right_pct(0.0, 0.33) is None


def row(
    number: int,
    side: str = "left",
    *,
    km: float | None = 10.0,
    steps: int = 4000,
    per_step_bws: float = 0.35,
    share: float = 0.6,
) -> WearRow:
    """A run of 10 km, 2 % of it on the heel; ``share`` is its medial part."""
    places = np.outer([0.02, 0.18, 0.8], [share, 1 - share]).ravel()
    dose = steps * per_step_bws
    return WearRow(
        runner="ana",
        session=f"run {number}",
        side=side,
        time_ns=number,
        shoe="blue",
        steps=steps,
        dose_bws=dose,
        dose_per_step_bws=per_step_bws,
        distance_m=None if km is None else 1000 * km,
        **dict(zip(ZONES, (dose * places).tolist(), strict=True)),
    )


def both(count: int, **more: float) -> list[WearRow]:
    return [row(n, side, **more) for n in range(count) for side in ("left", "right")]


BLUE = Shoe(name="blue", start_km=100.0, service_km=600.0)


def life(rows: list[WearRow], shoe: Shoe = BLUE) -> ShoeLife:
    return shoe_life(shoe, rows)


def test_a_shoes_runs_are_added_up() -> None:
    found = life(both(3))
    assert (found.runs, found.left.runs, found.right.steps) == (3, 3, 12000)
    assert found.distance_km == pytest.approx(130)
    assert found.left.dose_bws == pytest.approx(3 * 1400)
    assert found.left.zones_bws is not None
    assert sum(found.left.zones_bws.values()) == pytest.approx(found.left.dose_bws)
    assert found.left.ml_pct == pytest.approx(20)
    assert found.lr_pct == pytest.approx(0)


@given(st.permutations(range(4)))
def test_the_order_of_the_runs_and_a_run_told_twice_change_nothing(
    order: list[int],
) -> None:
    rows = [r for n in order for r in both(4)[2 * n : 2 * n + 2]]
    assert life([*rows, rows[0]]) == life(both(4))


def test_runs_in_another_shoe_do_not_count() -> None:
    rows = [*both(2), *(replace(r, shoe="red") for r in both(5))]
    assert life(rows).runs == 2


def test_a_foot_that_carries_more_per_step_shows_over_the_life() -> None:
    rows = [row(1, "left", per_step_bws=0.34), row(1, "right", per_step_bws=0.36)]
    assert life(rows).lr_pct == pytest.approx(100 * 0.02 / 0.70)
    assert life(rows[:1]).lr_pct is None


def test_a_run_without_zones_counts_as_dose_only() -> None:
    bare = replace(row(2), **dict.fromkeys(ZONES))
    found = life([row(1), bare]).left
    assert found.dose_bws == pytest.approx(2800)
    assert found.zones_bws is not None
    assert sum(found.zones_bws.values()) == pytest.approx(1400)
    assert life([bare]).left.zones_bws is None
    assert life([bare]).left.hf_pct is None


def test_the_reminder_comes_at_the_service_distance_and_says_what_it_is() -> None:
    before, after = life(both(49)), life(both(50))
    assert not before.is_due
    assert before.reminder() == "blue: 590 km of 600 km."
    assert after.is_due
    assert "600 km of 600 km" in after.reminder()
    assert "not a measurement" in after.reminder()


def test_a_run_of_unknown_distance_makes_the_odometer_a_lower_bound() -> None:
    rows = [*both(2), row(7, km=None)]
    assert life(rows).runs_without_distance == 1
    assert life(rows).reminder().startswith("blue: at least 120 km")


def test_without_a_service_distance_no_reminder_comes() -> None:
    shoe = Shoe(name="blue", service_km=0.0)
    assert not life(both(90), shoe).is_due
    assert "No service distance" in life(both(90), shoe).reminder()


HEEL_ZONE, HEEL_DOSE_BWS = "left_heel_lateral", 1400 * 0.02 * 0.4


def measured(*depths: tuple[float, float]) -> Shoe:
    return Shoe(name="blue", tread_mm=tuple((km, {HEEL_ZONE: mm}) for km, mm in depths))


def test_nothing_is_said_in_millimetres_before_two_measurings() -> None:
    assert not tread_estimates(Shoe(name="blue"), both(30))
    assert not tread_estimates(measured((0.0, 4.0)), both(30))


def test_tread_goes_on_going_as_it_went_between_the_measurings() -> None:
    shoe = measured((0.0, 4.0), (100.0, 3.5))
    found = tread_estimates(shoe, both(30))[HEEL_ZONE]
    assert found.mm_per_bws == pytest.approx(0.5 / (10 * HEEL_DOSE_BWS))
    assert found.depth_mm == pytest.approx(2.5)
    assert found.loss_mm == pytest.approx(1.5)
    assert found.measurings == 2


def test_the_further_from_the_measurings_the_less_sure_is_the_depth() -> None:
    shoe = measured((0.0, 4.0), (100.0, 3.5))
    halves = [
        tread_estimates(shoe, both(n))[HEEL_ZONE].half_mm for n in (10, 20, 30, 60)
    ]
    assert halves == sorted(halves)
    assert halves[0] == pytest.approx(1.96 * 0.2)


def test_measurings_that_scatter_widen_the_interval() -> None:
    even = measured((0.0, 4.0), (100.0, 3.5), (200.0, 3.0), (300.0, 2.5))
    odd = measured((0.0, 4.0), (100.0, 2.5), (200.0, 3.9), (300.0, 2.5))
    one, other = (tread_estimates(s, both(30))[HEEL_ZONE] for s in (even, odd))
    assert one.half_mm < other.half_mm


def test_a_measuring_from_before_the_recordings_says_nothing() -> None:
    shoe = Shoe(
        name="blue",
        start_km=100.0,
        tread_mm=((50.0, {HEEL_ZONE: 4.0}), (150.0, {HEEL_ZONE: 3.5})),
    )
    assert not tread_estimates(shoe, both(30))


def test_two_measurings_without_a_run_in_between_say_nothing() -> None:
    assert not tread_estimates(measured((0.0, 4.0), (0.0, 3.9)), both(5))
