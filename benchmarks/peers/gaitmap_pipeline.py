"""Run gaitmap's full pipeline on one recording, by a Python that has gaitmap.

    PYTHON benchmarks/peers/gaitmap_pipeline.py SAMPLES.npz

As its documentation shows it: stride segmentation (BarthDtw), event detection (Rampp),
trajectory of each stride, temporal and spatial parameters. Prints one JSON object. This
file needs gaitmap, gaitmap_mad and pandas and nothing of treadwear.
"""

import json
import resource
import sys
import time
from importlib.metadata import version

import numpy as np

# gaitmap and pandas live in an environment of their own, unknown to the type checker.
import pandas as pd  # type: ignore[import-not-found, import-untyped, unused-ignore]
from gaitmap.event_detection import (  # type: ignore[import-not-found]
    RamppEventDetection,
)
from gaitmap.parameters import (  # type: ignore[import-not-found]
    SpatialParameterCalculation,
    TemporalParameterCalculation,
)
from gaitmap.stride_segmentation import BarthDtw  # type: ignore[import-not-found]
from gaitmap.trajectory_reconstruction import (  # type: ignore[import-not-found]
    ForwardBackwardIntegration,
    SimpleGyroIntegration,
    StrideLevelTrajectory,
)
from gaitmap.utils.coordinate_conversion import (  # type: ignore[import-not-found]
    convert_to_fbf,
)

_WARM_UP_S = 30.0
"""Its compiled parts are compiled at first use; that is not counted."""
COLUMNS = ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]


def main() -> None:
    """Time the pipeline on the file's two feet."""
    with np.load(sys.argv[1]) as arrays:
        rate_hz = float(arrays["rate_hz"])
        data = {f"{s}_sensor": _frame(arrays[s]) for s in ("left", "right")}
    warm_up = {
        name: frame[: round(_WARM_UP_S * rate_hz)] for name, frame in data.items()
    }
    _analyse(warm_up, rate_hz)
    begin = time.process_time()
    strides = _analyse(data, rate_hz)
    cpu_s = time.process_time() - begin
    figures = {
        "version": version("gaitmap"),
        "cpu_s": cpu_s,
        "strides": strides,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def _frame(samples: np.ndarray) -> pd.DataFrame:
    """Its units: m/s2 and deg/s."""
    scaled = samples * np.array([1.0] * 3 + [180 / np.pi] * 3)
    return pd.DataFrame(scaled, columns=COLUMNS)


def _analyse(data: dict[str, pd.DataFrame], rate_hz: float) -> int:
    body = convert_to_fbf(data, left_like="left_", right_like="right_")
    cut = BarthDtw().segment(data=body, sampling_rate_hz=rate_hz)
    events = RamppEventDetection().detect(
        data=body, stride_list=cut.stride_list_, sampling_rate_hz=rate_hz
    )
    found = events.min_vel_event_list_
    path = StrideLevelTrajectory(
        ori_method=SimpleGyroIntegration(), pos_method=ForwardBackwardIntegration()
    ).estimate(data=data, stride_event_list=found, sampling_rate_hz=rate_hz)
    TemporalParameterCalculation().calculate(
        stride_event_list=found, sampling_rate_hz=rate_hz
    )
    SpatialParameterCalculation().calculate(
        stride_event_list=found,
        positions=path.position_,
        orientations=path.orientation_,
        sampling_rate_hz=rate_hz,
    )
    return sum(len(strides) for strides in found.values())


if __name__ == "__main__":
    main()
