"""What the files of known loggers look like: columns, units, clocks, and who says so.

No file of a real device was at hand for any of them: all of it is from what the makers
publish, and `Preset.told_by` says where. Gravity and the speed of a running foot are
checked when a file is read, so a wrong unit is noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contract.errors import UsageError

Clock = Literal["common", "rough", "own"]
"""common: all sensors count on one clock. rough: each phone's Unix time, good to some
ten milliseconds. own: each counts from a zero of its own."""


@dataclass(frozen=True, slots=True)
class Part:
    """Columns of one kind: time and three axes.

    ``file_word`` must be in the file's name (small letters), where headers are alike.
    ``needs`` is the word of a file that must be added, value by value.
    """

    t: str
    xyz: tuple[str, str, str]
    file_word: str = ""
    needs: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Time first."""
        return (self.t, *self.xyz)


@dataclass(frozen=True, slots=True)
class Preset:
    """One logger.

    Attributes
    ----------
    word, title : str
        What it is called on the command line, and by people.
    acc, gyro : tuple of Part
        Where acceleration with gravity and angular rate are; the first found counts.
        Both may be in one file.
    acc_unit, gyro_unit, time_unit : str
        As in `contract.units`.
    clock : Clock
        What the times of several sensors have in common.
    wraps_at : float or None
        Where the counter of time begins anew, in its unit.
    told_by : str
        Where this is published.
    hint : str
        What to do when a column is missing.
    trace : str
        Pattern of names that only this logger writes, in whatever language; "" if
        there is none.
    """

    word: str
    title: str
    acc: tuple[Part, ...]
    gyro: tuple[Part, ...]
    acc_unit: str
    gyro_unit: str
    time_unit: str
    clock: Clock
    told_by: str
    hint: str
    wraps_at: float | None = None
    trace: str = ""

    @property
    def units(self) -> str:
        """What it reads them as, in words."""
        return (
            f"acceleration in {self.acc_unit}, angular rate in {self.gyro_unit}, time"
            f" in {self.time_unit}"
        )


def _axes(pattern: str) -> tuple[str, str, str]:
    x, y, z = (pattern.format(axis) for axis in "xyz")
    return x, y, z


def _capitals(pattern: str) -> tuple[str, str, str]:
    x, y, z = (pattern.format(axis) for axis in "XYZ")
    return x, y, z


XSENS_DOT = Preset(
    word="xsens-dot",
    title="Xsens DOT (Movella DOT)",
    acc=(Part("SampleTimeFine", _capitals("Acc_{}")),),
    gyro=(Part("SampleTimeFine", _capitals("Gyr_{}")),),
    acc_unit="m/s2",
    gyro_unit="dps",
    time_unit="us",
    clock="common",
    wraps_at=2.0**32,
    told_by="Movella DOT user manual XD0502P (rate quantities, timestamp of 32 bits in"
    " microseconds) and the header lines of the Xsens DOT SDK's logger",
    hint="Choose a payload with rate quantities (Acc and Gyr), such as custom mode 5:"
    " free acceleration has no gravity in it.",
)

MOVESENSE = Preset(
    word="movesense",
    title="Movesense Showcase",
    acc=(
        Part("Timestamp", _capitals("Acc{}")),
        Part("Timestamp (ms)", _capitals("{}: (m/s^2)")),
    ),
    gyro=(
        Part("Timestamp", _capitals("Gyro{}")),
        Part("Timestamp (ms)", _capitals("{}: (degree per second)")),
    ),
    acc_unit="m/s2",
    gyro_unit="dps",
    time_unit="ms",
    clock="own",
    told_by="the Showcase app's source (movesense-mobile-lib): IMU6/IMU9 and the"
    " subscriptions to linear acceleration and angular velocity; units: Movesense API"
    " Meas/Acc, Meas/Gyro",
    hint="Log IMU6 or IMU9, or linear acceleration and angular velocity at once.",
)

PHYPHOX = Preset(
    word="phyphox",
    title="phyphox",
    acc=(Part("Time (s)", _axes("Acceleration {} (m/s^2)")),),
    gyro=(Part("Time (s)", _axes("Gyroscope {} (rad/s)")),),
    acc_unit="m/s2",
    gyro_unit="rad/s",
    time_unit="s",
    clock="own",
    told_by="phyphox-android DataExport.java (separators, decimal comma, quotes, NaN"
    " for missing values) and the export sets of phyphox-experiments",
    hint="Record one experiment with 'Acceleration (with g)' and 'Gyroscope', in"
    " English, and take its ZIP of CSV files whole.",
    # "Beschleunigung x (m/s^2)": the app translates the word and keeps the rest.
    trace=r".+ [xyz] \((m/s\^2|m/s²|rad/s)\)",
)

SENSOR_LOGGER = Preset(
    word="sensor-logger",
    title="Sensor Logger",
    acc=(
        Part("time", _axes("{}"), "totalacceleration"),
        Part("time", _axes("{}"), "accelerometer", needs="gravity"),
    ),
    gyro=(Part("time", _axes("{}"), "gyroscope"),),
    acc_unit="m/s2",
    gyro_unit="rad/s",
    time_unit="ns",
    clock="rough",
    told_by="tszheichoi/awesome-sensor-logger UNITS.md and CROSSPLATFORM.md (without"
    " 'Standardise Units & Frames' iOS has the other sign)",
    hint="Log Gyroscope and Total Acceleration (Android), or Accelerometer and Gravity"
    " (iOS), and take the ZIP whole.",
)

PRESETS: Mapping[str, Preset] = {
    preset.word: preset for preset in (PHYPHOX, SENSOR_LOGGER, MOVESENSE, XSENS_DOT)
}
"""By their words."""

GENERIC = "generic"
"""Word for a logger that is none of these: one file per sensor, columns by name."""

WORDS = (*PRESETS, GENERIC)
"""What --preset may be."""


def preset_of(word: str) -> Preset | None:
    """Preset of that word, None for the generic one; `UsageError` for another."""
    if word not in WORDS:
        why = f"it knows {', '.join(WORDS)}"
        raise UsageError(f"--preset does not know {word!r}", why, "Choose one of them.")
    return PRESETS.get(word)
