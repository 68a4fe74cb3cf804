"""A shoe gets another name, wherever treadwear has put the old one."""

import msgspec

from contract import topics
from contract.messages import dumps
from processing.store.sqlite import SqliteStore
from treadwear.buffers import rename_waiting
from treadwear.retained import kept_by_broker
from treadwear.settings import Settings
from treadwear.standstill import nobody_sending, refuse_while_running


def rename_shoe(settings: Settings, runner: str, old: str, new: str) -> list[str]:
    """Carry a shoe's runs, wear, baselines, mounts and sensors to another name.

    Gives the runs. The broker is asked first, and nothing changes if it is away: the
    descriptions that it keeps would bring the old name back.
    """
    what = "no shoe can be renamed"
    refuse_while_running(settings, what)
    with (
        nobody_sending(settings, what),
        kept_by_broker(settings, runner, "shoes") as kept,
    ):
        rename_waiting(settings, runner, old, new)
        with SqliteStore.open(settings.store_path) as store:
            sessions = store.rename_shoe(runner, old, new)
        for meta in kept.metas():
            if meta.shoe == old:
                told = dumps(msgspec.structs.replace(meta, shoe=new))
                kept.put(topics.meta(runner, meta.session), told)
        kept.wait()
    return sessions
