"""How close the analysis comes to references: ``python -m benchmarks.accuracy``.

Reads the recordings that the environment variable ``TREADWEAR_DATA`` names and prints
one table per data set. ``--json`` is for programs; ``--write`` writes docs/accuracy.md
and its plots; ``--only rbds,hip`` leaves out the others.
"""

import argparse
import datetime as dt
import json
import math
import os
import platform
import subprocess
import sys
from pathlib import Path

from benchmarks import simulated
from benchmarks.datasets import Figures
from benchmarks.datasets.rbds import by_speed
from benchmarks.measuring import NAMES, SIMULATED, SPEED, Measured, measure
from benchmarks.page import BY_CHANGE, BY_SPEED, About, draw, write_page
from benchmarks.report import matrix, text_grid, text_table
from benchmarks.simulator_tables import plain_sheet, scenario_columns, scenario_lines
from benchmarks.targets import SHEETS
from benchmarks.targets import SPEED as SPEED_SHEET
from processing.settings import METHOD

_ROOT = Path(__file__).resolve().parents[1]
_SIMULATED_S = 60.0


def main() -> int:
    """Measure, print, write; gives the exit code."""
    args = _arguments()
    data = os.environ.get("TREADWEAR_DATA")
    if not data:
        _tell("Set TREADWEAR_DATA to the directory that holds rbds_virtual.")
        return 2
    measured = measure(Path(data), args.only, _tell)
    if SIMULATED in args.only:
        measured.figures[SIMULATED] = _simulated(args.runners)
        measured.runners = args.runners
    if SPEED in args.only:
        measured.figures[SPEED] = _speed(args.gaitmap)
    if args.json:
        print(json.dumps(_plain(measured), indent=1))
    else:
        _print(measured)
    if args.write:
        _write(measured)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="docs/accuracy.md")
    parser.add_argument("--runners", type=int, default=40, help="simulated ones")
    parser.add_argument("--gaitmap", help="a Python that has gaitmap, for the speed")
    parser.add_argument(
        "--only", type=_names, default=NAMES, help=f"of {', '.join(NAMES)}"
    )
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    wanted = tuple(text.split(","))
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(NAMES)}")
    return wanted


def _simulated(runners: int) -> Figures:
    _tell(f"{runners} simulated runners")
    figures: Figures = simulated.summary(runners, _SIMULATED_S)
    return figures


def _speed(gaitmap: str | None) -> Figures:
    """In a process of its own, whose memory is then only its own."""
    _tell("speed")
    words = [sys.executable, "-m", "benchmarks.speed", "--json"]
    words += ["--gaitmap", gaitmap] if gaitmap else []
    done = subprocess.run(
        words, cwd=_ROOT, check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        return {}
    figures: Figures = json.loads(done.stdout)
    return figures


def _plain(measured: Measured) -> dict[str, object]:
    """All figures as JSON can hold them: what is not measured is null."""
    conditions = {"by_speed": by_speed(measured.trials), "changed": measured.changed}
    return {
        "method": METHOD,
        "missing": measured.missing,
        **{name: _known(figures) for name, figures in measured.figures.items()},
        **{
            name: {words: _known(figures) for words, figures in table.items()}
            for name, table in conditions.items()
        },
    }


def _known(figures: Figures) -> dict[str, float | None]:
    return {k: v if math.isfinite(v) else None for k, v in figures.items()}


def _print(measured: Measured) -> None:
    print(f"Method {METHOD}\n")
    for sheet in (*SHEETS, SPEED_SHEET):
        if sheet.name in measured.figures:
            print(text_table(sheet, measured.figures[sheet.name]), end="\n\n")
    if measured.trials:
        _print_matrix("Shoes, by speed", "belt", BY_SPEED, by_speed(measured.trials))
    if measured.changed:
        title = "When something is wrong with the recording"
        _print_matrix(title, "what is wrong", BY_CHANGE, measured.changed)
    if SIMULATED in measured.figures:
        _print_simulated(measured.figures[SIMULATED], measured.runners)
    for name in measured.missing:
        print(f"{name} is not there.")


def _print_simulated(figures: Figures, runners: int) -> None:
    print(text_table(plain_sheet(figures, runners), figures), end="\n\n")
    lines = scenario_lines(figures)
    title = "Simulated runners, when something is wrong"
    _print_matrix(title, "scenario", scenario_columns(lines), lines)


def _print_matrix(
    title: str, corner: str, columns: dict[str, str], lines: dict[str, Figures]
) -> None:
    print(title)
    print(text_grid(*matrix(corner, columns, lines)), end="\n\n")


def _write(measured: Measured) -> None:
    machine = f"Python {platform.python_version()} on {platform.machine()}"
    today = dt.datetime.now(tz=dt.UTC).date()
    page = write_page(measured, About(today, METHOD, machine))
    (_ROOT / "docs" / "accuracy.md").write_text(page, encoding="utf-8")
    for name, (_, svg) in draw(measured).items():
        (_ROOT / "docs" / "images" / name).write_text(svg, encoding="utf-8")


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
