"""Where the page's doings happen, and how they use the store."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from collector.sensor_set import Radio
from processing.store.sqlite import SqliteStore
from treadwear.guide import Wearer
from treadwear.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Settings, the broker's port, Bluetooth, and who wears virtual sensors."""

    settings: Settings
    port: int
    radio: Radio
    wearer: Wearer | None = None

    async def stored(self, use: Callable[[SqliteStore], T]) -> T:
        """Use the store on a thread of its own: a disk may be slow."""

        def work() -> T:
            with SqliteStore.open(self.settings.store_path) as store:
                return use(store)

        return await asyncio.to_thread(work)
