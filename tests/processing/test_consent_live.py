"""Who takes her consent back while she runs is shown no more, whatever comes after."""

import msgspec

from contract import topics
from contract.messages import LiveTile, loads
from contract.people import Consent
from processing.store.people import keep_consent
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until
from tests.processing.live_loop import LiveLoop


def test_a_no_while_she_runs_holds_though_the_run_is_described_as_before(
    loop: LiveLoop,
) -> None:
    """The collector repeats every ten seconds what counted when the run began."""
    tiles: list[LiveTile] = []
    loop.bus.subscribe(
        topics.ALL_LIVE, lambda _, told: tiles.append(loads(told, LiveTile)), qos=0
    )
    meta = msgspec.structs.replace(loop.run.meta, consent_live=True)
    frames = loop.frames
    third = len(frames) // 3
    with loop.processing():
        loop.tell(meta)
        loop.send(frames[:third])
        wait_until(lambda: any(tile.consent_live for tile in tiles))
        with SqliteStore.open(loop.path) as store:
            keep_consent(store, meta.runner, Consent(time_ns=1, live=False))
        loop.tell(msgspec.structs.replace(meta, consent_live=False))
        loop.send(frames[third : 2 * third])
        wait_until(lambda: not tiles[-1].consent_live)
        shown = sum(tile.consent_live for tile in tiles)
        loop.tell(meta)
        loop.send(frames[2 * third :])
        loop.tell(loop.end())
        loop.wait_until_closed()
    assert sum(tile.consent_live for tile in tiles) == shown


def test_who_never_answered_is_shown_as_her_run_says(loop: LiveLoop) -> None:
    """A simulated runner, or one whose answers are on another computer."""
    tiles: list[LiveTile] = []
    loop.bus.subscribe(
        topics.ALL_LIVE, lambda _, told: tiles.append(loads(told, LiveTile)), qos=0
    )
    with loop.processing():
        loop.tell(msgspec.structs.replace(loop.run.meta, consent_live=True))
        loop.send(loop.frames)
        wait_until(lambda: any(tile.consent_live for tile in tiles))
