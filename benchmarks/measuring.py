"""Everything that `benchmarks.accuracy` measures, gathered from the data sets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.datasets import (
    Figures,
    pyshoe,
    rbds,
    rbds_hip,
    robustness,
    sacral,
    sensortile,
    walking,
    wmf,
)

Tell = Callable[[str], None]

DIRECTORIES = {
    "rbds": "rbds_virtual",
    "hip": "rbds_virtual",
    "sacral": "sacral_grf",
    "pyshoe": "pyshoe_vicon",
    "wmf": "wearable_my_foot",
    "sensortile": "pronation_sensortile",
    "walking": "gaitmap_walk",
}
ROBUSTNESS, SIMULATED, SPEED = "robustness", "simulated", "speed"
NAMES = (*DIRECTORIES, ROBUSTNESS, SIMULATED, SPEED)


@dataclass(slots=True)
class Measured:
    """Figures by sheet, and what tables by condition and plots are made of."""

    figures: dict[str, Figures] = field(default_factory=dict)
    trials: list[rbds.TrialScore] = field(default_factory=list)
    hip: list[rbds_hip.HipScore] = field(default_factory=list)
    runs: list[pyshoe.RunScore] = field(default_factory=list)
    changed: dict[str, Figures] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    runners: int = 0


def measure(data: Path, wanted: tuple[str, ...], tell: Tell) -> Measured:
    """Measure the data sets asked for; those that are not there are named."""
    found = Measured()
    for name in wanted:
        if name not in DIRECTORIES:
            continue
        directory = data / DIRECTORIES[name]
        if not directory.is_dir():
            found.missing.append(DIRECTORIES[name])
            continue
        tell(name)
        _measure_one(found, name, data, directory)
    if ROBUSTNESS in wanted and (data / DIRECTORIES["rbds"]).is_dir():
        found.changed = robustness.figures(data / DIRECTORIES["rbds"], tell)
    return found


def _measure_one(found: Measured, name: str, data: Path, directory: Path) -> None:
    simple: dict[str, Callable[[Path], Figures]] = {
        "sacral": sacral.figures,
        "wmf": wmf.figures,
        "sensortile": sensortile.figures,
    }
    if name == "rbds":
        found.figures[name], found.trials = rbds.figures(directory)
    elif name == "hip":
        found.figures[name], found.hip = rbds_hip.figures(directory)
    elif name == "pyshoe":
        found.figures[name], found.runs = pyshoe.figures(directory)
    elif name == "walking":
        found.figures[name] = walking.figures(data)
    else:
        found.figures[name] = simple[name](directory)
