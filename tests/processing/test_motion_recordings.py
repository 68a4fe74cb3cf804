"""Angles and stride length on real runners; skipped where the recordings are not.

RBDS: virtual shoe sensors of 13 treadmill runners (3.5 m/s here) with angles from
markers. PyShoe: a real sensor on one runner's right shoe, with Vicon. Limits are the
targets of the issue; events and axes are found, nothing is taken from the truth.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from collector.recording import read_recording
from contract.model import FloatArray, Slot
from processing.contacts import StepMotion
from processing.settings import MotionSettings, Settings
from processing.shoe.bout import RunningFilter
from processing.shoe.calibration import calibrate
from processing.shoe.events import FootMemory, ShoeEventFinder
from processing.shoe.motion import (
    ContactTimes,
    measure_motion,
    strike_type,
)
from processing.shoe.segment import StrideCutter
from processing.shoe.stances import Stances, find_stances
from processing.shoe.windows import StrideWindows
from tests.processing.simulated_strides import FEET, SIGN

pytestmark = pytest.mark.data

RATE_HZ = 200.0
SETTINGS = Settings()
CALIBRATED_S = 26.0  # standing and some 20 s of running
SPEED_MPS = 3.5
MATCH_S = 0.06
SETTLING_S = 2.0


@dataclass(frozen=True, eq=False)
class Foot:
    """What was found in one foot's recording."""

    strides: StrideWindows
    stances: Stances
    contact: FloatArray
    motion: StepMotion


def analysed(samples: FloatArray, slot: Slot) -> Foot:
    first = samples[: int(CALIBRATED_S * RATE_HZ)]
    calibration = calibrate(first, RATE_HZ, SETTINGS.calibration)
    assert calibration is not None
    cutter = StrideCutter(RATE_HZ, SETTINGS.stride)
    running = RunningFilter(SETTINGS.stride)
    strides, _ = running.push(cutter.push(calibration.frame.apply(samples)))
    stances = find_stances(strides)
    feet = [(FootMemory.empty(SETTINGS.event), strides.count)]
    events = ShoeEventFinder(SETTINGS.event, feet).find(strides, stances)
    no = np.zeros(strides.count, bool)
    times = ContactTimes(events.initial_contact, events.toe_off, no, no)
    motion = measure_motion(strides, stances, times, SIGN[slot], MotionSettings())
    return Foot(strides, stances, strides.start + times.initial_contact, motion)


@dataclass(frozen=True, eq=False)
class Angles:
    """Strike angle and pronation excursion of matched steps [n], found and true."""

    strike: FloatArray
    true_strike: FloatArray
    excursion: FloatArray
    true_excursion: FloatArray
    speed_mps: float

    def error(self) -> tuple[float, float]:
        strike = np.nanmean(self.strike - self.true_strike)
        return float(strike), float(np.nanmean(self.excursion - self.true_excursion))


def angles(directory: Path, slot: Slot) -> Angles | None:
    """Steps of one foot of an RBDS trial; None where its angles are not known."""
    track = read_recording(directory).tracks[slot]
    with (directory / "truth.csv").open(encoding="utf-8", newline="") as file:
        lines = [r for r in csv.DictReader(file) if r["side"] == slot.name[0]]
    if not any(line["pitch_ic_deg"] for line in lines):
        return None
    names = ("t_ic", "pitch_ic_deg", "ev_excursion_deg")
    t_s, strike, excursion = (
        np.array([float(r[n] or "nan") for r in lines]) for n in names
    )
    foot = analysed(track.samples, slot)
    found_s = foot.contact / RATE_HZ + track.t_s[0]
    nearest = np.abs(found_s - t_s[:, None]).argmin(axis=1)
    keep = np.abs(found_s[nearest] - t_s) < MATCH_S
    keep &= (t_s > t_s[0] + SETTLING_S) & np.isfinite(strike)
    # Single marker glitches (README of the data).
    keep &= np.abs(strike - np.nanmedian(strike)) < 25
    at, motion = nearest[keep], foot.motion
    return Angles(
        motion.strike_angle_deg[at],
        strike[keep],
        motion.pronation_excursion_deg[at],
        excursion[keep],
        float(np.nanmedian(motion.speed_mps)),
    )


@pytest.fixture(scope="module")
def treadmill(recordings: Path) -> dict[tuple[str, Slot], Angles]:
    found = {}
    for directory in sorted((recordings / "rbds_virtual").glob("*_run35")):
        for slot in FEET:
            known = angles(directory, slot)
            if known is not None:
                found[directory.name, slot] = known
    assert len(found) == 25
    return found


def test_strike_angle_and_type(treadmill: dict[tuple[str, Slot], Angles]) -> None:
    feet = treadmill.values()
    assert np.std([f.error()[0] for f in feet], ddof=1) < 2.5
    same = [
        strike_type(found) == strike_type(true)
        for foot in feet
        for found, true in zip(foot.strike, foot.true_strike, strict=True)
        if np.isfinite(found)
    ]
    assert np.mean(same) >= 0.9


def test_pronation_excursion(treadmill: dict[tuple[str, Slot], Angles]) -> None:
    off = {key: foot.error()[1] for key, foot in treadmill.items()}
    assert np.sqrt(np.mean(np.square(list(off.values())))) < 2.0
    trials = {name for name, _ in off if {(name, s) for s in FEET} <= off.keys()}
    between = [off[n, Slot.RIGHT] - off[n, Slot.LEFT] for n in trials]
    assert np.sqrt(np.mean(np.square(between))) < 1.8


def test_the_speed_is_that_of_the_belt(
    treadmill: dict[tuple[str, Slot], Angles],
) -> None:
    share = np.array([foot.speed_mps / SPEED_MPS - 1 for foot in treadmill.values()])
    assert abs(share.mean()) < 0.02
    assert np.abs(share).max() < 0.05


def test_most_strides_of_a_treadmill_run_have_angles(
    treadmill: dict[tuple[str, Slot], Angles],
) -> None:
    known = [np.isfinite(foot.strike).mean() for foot in treadmill.values()]
    assert np.mean(known) > 0.98


def test_stride_length_of_a_real_shoe_against_vicon(recordings: Path) -> None:
    directory = recordings / "pyshoe_vicon"
    with (directory / "index.csv").open(encoding="utf-8", newline="") as file:
        runs = [r["trial"] for r in csv.DictReader(file) if r["kind_guess"] == "run"]
    shares = []
    for path in sorted(directory.glob("*.npz")):
        if path.stem not in runs:
            continue
        with np.load(path) as trial:
            samples, place = np.hstack([trial["acc"], trial["gyr"]]), trial["pos"]
        foot = analysed(samples, Slot.RIGHT)
        begin = foot.strides.start + foot.stances.midstance
        end = foot.strides.start + foot.stances.next_midstance
        known = np.isfinite(foot.motion.stride_length_m) & (end < len(place))
        way = place[end[known], :2] - place[begin[known], :2]
        true_m = np.hypot(way[:, 0], way[:, 1])
        shares.append(foot.motion.stride_length_m[known] / true_m - 1)
    assert len(shares) == 8
    joined = np.concatenate(shares)
    assert len(joined) > 150
    assert np.median(np.abs(joined)) < 0.03
