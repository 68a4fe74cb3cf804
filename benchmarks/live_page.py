"""What the wall costs its server, and how soon it is seen.

Sixty runners send a tile a second each through a real broker to a server of its own
process, which one open page listens to; the server's processor time is counted, the
broker's, the feeder's and the browser's are not. Then a browser opens the page anew.
Run as ``python -m benchmarks.live_page``.
"""

import argparse
import http.client
import math
import multiprocessing as mp
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from contract import topics
from contract.errors import TreadwearError
from contract.messages import LightInfo, LiveTile, dumps
from contract.mqtt import MqttBus, MqttSettings
from contract.units import NS_PER_S
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from treadwear.broker import start_broker

CPU_TARGET_PCT = 15.0
PAINT_TARGET_MS = 1000.0
"""Both from issue 6."""

_USUAL = LightInfo(
    state="steady",
    text="Within your usual, by 7 earlier runs.",
    usual_pct=-0.9,
    band_low_pct=-2.1,
    band_high_pct=0.3,
    baseline_runs=7,
)
_PAINTED = """() => new Promise(done => {
  const look = () => {
    const [first] = performance.getEntriesByName("first-contentful-paint");
    const tiles = document.querySelectorAll("article:not([hidden])").length;
    if (first && tiles) done([first.startTime, performance.now()]);
    else setTimeout(look, 5);
  };
  look();
})"""


class Painted(NamedTuple):
    """When a page was seen, in milliseconds from the click."""

    first_ms: float
    tiles_ms: float


def main() -> int:
    """Measure, print, and give the exit code: 1 if a target is missed."""
    args = _arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="treadwear-wall-") as name:
            cpu_pct, painted = _measure(Path(name), args.runners, args.seconds)
    except TreadwearError as fault:
        print(fault, file=sys.stderr)
        return 1
    print(
        f"{args.runners} runners at 1 Hz, one page: {cpu_pct:.1f} % of one core"
        f" (target {CPU_TARGET_PCT:.0f} %)"
    )
    if painted is None:
        print("no Chromium or playwright: first paint not measured")
        return int(cpu_pct > CPU_TARGET_PCT)
    print(
        f"first paint after {painted.first_ms:.0f} ms, tiles after"
        f" {painted.tiles_ms:.0f} ms (target {PAINT_TARGET_MS:.0f} ms)"
    )
    is_late = painted.first_ms > PAINT_TARGET_MS
    return int(cpu_pct > CPU_TARGET_PCT or is_late)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runners", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=20.0)
    return parser.parse_args()


def _measure(
    data_dir: Path, runners: int, seconds: float
) -> tuple[float, Painted | None]:
    with start_broker(data_dir, 0) as broker, _wall(broker.port) as (port, wall):
        with MqttBus(MqttSettings(port=broker.port, client_id="feeder")) as bus:
            _send(bus, runners, 0.0)
            with _open_page(port) as heard:
                wall.send("count")
                _feed(bus, runners, seconds)
                wall.send("stop")
                cpu_pct = float(wall.recv())
            print(f"the page heard {len(heard)} walls, {sum(heard) / 1e3:.0f} kB")
            painted = _paint(port)
        return cpu_pct, painted


@contextmanager
def _wall(broker_port: int) -> Iterator[tuple[int, Connection]]:
    """Serve the wall in a process of its own; gives its port, and a line to it."""
    context = mp.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_serve, args=(broker_port, theirs), daemon=True)
    child.start()
    try:
        yield int(ours.recv()), ours
    finally:
        ours.send("end")
        child.join(10)
        ours.close()
        theirs.close()


def _serve(broker_port: int, line: Connection) -> None:
    board = TileBoard()
    with MqttBus(MqttSettings(port=broker_port, client_id="wall")) as bus:
        board.attach(bus)
        with LiveServer(board) as server:
            line.send(int(server.url.rstrip("/").rpartition(":")[2]))
            line.recv()
            wall_s, cpu_s = time.monotonic(), time.process_time()
            line.recv()
            used_s = time.process_time() - cpu_s
            line.send(100 * used_s / (time.monotonic() - wall_s))
            line.recv()


def _feed(bus: MqttBus, runners: int, seconds: float) -> None:
    begin_s = time.monotonic()
    for second in range(1, math.ceil(seconds) + 1):
        _send(bus, runners, float(second))
        time.sleep(max(0.0, begin_s + second - time.monotonic()))


def _send(bus: MqttBus, runners: int, second: float) -> None:
    """Send every runner's tile of a second, as different as real ones are."""
    now_ns = time.time_ns()
    for number in range(runners):
        asi_pct = 5.0 * math.sin(number + second / 30.0)
        tile = LiveTile(
            runner=f"r-{number}",
            session="s-1",
            name=f"Runner {number}",
            shoe="Ghost 15",
            state="live",
            t_ns=now_ns,
            data_t_ns=now_ns - NS_PER_S // 5,
            elapsed_s=600.0 + second,
            window_s=30.0,
            n_pairs=40,
            pairs_needed=20,
            asi_pct=asi_pct,
            ci_low=asi_pct - 0.9,
            ci_high=asi_pct + 0.9,
            cadence_spm=168.0,
            contact_left_ms=245.0,
            contact_right_ms=245.0 * (1.0 + asi_pct / 100.0),
            light=_USUAL,
        )
        bus.publish(topics.live(tile.runner, tile.session), dumps(tile), qos=0)


@contextmanager
def _open_page(port: int) -> Iterator[list[int]]:
    """Listen as an open page does; gives the sizes of what it heard."""
    heard: list[int] = []
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    is_over = threading.Event()
    with closing(line):
        line.request("GET", "/events")
        answer = line.getresponse()

        def read() -> None:
            while not is_over.is_set() and (words := answer.readline()):
                if words.startswith(b"data:"):
                    heard.append(len(words))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield heard
        finally:
            is_over.set()
            reader.join(10)


def _paint(port: int) -> Painted | None:
    """Open the page in a browser that has never seen it."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - optional
    except ImportError:
        return None
    if path is None:
        return None
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"http://127.0.0.1:{port}/")
        painted = Painted(*page.evaluate(_PAINTED))
        browser.close()
    return painted


if __name__ == "__main__":
    sys.exit(main())
