"""What the collector reads from: anything that yields batches of one sensor."""

from collections.abc import Iterator
from typing import Protocol

from contract.model import ImuBatch, Slot


class Source(Protocol):
    """One sensor's samples, in order.

    Batches count ``seq`` from 0 within one call of `batches`; ``epoch`` is 0 and is set
    by the collector, which knows how often this sensor was connected before.
    """

    @property
    def slot(self) -> Slot:
        """Where the sensor is worn."""

    def batches(self) -> Iterator[ImuBatch]:
        """Yield the batches in order of time; ends when the source is exhausted."""
