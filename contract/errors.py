"""Broken promises, one tree. Bad data is not here: a rejected step is a value.

    TreadwearError                 exit code 1
      UsageError                   2   the command line or a setting asks the impossible
      NoSensorError                3   nothing to listen to
        BluetoothError             3   no Bluetooth that sensors could be found with
      QualityError                 4   there is data, but not enough good data
      FrameError                       bytes that are no wire frame (carries its reason)
      TopicError                       a topic or an id outside the contract
      PayloadError                     JSON of the wrong shape
      BusError                         the message bus refused or is away
      BrokerError                      no broker could be started or reached
      RecordingError                   a recording directory or file that cannot be read
      ProfileError                     a sensor profile that cannot be used
      SensorError                      a sensor refused, is silent, or is another one
      PacketError                      bytes that break a sensor's protocol
      SpoolError                       the collector's disk buffer cannot be used
      StoreError                       the database cannot be used

Every error says what happened, why, and the next command or step.
"""

from enum import StrEnum


class TreadwearError(Exception):
    """Something promised could not be kept.

    Parameters
    ----------
    what : str
        What happened, one sentence without a full stop.
    why : str
        The cause, as far as it is known; may be empty.
    next_step : str
        What the reader can do now, best a command; may be empty.
    """

    exit_code = 1

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step

    def __str__(self) -> str:
        parts = [self.what]
        if self.why:
            parts.append(f"because {self.why}")
        text = " ".join(parts)
        return f"{text}. {self.next_step}" if self.next_step else text


class UsageError(TreadwearError):
    """The command line or a setting asks for something impossible."""

    exit_code = 2


class NoSensorError(TreadwearError):
    """There is nothing to listen to."""

    exit_code = 3


class QualityError(TreadwearError):
    """There is data, but not enough good data for an answer."""

    exit_code = 4


class FrameFault(StrEnum):
    """Why bytes are not a wire frame."""

    TOO_SHORT = "too short"
    MAGIC = "wrong magic"
    VERSION = "other version"
    LENGTH = "length does not fit the sample count"
    CHECKSUM = "checksum does not fit"
    EMPTY = "no samples"
    SCALE = "scale is not a sensible number"
    RATE = "rate outside 10 to 2000 Hz"
    SLOT = "unknown slot"


class FrameError(TreadwearError):
    """Bytes that are no wire frame; ``fault`` says in which way."""

    def __init__(self, fault: FrameFault, why: str = "") -> None:
        super().__init__(f"not a wire frame: {fault}", why)
        self.fault = fault


class TopicError(TreadwearError):
    """A topic or an id outside the contract."""


class PayloadError(TreadwearError):
    """JSON of the wrong shape."""


class BusError(TreadwearError):
    """The message bus refused a message or is away."""


class BrokerError(TreadwearError):
    """No broker could be started or reached."""


class RecordingError(TreadwearError):
    """A recording directory or file that cannot be read."""


class ProfileError(TreadwearError):
    """A sensor profile that cannot be used."""


class BluetoothError(NoSensorError):
    """There is no Bluetooth that sensors could be found with."""


class SensorError(TreadwearError):
    """A sensor refused what was asked, does not answer, or is not the right one."""


class PacketError(TreadwearError):
    """Bytes from a sensor that break its protocol."""


class SpoolError(TreadwearError):
    """The collector's disk buffer cannot be used."""


class StoreError(TreadwearError):
    """The database cannot be used."""


class InfluxError(TreadwearError):
    """InfluxDB is away, refuses us, or refuses what it was sent."""
