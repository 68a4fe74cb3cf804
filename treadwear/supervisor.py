"""Keep the broker alive: one that was killed is started again on the same port."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from contract.errors import BrokerError
from treadwear.broker import Broker

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
"""Twice a second: a live tile counts as stale after three."""


@contextmanager
def kept_alive(broker: Broker) -> Iterator[Broker]:
    """Watch the broker for as long as this lasts."""
    done = threading.Event()
    watch = threading.Thread(target=_watch, args=(broker, done), name="supervisor")
    watch.start()
    try:
        yield broker
    finally:
        done.set()
        watch.join()


def _watch(broker: Broker, done: threading.Event) -> None:
    while not done.wait(_LOOK_EVERY_S):
        if broker.is_alive:
            continue
        _log.warning("the broker has died; starting it again")
        try:
            broker.restart()
        except BrokerError as fault:
            _log.warning("%s", fault)
