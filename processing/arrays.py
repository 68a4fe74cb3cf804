"""Kinds of arrays that the stages hand on; apart, so that naming one loads no scipy."""

import numpy as np
from numpy.typing import NDArray

from contract.model import FloatArray

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
NsArray = NDArray[np.int64]
Rate = float | FloatArray
"""Samples per second: of all rows, or of each [S] where sensors stand side by side."""
