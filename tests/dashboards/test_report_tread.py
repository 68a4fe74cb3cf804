"""The tread map: both soles from below, inner sides outwards, shares that add up."""

import re

from hypothesis import given
from hypothesis import strategies as st

from dashboards.report.background import ShoeFacts, Usual
from dashboards.report.shoe import PRESSURE_PATH, SHORT_PATH, life_bar, wear_words
from dashboards.report.tread import (
    ZONES,
    shares_pct,
    tread_map,
    whole_shares,
    zone_rows,
)
from tests.dashboards.runs import full_run, page_of, wear, words_of

NAN = float("nan")


def numbers(drawing: str) -> list[tuple[float, int]]:
    """Place across the sole and share of each zone."""
    found = re.findall(r'<text x="([-.\d]+)"[^>]*font-size="12"[^>]*>(\d+)<', drawing)
    return [(float(x), int(share)) for x, share in found]


def test_the_shares_of_one_shoe_add_up_to_all_of_it() -> None:
    shares = shares_pct(wear("left", 0.347))
    assert abs(sum(shares.values()) - 100) < 1e-9
    assert round(shares["fore", "medial"]) == 37


def test_the_left_sole_is_left_and_inner_sides_point_outwards() -> None:
    left, right = (numbers(tread_map([wear(side, 0.3)])) for side in ("left", "right"))
    inner_left, outer_left = left[0], left[1]
    inner_right, outer_right = right[0], right[1]
    assert inner_left[1] == inner_right[1] == 37
    assert inner_left[0] < outer_left[0]
    assert inner_right[0] > outer_right[0]
    both = tread_map([wear("right", 0.3), wear("left", 0.3)])
    assert len(numbers(both)) == 12
    assert 'translate(134 0)"><g transform="matrix(-1' in both
    words = re.findall(r">(inside|outside)<", both)
    assert words == ["outside", "inside", "inside", "outside"]  # right was given first


def test_more_load_is_darker_and_its_number_stays_readable() -> None:
    drawing = tread_map([wear("left", 0.3)])
    assert re.search(r'fill="#FFFFFF"[^>]*>37<', drawing)
    assert re.search(r'fill="#15191E"[^>]*>6<', drawing)


def test_a_listener_hears_all_six_zones() -> None:
    assert (
        "Seen from below. Share of the left shoe&#x27;s load: front inner 37 percent, "
        "front outer 28 percent, middle inner 9 percent, middle outer 6 percent, heel "
        'inner 8 percent, heel outer 12 percent."'
    ) in tread_map([wear("left", 0.3)])


def test_imbalances_are_told_as_shares() -> None:
    rows = [wear("left", 0.3, lr_pct=-4.0), wear("right", 0.3, lr_pct=-4.0)]
    told = [w.replace("\N{NO-BREAK SPACE}", " ") for w in wear_words(rows)]
    assert told == ["Load of a step, both shoes together: left 52.0 %, right 48.0 %."]


@given(
    doses=st.lists(st.floats(0.001, 1000.0), min_size=6, max_size=6),
)
def test_whole_shares_add_up_to_a_hundred_and_are_never_one_off(
    doses: list[float],
) -> None:
    names = [f"{part}_{edge}_bws" for part, edge in ZONES]
    row = wear("left", 0.3, **dict(zip(names, doses, strict=True)))
    whole, exact = whole_shares(row), shares_pct(row)
    assert sum(whole.values()) == 100
    assert all(abs(whole[zone] - exact[zone]) < 1 for zone in ZONES)


def test_what_is_usual_stands_only_where_a_zone_is_not_as_usual() -> None:
    usual = {
        ("left", "fore", "medial"): Usual(30.0, 27.0, 33.0),  # 37 % today
        ("left", "fore", "lateral"): Usual(27.0, 24.0, 31.0),  # 28 % today
    }
    drawing = tread_map([wear("left", 0.3)], usual)
    assert re.findall(r">usual (\d+)<", drawing) == ["30"]
    assert "front inner 37 percent (usual 30)" in drawing
    rows = zone_rows([wear("left", 0.3)], usual)
    assert rows[0] == ["Left", "fore, inner", "37", "30 (27 to 33)"]
    near = {("left", "fore", "medial"): Usual(34.5, 34.0, 35.0)}
    assert ">usual" not in tread_map([wear("left", 0.3)], near)  # 2.5 points are noise
    at_three = {("left", "fore", "medial"): Usual(34.0, 33.0, 35.0)}
    assert ">usual 34<" in tread_map([wear("left", 0.3)], at_three)
    assert [row[3] for row in rows[2:]] == ["not known"] * 4


def test_a_shoe_that_ran_beyond_its_distance_fills_the_bar_and_no_more() -> None:
    bar = life_bar(ShoeFacts(900.0, 600.0, 50, is_least=True), "Blue")
    assert bar.count('width="238"') == 2
    assert "Blue: at least 900 km of the 600 km" in bar
    assert life_bar(ShoeFacts(900.0, 0.0, 50), "Blue") == ""
    assert life_bar(None, "Blue") == ""


def test_without_zones_there_is_no_map_and_no_guess() -> None:
    row = wear("left", 0.3, heel_medial_bws=None, ml_pct=None, hf_pct=None, lr_pct=None)
    assert tread_map([row]) == ""
    assert tread_map([wear("left", 0.3, fore_medial_bws=NAN)]) == ""
    assert wear_words([row]) == []
    rest = [r for r in full_run().kept if type(r) is not type(row)]
    text = words_of(page_of(*rest, row))
    assert "Seen from below" not in text
    assert "nan" not in text.split()


def test_the_page_labels_the_map_as_modelled() -> None:
    text = words_of(page_of(*full_run().kept))
    assert "Seen from below, each shoe turned over where it stands" in text
    assert "Estimated from motion, not measured pressure." in text
    assert "Load of each shoe modelled dose" in text
    assert PRESSURE_PATH in text
    page = page_of(*full_run().kept)
    assert SHORT_PATH in words_of(page[: page.index("For the physio or coach")])
