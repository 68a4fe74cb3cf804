"""The messages of a FIT activity, put together by fit-tool (extra ``fit``).

fit-tool knows the file's frame: header, definitions, local numbers, checksum. The one
record a second is packed beforehand, for setting its fields one by one takes a second
for every two thousand records.

Seconds that are left out are a pause: the timer stops before and starts after it, and
``total_timer_time`` goes without it, as watches do.
"""

import math
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
from fit_tool.base_type import BaseType
from fit_tool.data_message import DataMessage
from fit_tool.definition_message import DefinitionMessage
from fit_tool.developer_field_definition import DeveloperFieldDefinition
from fit_tool.field_definition import FieldDefinition
from fit_tool.fit_file_builder import FitFileBuilder
from fit_tool.profile.messages.activity_message import ActivityMessage
from fit_tool.profile.messages.developer_data_id_message import DeveloperDataIdMessage
from fit_tool.profile.messages.event_message import EventMessage
from fit_tool.profile.messages.field_description_message import FieldDescriptionMessage
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.lap_message import LapMessage
from fit_tool.profile.messages.record_message import RecordMessage
from fit_tool.profile.messages.session_message import SessionMessage
from fit_tool.profile.profile_type import (
    Activity as ActivityType,
)
from fit_tool.profile.profile_type import (
    Event,
    EventType,
    FileType,
    Manufacturer,
    Sport,
)
from numpy.typing import NDArray

from contract.model import FloatArray
from contract.units import NS_PER_S
from dashboards.export.fit_fields import (
    TIMESTAMP,
    Activity,
    Own,
    packed_records,
    per_leg,
    written,
)

APPLICATION_ID = bytes.fromhex("7472656164776561722d666974000001")
"""Tells our developer fields from others'; sixteen bytes, chosen once."""
APPLICATION_VERSION = 1
_DEVELOPER = 0
_RECORD_LOCAL_ID = 1
_FLOAT_BYTES = 4
_BASE_TYPES = {
    "u1": BaseType.UINT8,
    "<u2": BaseType.UINT16,
    "<u4": BaseType.UINT32,
    "<i4": BaseType.SINT32,
}
_NS_PER_MS = 1_000_000


class _Second(DataMessage):  # type: ignore[misc]  # fit-tool has no types
    """A record whose bytes are known already."""

    def __init__(self, layout: DefinitionMessage, packed: bytes) -> None:
        super().__init__(
            local_id=layout.local_id,
            global_id=layout.global_id,
            name=RecordMessage.NAME,
            definition_message=layout,
        )
        self._packed = packed

    def to_bytes(self) -> bytes:
        """Give the bytes."""
        return self._packed


def fit_bytes(activity: Activity) -> bytes:
    """Give the whole file."""
    figures = per_leg(activity.figures)
    builder = FitFileBuilder(auto_define=True)
    builder.add(_file_id(activity))
    builder.add(_developer())
    for own in written(figures)[1]:
        builder.add(_description(own))
    builder.add(_timer(activity.t_ns[0], EventType.START))
    builder.add_all(list(_timed(activity, figures)))
    builder.add(_timer(activity.t_ns[-1], EventType.STOP_ALL))
    builder.add(_summed_up(LapMessage(), activity, figures))
    builder.add(_session(activity, figures))
    builder.add(_activity(activity))
    packed: bytes = builder.build_bytes()
    return packed


def _timed(
    activity: Activity, figures: Mapping[str, FloatArray]
) -> Iterator[DataMessage]:
    """Every second, and the timer's stop and start around every pause."""
    ends = set(_before_pauses(activity).tolist())
    for place, second in enumerate(_seconds(activity, figures)):
        yield second
        if place in ends:
            yield _timer(activity.t_ns[place], EventType.STOP_ALL)
            yield _timer(activity.t_ns[place + 1], EventType.START)


def _before_pauses(activity: Activity) -> NDArray[np.intp]:
    """Where the last second before each pause stands."""
    return np.flatnonzero(np.diff(activity.t_ns) > NS_PER_S)


def _timer_s(activity: Activity) -> float:
    """Time from start to stop, less the pauses."""
    passed_ns = np.diff(activity.t_ns)
    return float(passed_ns.sum() - passed_ns[_before_pauses(activity)].sum()) / NS_PER_S


def _seconds(
    activity: Activity, figures: Mapping[str, FloatArray]
) -> Iterator[DataMessage]:
    layout = _layout(figures)
    for record in packed_records(activity, figures):
        yield _Second(layout, record.tobytes())


