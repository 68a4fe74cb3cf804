"""The command about shoes: what each pair ran, when service is due, tread depths."""

import math
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from contract.errors import UsageError
from contract.people import Shoe
from contract.rows import WearRow
from processing.history import history_until_now
from processing.shoe_life import ShoeLife, shoe_life, tread_estimates
from processing.store.people import keep_shoe, shoes_of
from processing.store.sqlite import SqliteStore
from treadwear.commands.options import DataDir, Json, check_runner
from treadwear.people_tables import shoes_table, tread_lines
from treadwear.settings import load_settings

ZONES = tuple(
    "_".join(words)
    for words in product(
        ("left", "right"), ("heel", "mid", "fore"), ("medial", "lateral")
    )
)
"""Zones of both soles, named as wear is kept."""

_DEEPEST_MM = 30.0
"""No outsole of a running shoe is thicker."""

Runner = Annotated[str, typer.Argument(help="Pseudonym of the runner.")]


def shoes(
    runner: Runner,
    add: Annotated[
        str, typer.Option(metavar="NAME", help="Add a pair, or change it.")
    ] = "",
    service_km: Annotated[
        float | None,
        typer.Option(min=0.0, help="With --add: when to be reminded; else 600."),
    ] = None,
    start_km: Annotated[
        float | None,
        typer.Option(min=0.0, help="With --add: what it ran before; else 0."),
    ] = None,
    retire: Annotated[
        str, typer.Option(metavar="NAME", help="Take a pair out of use.")
    ] = "",
    tread: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ZONE=MM", help="With --shoe: measured depth, or a JSON file."
        ),
    ] = None,
    shoe: Annotated[
        str, typer.Option(metavar="NAME", help="Whose tread was measured.")
    ] = "",
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """List a runner's shoes with distance, dose and service; add, retire, measure."""
    check_runner(runner, "", add)
    _check_flags(add, shoe, tread, (service_km, start_km))
    settings = load_settings(data_dir=data)
    is_change = bool(add or retire or tread)
    found: list[Shoe] = []
    rows: list[WearRow] = []
    if is_change or settings.store_path.exists():
        with SqliteStore.open(settings.store_path, read_only=not is_change) as store:
            if add:
                _add(store, runner, add, service_km, start_km)
            if retire:
                known = _known(store, runner, retire)
                _keep(store, runner, msgspec.structs.replace(known, retired=True))
            if tread:
                _measure(store, runner, shoe, depths_of(tread))
            found, rows = _shoes(store, runner), _wear(store, runner)
    _show(found, rows, runner, as_json=as_json)


def _check_flags(
    add: str,
    shoe: str,
    tread: list[str] | None,
    distances: tuple[float | None, float | None],
) -> None:
    if not add and any(km is not None for km in distances):
        what = "--service-km and --start-km say nothing by themselves"
        raise UsageError(what, "", "Name the pair with --add NAME.")
    if not all(math.isfinite(km) for km in distances if km is not None):
        raise UsageError("a distance must be a number of kilometres")
    if bool(tread) != bool(shoe):
        what = "--tread and --shoe belong together"
        next_step = "Write --shoe NAME --tread left_heel_lateral=6.5."
        raise UsageError(what, "a tread depth is of one pair", next_step)


def _show(
    shoes: list[Shoe], rows: list[WearRow], runner: str, *, as_json: bool
) -> None:
    lives = [(shoe, shoe_life(shoe, rows)) for shoe in shoes]
    if as_json:
        typer.echo(msgspec.json.encode([_told(*life, rows) for life in lives]).decode())
    elif lives:
        Console().print(shoes_table(lives))
        for shoe, life in lives:
            if life.is_due and not shoe.retired:
                typer.echo(life.reminder())
            for line in tread_lines(shoe, tread_estimates(shoe, rows)):
                typer.echo(line)
    else:
        typer.echo(f"No shoes yet. Try: treadwear shoes {runner} --add NAME")


