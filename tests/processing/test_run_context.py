"""What else differs between two sides of a comparison, and what that does to it."""

from dataclasses import replace

import pytest
from scipy.spatial.transform import Rotation

from contract.messages import SessionMeta
from contract.model import Slot
from contract.people import Mount
from processing.compare import ComparedRun, compare_runs
from tests.processing.compared import Truth
from tests.processing.test_compare import ROLL, found, pair


def mounted(run: ComparedRun, turn_deg: float) -> ComparedRun:
    """Tell that the left sensor sat turned by an angle."""
    axes = Rotation.from_euler("z", turn_deg, degrees=True).as_matrix().ravel()
    mount = Mount(
        time_ns=run.about.time_ns, shoe="blue", slot="left", serial="",
        axes=tuple(map(float, axes)), gyro_bias_rps=(0.0, 0.0, 0.0),
        axis_spread_deg=2.0, strides=400,
    )  # fmt: skip
    return replace(run, mounts={Slot.LEFT: mount})


@pytest.mark.parametrize(("turn_deg", "is_anew"), [(4.0, False), (35.0, True)])
def test_a_sensor_that_sat_differently_cancels_no_longer(
    turn_deg: float, is_anew: bool
) -> None:
    before, after = pair(Truth(), Truth(day=3))
    told = compare_runs([mounted(before[0], 0.0)], [mounted(after[0], turn_deg)])
    seat = next(c for c in told.circumstances if c.name == "seat of the sensors")
    assert (found(told, ROLL).systematic_half > 4) == is_anew
    assert ("seated anew" in seat.warning) == is_anew
    assert seat.after == f"turned by up to {turn_deg:.0f}\N{DEGREE SIGN}"


def test_other_ground_other_bends_and_other_settings_are_told() -> None:
    before, after = pair(Truth(), Truth(day=3))

    def told_of(run: ComparedRun, surface: str, bends: str, tuned: str) -> ComparedRun:
        meta = SessionMeta(
            runner="ana", session=run.about.session, origin_ns=0, surface=surface,
            bends=bends, unverified="nobody checked",
        )  # fmt: skip
        about = replace(run.about, settings_hash=tuned)
        return replace(run, meta=meta, about=about)

    sides = (
        told_of(before[0], "road", "left", "a"),
        told_of(after[0], "track", "right", "b"),
    )
    told = compare_runs([sides[0]], [sides[1]])
    warnings = {c.name: c.warning for c in told.circumstances}
    assert warnings["surface"] == "The surface differed."
    assert warnings["bends"] == "The bends differed."
    assert "other settings" in warnings["settings"]
    assert "not checked" in warnings["fit checked"]