def _layout(figures: Mapping[str, FloatArray]) -> DefinitionMessage:
    native, own = written(figures)
    stamp = FieldDefinition(TIMESTAMP, BaseType.UINT32.size, BaseType.UINT32)
    fields = [
        FieldDefinition(n.number, np.dtype(n.dtype).itemsize, _BASE_TYPES[n.dtype])
        for n in native
    ]
    return DefinitionMessage(
        local_id=_RECORD_LOCAL_ID,
        global_id=RecordMessage.ID,
        field_definitions=[stamp, *fields],
        developer_field_definitions=[
            DeveloperFieldDefinition(o.number, _FLOAT_BYTES, _DEVELOPER) for o in own
        ],
    )


def _file_id(activity: Activity) -> FileIdMessage:
    message = FileIdMessage()
    message.type = FileType.ACTIVITY
    message.manufacturer = Manufacturer.DEVELOPMENT.value
    message.product = 0
    message.time_created = _milliseconds(activity.t_ns[0])
    # Zero would say "unknown".
    message.serial_number = zlib.crc32(activity.session.encode()) or 1
    return message


def _developer() -> DeveloperDataIdMessage:
    message = DeveloperDataIdMessage()
    message.application_id = list(APPLICATION_ID)
    message.developer_data_index = _DEVELOPER
    message.application_version = APPLICATION_VERSION
    return message


def _description(own: Own) -> FieldDescriptionMessage:
    message = FieldDescriptionMessage()
    message.developer_data_index = _DEVELOPER
    message.field_definition_number = own.number
    message.fit_base_type_id = BaseType.FLOAT32.value
    message.field_name = own.name
    message.units = own.units
    return message


def _timer(t_ns: np.int64, kind: EventType) -> EventMessage:
    message = EventMessage()
    message.event = Event.TIMER
    message.event_type = kind
    message.timestamp = _milliseconds(t_ns)
    return message


def _session(activity: Activity, figures: Mapping[str, FloatArray]) -> SessionMessage:
    message = _summed_up(SessionMessage(), activity, figures)
    message.sport = Sport.RUNNING
    message.first_lap_index = 0
    message.num_laps = 1
    return message


def _summed_up(
    message: LapMessage | SessionMessage,
    activity: Activity,
    figures: Mapping[str, FloatArray],
) -> LapMessage | SessionMessage:
    """Fill in times, distance and means, which laps and sessions name alike."""
    begin, end = activity.t_ns[0], activity.t_ns[-1]
    message.timestamp = _milliseconds(end)
    message.start_time = _milliseconds(begin)
    message.total_elapsed_time = float(end - begin) / NS_PER_S
    message.total_timer_time = _timer_s(activity)
    means = _means(figures)
    if "distance_m" in figures:
        message.total_distance = float(figures["distance_m"][-1])
        means |= _mean_speed(message.total_distance, message.total_timer_time)
    for name, value in means.items():
        setattr(message, name, value)
    return message


def _mean_speed(distance_m: float, timer_s: float) -> dict[str, float]:
    """Distance over moving time, as every program that reads both works it out."""
    return {"avg_speed": distance_m / timer_s} if timer_s > 0 else {}


def _means(figures: Mapping[str, FloatArray]) -> dict[str, float]:
    """Means that the profile has a field for, in its units."""
    wanted = {
        "avg_speed": ("speed_mps", 1.0),
        "avg_stance_time": ("contact_time_s", 1000.0),
        "avg_stance_time_percent": ("duty_factor", 100.0),
        "avg_stance_time_balance": ("left_share_pct", 1.0),
        "avg_step_length": ("step_length_m", 1000.0),
        "avg_vertical_oscillation": ("vertical_oscillation_m", 1000.0),
    }
    found = {
        name: float(np.nanmean(figures[figure])) * factor
        for name, (figure, factor) in wanted.items()
        if figure in figures
    }
    return found | _mean_rates(figures)


def _mean_rates(figures: Mapping[str, FloatArray]) -> dict[str, float]:
    """Means of what is told in whole numbers: cadence of a leg, heart rate."""
    found: dict[str, float] = {}
    if "cadence_spm" in figures:
        rpm = float(np.nanmean(figures["cadence_spm"])) / 2
        found["avg_cadence"] = math.floor(rpm)
        found["avg_fractional_cadence"] = rpm - math.floor(rpm)
    if "heart_rate_bpm" in figures:
        found["avg_heart_rate"] = round(float(np.nanmean(figures["heart_rate_bpm"])))
        found["max_heart_rate"] = round(float(np.nanmax(figures["heart_rate_bpm"])))
    return found


def _activity(activity: Activity) -> ActivityMessage:
    message = ActivityMessage()
    message.timestamp = _milliseconds(activity.t_ns[-1])
    message.total_timer_time = _timer_s(activity)
    message.num_sessions = 1
    message.type = ActivityType.MANUAL
    message.event = Event.ACTIVITY
    message.event_type = EventType.STOP
    return message


def _milliseconds(t_ns: np.int64) -> int:
    """Unix time as fit-tool takes it."""
    return int(t_ns) // _NS_PER_MS