def _told(shoe: Shoe, life: ShoeLife, rows: list[WearRow]) -> dict[str, object]:
    return {
        **msgspec.to_builtins(life),
        "retired": shoe.retired,
        "start_km": shoe.start_km,
        "is_due": life.is_due and not shoe.retired,
        "tread_mm": shoe.tread_mm,
        "tread_now": tread_estimates(shoe, rows),
    }


def _shoes(store: SqliteStore, runner: str) -> list[Shoe]:
    """Shoes that were added or run in, those in use first."""
    worn = {run.about.shoe for run in history_until_now(store, runner).runs} - {""}
    shoes = {name: Shoe(name=name) for name in worn} | shoes_of(store, runner)
    return sorted(shoes.values(), key=lambda shoe: (shoe.retired, shoe.name))


def _wear(store: SqliteStore, runner: str) -> list[WearRow]:
    return [row for run in history_until_now(store, runner).runs for row in run.wear]


def _known(store: SqliteStore, runner: str, name: str) -> Shoe:
    shoes = {shoe.name: shoe for shoe in _shoes(store, runner)}
    if name not in shoes:
        known = f"there are {', '.join(shoes)}" if shoes else "there are none yet"
        next_step = f"See them with: treadwear shoes {runner}."
        raise UsageError(f"{runner} has no shoe {name!r}", known, next_step)
    return shoes[name]


def _keep(store: SqliteStore, runner: str, shoe: Shoe) -> None:
    keep_shoe(store, runner, shoe, time.time_ns())


def _add(
    store: SqliteStore,
    runner: str,
    name: str,
    service_km: float | None,
    start_km: float | None,
) -> None:
    """Add a pair; of one that is there only what is given changes."""
    known = shoes_of(store, runner).get(name, Shoe(name=name))
    changed = msgspec.structs.replace(
        known,
        retired=False,
        service_km=known.service_km if service_km is None else service_km,
        start_km=known.start_km if start_km is None else start_km,
    )
    _keep(store, runner, changed)


def _measure(
    store: SqliteStore, runner: str, name: str, depths_mm: dict[str, float]
) -> None:
    """Add a measuring at the distance that the pair has run by now."""
    shoe = _known(store, runner, name)
    ran_km = shoe_life(shoe, _wear(store, runner)).distance_km
    measured = (*shoe.tread_mm, (ran_km, depths_mm))
    _keep(store, runner, msgspec.structs.replace(shoe, tread_mm=measured))


def depths_of(words: Sequence[str]) -> dict[str, float]:
    """Tread depths of ``ZONE=mm`` words, or of one JSON file that holds them."""
    pairs = [word.partition("=") for word in words]
    if len(words) == 1 and not pairs[0][1]:
        depths = _depths_in(Path(words[0]))
    else:
        depths = {zone: _number(zone, text) for zone, _, text in pairs}
    for zone, depth_mm in depths.items():
        if zone not in ZONES:
            why = f"zones are {', '.join(ZONES)}"
            raise UsageError(f"{zone!r} is no zone of a sole", why, "Choose one.")
        if not 0 <= depth_mm <= _DEEPEST_MM:
            why = f"a tread is 0 to {_DEEPEST_MM:.0f} mm deep"
            raise UsageError(f"{zone} cannot be {depth_mm:g} mm", why, "Measure again.")
    return depths


def _number(zone: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as fault:
        what = f"{zone}={text} is no depth"
        raise UsageError(what, "", "Write it like left_heel_lateral=6.5.") from fault


def _depths_in(path: Path) -> dict[str, float]:
    next_step = 'It should hold an object such as {"left_heel_lateral": 6.5}.'
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except OSError as fault:
        why = fault.strerror or str(fault)
        raise UsageError(f"{path} cannot be read", why, next_step) from fault
    except msgspec.MsgspecError as fault:
        raise UsageError(f"{path} holds no depths", str(fault), next_step) from fault
