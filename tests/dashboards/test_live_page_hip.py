"""A runner who wears only a hip sensor, on the live page."""

import pytest

from tests.dashboards.wall import Wall

NOTHING = {"asi_pct": None, "ci_low": None, "ci_high": None}
SILENT_FEET = {"contact_left_ms": None, "contact_right_ms": None}


@pytest.mark.parametrize(
    ("note", "says"),
    [
        (
            "hip only: no left against right without shoe sensors",
            "no left against right without shoe sensors",
        ),
        ("hip only: sampling rate too low", "sampling rate too low"),
    ],
)
def test_a_hip_alone_is_called_hip_only_and_never_one_foot(
    wall: Wall, note: str, says: str
) -> None:
    changes = {**NOTHING, **SILENT_FEET, "state": "one_foot", "note": note}
    wall.send("ana", cadence_spm=176.0, **changes)
    tile = wall.open().locator("article").first
    assert tile.locator(".state-word").inner_text() == "hip only"
    told = " ".join(tile.locator(".value").inner_text().split())
    assert says in told
    assert "foot" not in told
    assert "176" in tile.inner_text()
