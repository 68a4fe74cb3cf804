"""The collector's own part in a process of its own: notifications in, MQTT out.

``python -m benchmarks.bluetooth.collector_alone CAPTURE PORT DIR`` plays captured
notifications at their own pace through driver, order, clock, disk and broker, and
prints processor share and memory as JSON.
"""

import json
import re
import resource
import sys
import time
from pathlib import Path

import bleak  # the collector has it loaded too
import msgspec

from benchmarks.bluetooth.capture import Capture
from collector.devices.base import Read, Step, Wanted, perform
from collector.devices.families import driver_of
from collector.live_feeder import LiveFeeder
from collector.service import CollectorService
from collector.spool import Spool
from collector.stream import SensorStream
from contract.messages import SessionMeta
from contract.model import Slot
from contract.mqtt import MqttBus, MqttSettings

WANTED = Wanted(416.0, 16.0, 2000.0)


def main() -> int:
    """Play the capture and print what it cost."""
    capture_path, port, directory = sys.argv[1:]
    capture = msgspec.msgpack.decode(Path(capture_path).read_bytes(), type=Capture)
    spool = Spool(Path(directory) / "spool.db")
    settings = MqttSettings(client_id="bench-collector", port=int(port))
    with MqttBus(settings) as bus, CollectorService(bus, spool) as service:
        slots = [Slot(number) for number in capture.infos]
        meta = SessionMeta(
            runner="bench",
            session="bench-1",
            origin_ns=time.time_ns(),
            simulated=True,
            consent_live=True,
        )
        feeder = service.add_live(meta, slots)
        streams = {slot: _stream(slot, capture, feeder) for slot in slots}
        cpu_s, wall_s = _play(capture, streams, feeder)
        service.stop()
        service.wait(30.0)
    spool.close()
    rss_mb = _peak_mb()
    lost = sum(stream.counts.lost for stream in streams.values())
    told = {"cpu_share": cpu_s / wall_s, "rss_mb": rss_mb, "lost": lost}
    print(json.dumps(told | {"bleak": bleak.__name__}))
    return 0


def _peak_mb() -> float:
    """Most memory so far; ru_maxrss would be that of the process that started this."""
    status = Path("/proc/self/status")
    if status.exists():
        words = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        if words:
            return int(words[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _stream(slot: Slot, capture: Capture, feeder: LiveFeeder) -> SensorStream:
    driver = driver_of("treadwear-v1")

    def answer(step: Step) -> bytes:
        is_info = isinstance(step, Read) and step.channel == "info"
        return capture.infos[int(slot)] if is_info else b""

    perform(driver.start(WANTED), answer)
    stream = SensorStream(
        slot,
        driver,
        WANTED,
        unix_offset_ns=time.time_ns() - time.monotonic_ns(),
        next_epoch=lambda: feeder.next_epoch(slot),
    )
    stream.connected()
    return stream


def _play(
    capture: Capture, streams: dict[Slot, SensorStream], feeder: LiveFeeder
) -> tuple[float, float]:
    """Hand each notification on when it came; gives processor and clock time."""
    first_ns = capture.notifications[0][2]
    shift_ns = time.monotonic_ns() - first_ns
    cpu_s, wall_s = time.process_time(), time.monotonic()
    for number, payload, arrival_ns in capture.notifications:
        wait_s = (arrival_ns + shift_ns - time.monotonic_ns()) / 1e9
        if wait_s > 0:
            time.sleep(wait_s)
        for batch in streams[Slot(number)].hear("data", payload, time.monotonic_ns()):
            feeder.push(batch)
    return time.process_time() - cpu_s, time.monotonic() - wall_s


if __name__ == "__main__":
    sys.exit(main())
