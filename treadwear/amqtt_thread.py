"""amqtt, the broker in pure Python, on an event loop in a thread of this process.

The listening socket is ours, and so is the end: amqtt's own shutdown waits for its
broadcast loop with the socket still open (measured: 5 s with a client connected), after
which the port cannot be used again. It keeps nothing on disk that could be lost.
"""

import asyncio
import contextlib
import logging
import threading
from typing import Any

log = logging.getLogger(__name__)

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0

# "external": we accept the connections; amqtt leaves out a listener without "bind".
_CONFIG: dict[str, Any] = {
    "listeners": {"default": {"type": "external", "bind": "127.0.0.1"}},
    "plugins": {
        "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
    },
}


class AmqttThread:
    """A broker that can be started and stopped again and again on one port."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._is_open = threading.Event()
        self._faults: list[str] = []

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> str:
        """Return once connections are taken, with nothing, or with why it failed."""
        # It reports each client that comes, goes or hangs up; that is ours to tell.
        logging.getLogger("amqtt").setLevel(logging.ERROR)
        logging.getLogger("transitions").setLevel(logging.ERROR)
        self._is_open.clear()
        self._faults.clear()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._run, args=(self._loop,), name="amqtt", daemon=True
        )
        self._thread.start()
        if not self._is_open.wait(START_TIMEOUT_S):
            self._faults.append("it took too long")
        if not self._faults:
            return ""
        self.stop()
        return self._faults[-1]

    def stop(self) -> None:
        """Cut all lines, free the port, end the thread; nothing happens without one."""
        thread, self._thread = self._thread, None
        if thread is None or self._loop is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed: it ended itself
            self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(STOP_TIMEOUT_S)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            listener = loop.run_until_complete(self._open())
            self._is_open.set()
            loop.run_forever()
            listener.close()
        except Exception as fault:
            log.debug("The broker amqtt ended", exc_info=True)
            self._faults.append(str(fault))
            self._is_open.set()
        finally:
            loop.run_until_complete(self._hang_up())
            loop.close()

    async def _open(self) -> asyncio.Server:
        # Here and not above: it takes long to import, and mosquitto does not need it.
        from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter  # noqa: PLC0415
        from amqtt.broker import Broker  # noqa: PLC0415

        broker = Broker(_CONFIG)
        await broker.start()

        async def serve(
            reader: asyncio.StreamReader, out: asyncio.StreamWriter
        ) -> None:
            self._lines.add(out)
            try:
                await broker.external_connected(
                    StreamReaderAdapter(reader), StreamWriterAdapter(out), "default"
                )
            finally:
                self._lines.discard(out)
                out.close()

        return await asyncio.start_server(serve, self._host, self._port)

    async def _hang_up(self) -> None:
        # We end it, so what it says of being cut off is no news.
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        for line in list(self._lines):
            line.transport.abort()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for _ in range(3):  # it catches a cancellation here and there
            for task in rest:
                task.cancel()
            if rest:
                _, rest = await asyncio.wait(rest, timeout=STOP_TIMEOUT_S / 5)
