"""Samples as lines of CSV, many at once instead of one by one.

An hour of one shoe at 200 Hz is 720 000 lines of seven figures: formatting each by
itself takes longer than analysing them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contract.model import FloatArray

_MOST_DIGITS = 18
"""An int64 holds any number of 18 digits."""

_Bytes = NDArray[np.uint8]
_Flags = NDArray[np.bool_]


def lines_of(rows: FloatArray, decimals: Sequence[int]) -> bytes:
    """Give rows [N, columns] as lines; each column has its number of decimals.

    The figures are those of ``%.5f`` (or as many decimals as are wanted), where 0 has
    no sign. Raises `ValueError` for a figure that is not finite, or is too large.
    """
    ends = b"," * (len(decimals) - 1) + b"\n"
    text: list[_Bytes] = []
    kept: list[_Flags] = []
    for column, places, end in zip(rows.T, decimals, ends, strict=True):
        figures, shown = _figures(column, places)
        text += [figures, np.full((len(rows), 1), end, np.uint8)]
        kept += [shown, np.ones((len(rows), 1), np.bool_)]
    return np.hstack(text)[np.hstack(kept)].tobytes()


def _figures(column: FloatArray, places: int) -> tuple[_Bytes, _Flags]:
    """Give the characters of each number, as wide as the widest, and which it shows."""
    scaled = np.rint(column * 10.0**places)
    if not np.all(np.abs(scaled) < 10.0**_MOST_DIGITS):
        raise ValueError("a figure is not finite, or too large to be written")
    number = np.abs(scaled).astype(np.int64)
    wide = max(places + 1, len(str(int(number.max(initial=0)))))
    if number.max(initial=0) < 2**31:
        number = number.astype(np.int32)  # half the time
    width = wide + 2  # the sign, and the point
    text = np.empty((len(column), width), np.uint8)
    shown = np.ones((len(column), width), np.bool_)
    text[:, 0], shown[:, 0] = ord("-"), scaled < 0
    text[:, width - places - 1] = ord(".")
    rest = number
    for digit in range(wide):
        at = width - 1 - digit - (digit >= places)
        whole = rest // 10
        text[:, at] = rest - whole * 10 + ord("0")
        shown[:, at] = (rest > 0) | (digit <= places)
        rest = whole
    return text, shown
