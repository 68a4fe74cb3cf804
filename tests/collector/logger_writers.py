"""Files as other loggers write them, made from samples in SI; see captures/loggers.

The shapes are those that `collector.presets` names the sources of. Run as a program, it
writes the examples again: ``python -m tests.collector.logger_writers``.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from contract.model import FloatArray

EXAMPLES = Path(__file__).resolve().parents[1] / "captures" / "loggers"
RATE_HZ = 60.0
BEGIN_NS = 1_763_000_000_000_000_000
"""2025-11-13T02:13:20Z."""
_G_MPS2 = 9.80665
_DEG = 180 / np.pi


def samples(n: int = 60) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Times, acceleration and angular rate [n, 3] of something that swings."""
    t_s: FloatArray = np.arange(n) / RATE_HZ
    swing = 2 * np.pi * t_s
    acc = [3 * np.sin(swing), np.full(n, 1.5), 9.7 + 5 * np.cos(swing)]
    gyro = [6 * np.sin(swing), np.full(n, -0.5), 2 * np.cos(2 * swing)]
    return t_s, np.column_stack(acc), np.column_stack(gyro)


def phyphox(
    folder: Path, t_s: FloatArray, acc: FloatArray, gyro: FloatArray, point: str = "."
) -> None:
    """Two files; the gyroscope has times of its own, and one row less."""
    separator = "," if point == "." else ";"
    later_s = t_s[:-1] + 0.3 * (t_s[1] - t_s[0])
    halves = (
        ("Accelerometer", "Acceleration {} (m/s^2)", t_s, acc),
        ("Gyroscope", "Gyroscope {} (rad/s)", later_s, _at(later_s, t_s, gyro)),
    )
    for name, column, times, values in halves:
        header = ['"Time (s)"', *(f'"{column.format(axis)}"' for axis in "xyz")]
        rows = [
            separator.join(f"{v:.9E}".replace(".", point) for v in (t, *row))
            for t, row in zip(times, values, strict=True)
        ]
        padded = separator.join([*["NaN"] * 4])
        _write(folder / f"{name}.csv", [separator.join(header), *rows, padded])
    _write(folder / "meta" / "device.csv", ['"property","value"', '"version","1.2.0"'])


def sensor_logger(
    folder: Path, t_s: FloatArray, acc: FloatArray, gyro: FloatArray, platform: str
) -> None:
    """Android has TotalAcceleration; iOS only its parts, with the other sign."""
    gravity = np.tile([0.0, 0.0, _G_MPS2], (len(t_s), 1))
    sign = -1.0 if platform == "ios" else 1.0
    files = {
        "Accelerometer": sign * (acc - gravity),
        "Gravity": sign * gravity,
        "Gyroscope": gyro,
        "Magnetometer": gyro * 5,
    }
    if platform == "android":
        files["TotalAcceleration"] = acc
    for name, values in files.items():
        rows = [
            f"{BEGIN_NS + round(t * 1e9)},{t:.6f},{z:.9f},{y:.9f},{x:.9f}"
            for t, (x, y, z) in zip(t_s, values, strict=True)
        ]
        _write(folder / f"{name}.csv", ["time,seconds_elapsed,z,y,x", *rows])
    header = "version,device name,recording epoch time,platform,standardisation"
    told = f"3,phone,{BEGIN_NS // 1_000_000},{platform},false"
    _write(folder / "Metadata.csv", [header, told])


def movesense(path: Path, t_s: FloatArray, acc: FloatArray, gyro: FloatArray) -> None:
    """IMU6: the header names a magnetometer too, the rows have none."""
    header = "Timestamp,AccX,AccY,AccZ,GyroX,GyroY,GyroZ,MagnX,MagnY,MagnZ"
    rows = [
        f"{round(12_345 + t * 1000)},{_six(a)},{_six(g * _DEG)}"
        for t, a, g in zip(t_s, acc, gyro, strict=True)
    ]
    _write(path, [header, *rows])


def movesense_two(
    folder: Path, t_s: FloatArray, acc: FloatArray, gyro: FloatArray
) -> None:
    """Two subscriptions at once, a file each; every row ends in a comma."""
    for name, unit, values in (
        ("LinearAcceleration", "m/s^2", acc),
        ("AngularVelocity", "degree per second", gyro * _DEG),
    ):
        axes = ",".join(f"{axis}: ({unit})" for axis in "XYZ")
        rows = [
            f"{round(12_345 + t * 1000)},{_six(v)}, "
            for t, v in zip(t_s, values, strict=True)
        ]
        _write(folder / f"{name}.csv", [f"Timestamp (ms),{axes}", *rows])


def xsens_dot(
    path: Path,
    t_s: FloatArray,
    acc: FloatArray,
    gyro: FloatArray,
    *,
    begin_us: int = 2**32 - 300_000,
    sync: str = "Synced",
) -> None:
    """Header lines, then rate quantities; the counter of time begins anew in it."""
    told = [
        "DeviceTag:,Xsens DOT",
        "FirmwareVersion:,2.1.0",
        f"SyncStatus:,{sync}",
        "OutputRate:,60Hz",
        "Measurement Mode:,Rate quantities",
    ]
    header = "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z"
    rows = [
        f"{k},{(begin_us + round(t * 1e6)) % 2**32},{_six(a)},{_six(g * _DEG)}"
        for k, (t, a, g) in enumerate(zip(t_s, acc, gyro, strict=True))
    ]
    padded = [f"{line},,,,,," for line in told]
    _write(path, ["sep=,", *padded, "", header, *rows])


def unknown(path: Path, t_s: FloatArray, acc: FloatArray, gyro: FloatArray) -> None:
    """A logger that nobody knows: g and deg/s, told by one header and by none."""
    header = "sample;time (ms);acc_x;acc_y;acc_z;Gyro X [deg/s];Gyro Y [deg/s];Gyro Z"
    rows = [
        f"{k};{t * 1000:.3f};{_six(a / _G_MPS2, ';')};{_six(g * _DEG, ';')}".replace(
            ".", ","
        )
        for k, (t, a, g) in enumerate(zip(t_s, acc, gyro, strict=True))
    ]
    _write(path, [header, *rows])


def write_examples(folder: Path) -> None:
    """Write one example of each."""
    phyphox(folder / "phyphox", *samples())
    phyphox(folder / "phyphox-decimal-comma", *samples(), point=",")
    sensor_logger(folder / "sensor-logger-android", *samples(), "android")
    sensor_logger(folder / "sensor-logger-ios", *samples(), "ios")
    movesense(folder / "movesense-imu6" / "imu6.csv", *samples())
    movesense_two(folder / "movesense-two", *samples())
    xsens_dot(folder / "xsens-dot" / "dot.csv", *samples())
    unknown(folder / "generic" / "logger.csv", *samples())


def _at(wanted_s: FloatArray, t_s: FloatArray, values: FloatArray) -> FloatArray:
    return np.column_stack([np.interp(wanted_s, t_s, column) for column in values.T])


def _six(values: Sequence[float] | FloatArray, separator: str = ",") -> str:
    return separator.join(f"{value:.6f}" for value in values)


def _write(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_examples(EXAMPLES)
