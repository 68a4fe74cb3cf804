"""Samples as CSV: every figure as printf writes it, however many there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from collector.csv_text import lines_of

DECIMALS = (6, 5, 0)


def printed(rows: np.ndarray) -> list[list[float]]:
    lines = lines_of(rows, DECIMALS).decode().splitlines()
    return [[float(word) for word in line.split(",")] for line in lines]


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(0, 20), st.just(3)),
        elements=st.floats(-1e9, 1e9, allow_nan=False),
    )
)
def test_every_figure_reads_back_to_its_last_digit(rows: np.ndarray) -> None:
    found = printed(rows)
    assert len(found) == len(rows)
    for told, row in zip(found, rows, strict=True):
        for figure, value, places in zip(told, row, DECIMALS, strict=True):
            half = 0.5 * 10.0**-places
            assert abs(figure - value) <= half + 1e-15 * abs(value) + 1e-6 * half


def test_figures_stand_as_printf_writes_them() -> None:
    rows = np.array([[0.0, -9.80665, 7.0], [-0.0, 0.000004, -12.0], [12.5, -1e5, 0.4]])
    assert lines_of(rows, DECIMALS).decode().splitlines() == [
        "0.000000,-9.80665,7.",
        "0.000000,0.00000,-12.",
        "12.500000,-100000.00000,0.",
    ]


def test_large_numbers_keep_all_their_digits() -> None:
    rows = np.array([[1.7e9 + 1 / 64, 123456.78901, 1e15]])
    assert (
        lines_of(rows, DECIMALS)
        == b"1700000000.015625,123456.78901,1000000000000000.\n"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e15])
def test_what_is_no_figure_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not finite, or too large"):
        lines_of(np.array([[value, 0.0, 0.0]]), DECIMALS)
