"""The processing as a process of its own, which tells how it does.

``python -m benchmarks.server.processing_alone PORT DIR NUMBER OF`` runs it as the
server does (the NUMBER-th of OF processes, from 0) and prints a row about it every few
seconds (`contract.service_rows.PipelineRow` as JSON) until its input is closed.
Where InfluxDB is, the environment says, as for `treadwear process`.
"""

import argparse
import json
import select
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from contract.mqtt import MqttBus
from processing.service import ProcessingService
from processing.share import Share
from processing.store.base import Backlog
from treadwear.app import forwarding
from treadwear.settings import Settings, load_settings

_EVERY_S = 2.0


def main() -> int:
    """Run until the input is closed; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("data", type=Path)
    parser.add_argument("number", type=int)
    parser.add_argument("of", type=int)
    args = parser.parse_args()
    settings = load_settings(data_dir=args.data)
    with _running(settings, args.port, Share(args.number, args.of)) as service:
        while service.is_alive and not select.select([sys.stdin], [], [], _EVERY_S)[0]:
            told = asdict(service.health()) | {"cpu_s": time.process_time()}
            print(json.dumps(told), flush=True)
    return 0


@contextmanager
def _running(
    settings: Settings, port: int, share: Share
) -> Iterator[ProcessingService]:
    """One of the processes; the first one has the outbox in its care, too."""
    with ExitStack() as on:
        name = f"processing-{share.number}"
        bus = on.enter_context(MqttBus(settings.mqtt(name, port)))
        backlog = (
            on.enter_context(forwarding(settings)) if not share.number else Backlog
        )
        service = ProcessingService(
            bus, settings.store_path, backlog=backlog, share=share
        )
        service.start()
        on.callback(service.stop)
        yield service


if __name__ == "__main__":
    sys.exit(main())
