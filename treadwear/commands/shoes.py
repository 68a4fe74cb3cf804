"""The command about shoes: what each pair ran, when service is due, tread depths."""

import math
import time
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from contract.errors import UsageError
from contract.people import Shoe
from contract.rows import WearRow
from processing.history import history_until_now
from processing.shoe_life import ShoeLife, shoe_life, tread_estimates
from processing.store.people import keep_shoe, pairings_of, shoes_of
from processing.store.sqlite import SqliteStore
from treadwear.commands.options import DataDir, Json, check_runner
from treadwear.people_tables import shoes_table, tread_lines
from treadwear.settings import Settings, load_settings
from treadwear.shoe_names import rename_shoe
from treadwear.tables import plain
from treadwear.tread_depths import depths_of

_MASS_G = (50.0, 1000.0)
"""A child's racing flat weighs more than 50 g, a heavy boot less than 1 kg."""

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
    mass_g: Annotated[
        float | None,
        typer.Option("--mass-g", help="With --add: mass of one shoe, in grams."),
    ] = None,
    rename: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="OLD NEW", help="Change a name; its runs go with it."),
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
    _check_mass(add, mass_g)
    settings = load_settings(data_dir=data)
    if rename:
        _rename(settings, runner, rename, others=(add, retire, shoe))
    is_change = bool(add or retire or tread)
    found: list[Shoe] = []
    rows: list[WearRow] = []
    if is_change or settings.store_path.exists():
        with SqliteStore.open(settings.store_path, read_only=not is_change) as store:
            if add:
                now = {
                    "service_km": service_km,
                    "start_km": start_km,
                    "mass_g": mass_g,
                }
                _add(store, runner, add, now)
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
    if add != plain(add):
        what = f"{add!r} is no name of a shoe"
        raise UsageError(what, "it has to be readable", "Choose another one.")
    if bool(tread) != bool(shoe):
        what = "--tread and --shoe belong together"
        next_step = "Write --shoe NAME --tread left_heel_lateral=6.5."
        raise UsageError(what, "a tread depth is of one pair", next_step)


def _check_mass(add: str, mass_g: float | None) -> None:
    low, high = _MASS_G
    if mass_g is None:
        return
    if not add:
        what = "--mass-g says nothing by itself"
        raise UsageError(what, "", "Name the pair with --add NAME.")
    if not low <= mass_g <= high:
        why = f"one running shoe has {low:.0f} to {high:.0f} g"
        raise UsageError(f"--mass-g {mass_g:g} cannot be", why, "Weigh one shoe.")


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
                typer.echo(plain(life.reminder()))
            for line in tread_lines(shoe, tread_estimates(shoe, rows)):
                typer.echo(line)
    else:
        typer.echo(f"No shoes yet. Try: treadwear shoes {runner} --add NAME")


def _told(shoe: Shoe, life: ShoeLife, rows: list[WearRow]) -> dict[str, object]:
    return {
        **msgspec.to_builtins(life),
        "retired": shoe.retired,
        "start_km": shoe.start_km,
        "mass_g": shoe.mass_g,
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
        raise _no_shoe(runner, name, list(shoes))
    return shoes[name]


def _no_shoe(runner: str, name: str, shoes: list[str]) -> UsageError:
    known = f"there are {', '.join(map(plain, shoes))}"
    next_step = f"See them with: treadwear shoes {runner}."
    return UsageError(
        f"{runner} has no shoe {name!r}",
        known if shoes else "there are none yet",
        next_step,
    )


def _keep(store: SqliteStore, runner: str, shoe: Shoe) -> None:
    keep_shoe(store, runner, shoe, time.time_ns())


def _add(
    store: SqliteStore, runner: str, name: str, now: dict[str, float | None]
) -> None:
    """Add a pair; of one that is there only what is given changes."""
    known = shoes_of(store, runner).get(name, Shoe(name=name))
    said = {field: value for field, value in now.items() if value is not None}
    _keep(store, runner, msgspec.structs.replace(known, retired=False, **said))


def _rename(
    settings: Settings, runner: str, names: tuple[str, str], others: tuple[str, ...]
) -> None:
    """Give a pair another name, with all that was run in it."""
    old, new = names
    _check_rename(runner, new, is_alone=not any(others))
    if not settings.store_path.exists():
        raise _no_shoe(runner, old, [])
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        taken = {shoe.name for shoe in _shoes(store, runner)}
        taken |= pairings_of(store, runner).keys()
        if new not in taken:
            _known(store, runner, old)
    if {old, new} <= taken:
        raise UsageError(
            f"{runner} has a shoe {new!r} already",
            "runs of two pairs cannot be told apart once they are mixed",
            "Choose another name.",
        )
    # One that is called so already may have been stopped halfway: the rest is done.
    runs = rename_shoe(settings, runner, old, new)
    if new in taken:
        told = f"{plain(new)} is there and {plain(old)} is not: nothing is left to do."
        typer.echo(told, err=True)
        return
    told = f"{plain(old)} is called {plain(new)} now; its runs too: {len(runs)}."
    typer.echo(f"{told} Reports that were written before keep the old name.", err=True)


def _check_rename(runner: str, new: str, *, is_alone: bool) -> None:
    if not is_alone:
        what = "--rename goes by itself"
        raise UsageError(what, "", "Say the rest in a command of its own.")
    check_runner(runner, "", new)
    if not new or new != plain(new):
        what = f"{new!r} is no name of a shoe"
        raise UsageError(what, "it has to be readable", "Choose another one.")


def _measure(
    store: SqliteStore, runner: str, name: str, depths_mm: dict[str, float]
) -> None:
    """Add a measuring at the distance that the pair has run by now."""
    shoe = _known(store, runner, name)
    ran_km = shoe_life(shoe, _wear(store, runner)).distance_km
    measured = (*shoe.tread_mm, (ran_km, depths_mm))
    _keep(store, runner, msgspec.structs.replace(shoe, tread_mm=measured))
