"""From the sensor's axes to the foot's: x heel to toe, y left, z up from the sole.

Both feet use the same frame; nothing here mirrors a foot. Turning samples is written
out element by element: a matrix product may give other last bits for other lengths, and
results must not depend on how many samples come at a time.
"""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class FootFrame:
    """How a sensor sits on the foot.

    Attributes
    ----------
    axes : [3, 3]
        Rows are the foot's x, y, z in the sensor's axes.
    gyro_bias_rps : [3]
        Angular rate that the sensor reports at rest, in its own axes.
    """

    axes: FloatArray
    gyro_bias_rps: FloatArray

    def apply(self, samples: FloatArray) -> FloatArray:
        """Turn samples [N, 6] into the foot frame and take the gyro bias off."""
        out = np.empty_like(samples)
        for block in (0, 3):
            x, y, z = (samples[:, block + k] for k in range(3))
            if block:
                x, y, z = (
                    v - b for v, b in zip((x, y, z), self.gyro_bias_rps, strict=True)
                )
            for row, axis in enumerate(self.axes):
                out[:, block + row] = axis[0] * x + axis[1] * y + axis[2] * z
        return out


def foot_axes(lateral: FloatArray, up: FloatArray) -> FloatArray:
    """Rows x, y, z of a right-handed foot frame from its y and z."""
    return np.stack([np.cross(lateral, up), lateral, up])


def unit(vector: FloatArray) -> FloatArray:
    """Vector of length one; zero stays zero."""
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
