"""The run itself: whether she runs, from whichever shoe is heard; and its end."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from collector.cadence import Phase
from contract.model import ImuBatch, Slot
from tests.treadwear.spoken import Capture, refused, said
from treadwear.live_run import RunWatch

LEFT, RIGHT = Slot.LEFT, Slot.RIGHT
RATE_HZ = 200.0


def second_of(slot: Slot, at_s: int, stride_hz: float) -> ImuBatch:
    """A second of a foot that turns to and fro so many times a second."""
    t_s = at_s + np.arange(RATE_HZ) / RATE_HZ
    turning = np.maximum(0, np.sin(2 * np.pi * stride_hz * t_s)) ** 3
    counts = np.zeros((len(t_s), 6), np.int16)
    counts[:, 4] = np.rint(8000 * turning * bool(stride_hz))
    return ImuBatch(slot, 0, at_s, at_s * 10**9, 0, RATE_HZ, 0.005, 0.001, counts)


def run_for(
    watch: RunWatch, begin_s: int, seconds: int, feet: dict[Slot, float]
) -> Phase:
    """Let time pass with these feet heard, at so many strides a second each."""
    for at_s in range(begin_s, begin_s + seconds):
        for slot, stride_hz in feet.items():
            watch.see(second_of(slot, at_s, stride_hz))
        watch.look(float(at_s), live=set(feet))
    return watch.phase


def test_a_run_goes_on_with_the_foot_that_is_left() -> None:
    """At a traffic light the left sensor dies; she runs on."""
    watch = RunWatch((LEFT, RIGHT))
    assert run_for(watch, 0, 30, {LEFT: 1.4, RIGHT: 1.4}) is Phase.RUNNING
    assert run_for(watch, 30, 8, {LEFT: 0.0, RIGHT: 0.0}) is Phase.PAUSED
    assert run_for(watch, 38, 260, {RIGHT: 1.4}) is Phase.RUNNING
    assert watch.cadence_spm == pytest.approx(168, abs=2)


def test_a_run_is_noticed_by_the_right_foot_alone() -> None:
    watch = RunWatch((LEFT, RIGHT))
    assert run_for(watch, 0, 30, {RIGHT: 1.4}) is Phase.RUNNING


def test_silence_says_nothing_about_running() -> None:
    watch = RunWatch((LEFT, RIGHT))
    run_for(watch, 0, 30, {LEFT: 1.4, RIGHT: 1.4})
    assert run_for(watch, 30, 300, {}) is Phase.RUNNING
    assert watch.cadence_spm is None


def test_four_minutes_of_rest_end_a_run() -> None:
    watch = RunWatch((LEFT, RIGHT))
    run_for(watch, 0, 30, {LEFT: 1.4, RIGHT: 1.4})
    assert run_for(watch, 30, 260, {LEFT: 0.0, RIGHT: 0.0}) is Phase.STOPPED


def test_ctrl_c_before_the_first_packet_ends_with_nothing_recorded(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    where = ["--runner", "ana", "--virtual", "runner", "--data", str(tmp_path / "data")]
    assert said(capsys, "pair", *where)[0] == 0
    words = [sys.executable, "-m", "treadwear", "run", *where]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "nothing is recorded yet" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait() == 130
    assert "Stopped; nothing was recorded." in rest


def test_a_rate_that_no_sensor_reaches_is_refused(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    where = ("--runner", "ana", "--virtual", "runner", "--data", str(tmp_path / "data"))
    assert said(capsys, "pair", *where)[0] == 0
    err = refused(capsys, 2, "run", "--rate", "800", *where)
    assert "416 samples a second at most" in err


def test_a_virtual_recording_that_is_not_there_is_a_matter_of_usage(
    tmp_path: Path, capsys: Capture
) -> None:
    nowhere = str(tmp_path / "nowhere")
    where = ("--runner", "ana", "--virtual", nowhere, "--data", str(tmp_path))
    assert "no such directory" in refused(capsys, 2, "pair", *where)
