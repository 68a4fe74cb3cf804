"""Who may know whom: the layers, the simulation, and the one place for each library."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = [
    {"contract"},
    {"firmware_config"},
    {"collector", "processing"},
    {"dashboards"},
    {"treadwear"},
]
PACKAGES = sorted(set().union(*LAYERS))
MODULES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
VIRTUAL = "collector/virtual/"
"""The radio in memory, a folder: it stands in for the system's Bluetooth."""
ONLY_IN = {
    "paho": {"contract/mqtt.py"},
    "bleak": {"collector/link.py", "collector/discovery.py", VIRTUAL},
    "bumble": {VIRTUAL},
    "influxdb_client": {"processing/store/influx.py"},
    "amqtt": {"treadwear/amqtt_thread.py", "treadwear/broker.py"},
    "fit_tool": {"dashboards/export/"},
    "pyarrow": {"dashboards/export/"},
    "fitdecode": {"collector/watch.py"},
    "gpxpy": {"collector/watch.py"},
    "weasyprint": {"dashboards/report/"},
}


def imports_of(path: Path) -> set[str]:
    """Modules that a file names in its imports, wherever they stand."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def may_import(package: str) -> set[str]:
    """Give the packages of the layers below, and the package itself."""
    level = next(k for k, layer in enumerate(LAYERS) if package in layer)
    return {package}.union(*LAYERS[:level])


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_knows_only_the_layers_below(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    used = {name.split(".")[0] for name in imports_of(path)} & set(PACKAGES)
    assert used <= may_import(package)


def test_dashboards_know_nothing_of_processing_but_its_store() -> None:
    """They show; what they compute no test of the analysis would see."""
    allowed = ("processing.store", "processing.settings", "processing.verdict")
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] == "dashboards":
            used = {n for n in imports_of(path) if n.startswith("processing")}
            assert all(name.startswith(allowed) for name in used), named(path)


def test_the_analysis_never_sees_the_simulation() -> None:
    """A detector that knew the simulated runner's constants would prove nothing."""
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] == "processing":
            assert "simulated" not in " ".join(imports_of(path)), named(path)


@pytest.mark.parametrize("library", ONLY_IN)
def test_each_outside_library_has_its_one_place(library: str) -> None:
    users = {
        named(path)
        for path in MODULES
        if any(name.split(".")[0] == library for name in imports_of(path))
    }
    assert {user for user in users if not stands_in(user, ONLY_IN[library])} == set()


def stands_in(name: str, places: set[str]) -> bool:
    """Whether a module is one of these, or in one of these folders (with a slash)."""
    folders = tuple(place for place in places if place.endswith("/"))
    return name in places or name.startswith(folders)


def test_only_the_command_and_its_tests_know_virtual_sensors() -> None:
    """A collector that knew that a sensor is virtual would prove nothing."""
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] != "treadwear":
            used = {n for n in imports_of(path) if n.startswith("collector.virtual")}
            assert not used or named(path).startswith(VIRTUAL), named(path)


def test_a_driver_knows_bytes_and_no_radio_clock_or_file() -> None:
    """So that a capture replayed today gives what it gave on the day of the run."""
    outside = {"asyncio", "bleak", "os", "pathlib", "socket", "threading", "time"}
    drivers = sorted((ROOT / "collector/devices").glob("*.py"))
    pure = [ROOT / f"collector/{name}.py" for name in ("stream", "repair", "clock")]

    assert len(drivers) > 6
    for path in [*drivers, *pure, ROOT / "collector/rate.py"]:
        used = {name.split(".")[0] for name in imports_of(path)}
        assert not used & outside, named(path)


def test_importing_everything_does_nothing(tmp_path: Path) -> None:
    """No thread, no file, no word: checked in a process of its own."""
    names = [
        named(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for path in MODULES
        if path.stem != "__main__"
    ]
    program = (
        "import importlib, threading\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []
