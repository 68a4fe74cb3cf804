"""The documents say what the code does."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main

from firmware_config.profile import profiles
from treadwear import cli
from treadwear.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "contract",
    "firmware_config",
    "collector",
    "processing",
    "dashboards",
    "treadwear",
)
FOLDERS = (*PACKAGES, "docs", "tests", "benchmarks", ".ci")
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/sensors.md",
    "docs/server.md",
)
GROUP: Any = typer.main.get_command(cli.make_app())

# In two parts, so that this file does not hold what it forbids.
REGISTRIES = re.compile(
    "|".join(
        re.escape("".join(parts))
        for parts in (
            ("pypi", ".org"),
            ("files.python", "hosted.org"),
            ("registry.", "npmjs"),
            ("conda.", "anaconda"),
            ("docker", ".io"),
        )
    )
    + "|(--(extra-)?)index"
    + "-url|--find"
    + "-links"
)
MACHINE_PATHS = re.compile(r"(?<![\w.}])/(work|home|root|Users|tmp)/[\w.-]")
FORBIDDEN_WORDS = re.compile(
    r"injury risk|diagnos|\btreat\w*|prevent injur|abnormal|\bscores?\b",
    re.IGNORECASE,
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def project_files() -> list[Path]:
    """Files of the project; not asked of git, so that an archive is tested too."""
    found = [p for p in ROOT.iterdir() if p.is_file() and p.name != ".gitignore"]
    for folder in FOLDERS:
        found += [p for p in (ROOT / folder).rglob("*") if p.is_file()]
    kept = [p for p in found if "__pycache__" not in p.parts]
    return [p for p in kept if p.suffix not in {".png", ".pyc", ".db"}]


def section(document: str, heading: str) -> str:
    """What stands under a heading of that level, up to the next of that level."""
    level = heading.split(" ", maxsplit=1)[0]
    _, found, rest = f"\n{document}".partition(f"\n{heading}\n")
    assert found, f"there is no heading {heading!r}"
    return rest.split(f"\n{level} ")[0]


@pytest.mark.parametrize("name", sorted(GROUP.commands))
def test_a_command_is_documented_with_all_its_flags(name: str) -> None:
    text = section(read("docs/commands.md"), f"## `treadwear {name}`")

    for parameter in GROUP.commands[name].params:
        for flag in parameter.opts:
            word = flag if flag.startswith("-") else flag.upper()
            assert f"`{word}" in text or f", {word}`" in text


@pytest.mark.parametrize("name", sorted(GROUP.commands))
def test_a_command_and_its_flags_say_what_they_do(name: str) -> None:
    command = GROUP.commands[name]

    assert command.help
    assert all(parameter.help for parameter in command.params)


def test_every_setting_is_explained() -> None:
    generated, explained = read("docs/settings.md").split("<!-- end settings -->")

    for name in Settings.model_fields:
        assert f"`TREADWEAR_{name.upper()}`" in generated
        assert f"`{name}`" in explained


def test_every_variable_that_code_reads_is_in_the_settings_page() -> None:
    python = [p for p in project_files() if p.suffix == ".py"]
    used = set()
    for path in python:
        used |= set(re.findall(r"\"(TREADWEAR_[A-Z]+(?:_[A-Z]+)*)\"", read(str(path))))

    assert used
    documented = set(re.findall(r"TREADWEAR_[A-Z_]+", read("docs/settings.md")))
    assert used <= documented


def test_the_generated_tables_are_current() -> None:
    build = [sys.executable, str(ROOT / "docs" / "build.py"), "--check"]

    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("document", [*DOCUMENTS, "docs/settings.md"])
def test_files_that_a_document_names_exist(document: str) -> None:
    pattern = rf"(?<![\w./])((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*\w)"
    named = set(re.findall(pattern, read(document)))

    missing = {name for name in named if not (ROOT / name).exists()}

    assert missing == set()
    if document == "ARCHITECTURE.md":
        assert len(named) > 40  # the path and the table; else the pattern is broken


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, "docs/contract.md", "docs/commands.md"]
)
def test_links_within_the_project_lead_somewhere(document: str) -> None:
    here = (ROOT / document).parent
    links = re.findall(r"\]\(([^)#]+)\)", read(document))

    broken = [x for x in links if "://" not in x and not (here / x).exists()]

    assert broken == []


def test_every_stage_stands_in_the_drawing() -> None:
    drawing = section(read("ARCHITECTURE.md"), "## The path as it is now")
    linter = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]
    stages = next(c for c in linter["contracts"] if c["type"] == "independence")

    for module in stages["modules"]:
        assert module.replace(".", "/") in drawing


def test_commands_of_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    for document in DOCUMENTS:
        text = read(document)
        asked = set(re.findall(r"(?:^    |`)make ([a-z]+)", text, re.MULTILINE))
        assert asked <= targets
        typed = set(re.findall(r"^    (?:\$ )?treadwear ([a-z]+)", text, re.MULTILINE))
        assert typed <= set(GROUP.commands)


def test_the_readme_begins_with_the_two_commands() -> None:
    head = "\n".join(read("README.md").splitlines()[:12])

    assert 'make demo ARGS="--headless --seconds 60"' in head
    assert "make test" in head


@pytest.mark.parametrize("document", ["README.md", "docs/sensors.md"])
def test_flags_in_a_document_exist(document: str) -> None:
    known = {o for c in GROUP.commands.values() for p in c.params for o in p.opts}
    known |= {o for p in GROUP.params for o in p.opts}

    text = re.sub(r"^ *docker .*$", "", read(document), flags=re.MULTILINE)
    used = set(re.findall(r"(?<!\w)--[a-z][a-z-]+", text))

    assert used
    assert used <= known


def test_a_buyer_reads_of_every_family_what_it_cannot_do() -> None:
    text = read("docs/sensors.md")
    choose = section(text, "## Choose")
    one_by_one = section(text, "## The families one by one")

    for profile in profiles().values():
        row = next(x for x in choose.splitlines() if x.startswith(f"| {profile.title}"))
        assert all(limit in row for limit in profile.advice.cannot)
        assert profile.title in one_by_one


@pytest.mark.parametrize("document", ["README.md", "docs/sensors.md"])
def test_what_no_real_sensor_has_shown_is_not_promised(document: str) -> None:
    """Change this test, and the documents, on the day when one was connected."""
    words = " ".join(read(document).split())

    assert "No real sensor has been connected" in words


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "clean", "help"])
def test_the_makefile_says_what_a_target_does(target: str) -> None:
    assert re.search(rf"^{target}:.*## \w", read("Makefile"), re.MULTILINE)


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    found = []
    for path in project_files():
        for number, line in enumerate(read(str(path)).splitlines(), start=1):
            if REGISTRIES.search(line) or MACHINE_PATHS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")

    assert found == []


@pytest.mark.parametrize(
    "document", ["README.md", "CHANGELOG.md", "docs/commands.md", "docs/sensors.md"]
)
def test_a_document_keeps_to_the_words_of_the_product(document: str) -> None:
    assert FORBIDDEN_WORDS.findall(read(document)) == []


def test_constraints_pin_every_dependency_exactly() -> None:
    lines = [x for x in read("constraints.txt").splitlines() if not x.startswith("#")]
    pinned = {x.split("==")[0] for x in lines}
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(w for e in extras.values() for w in e)]

    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*", x) for x in lines)
    names = {re.split(r"[ >=<\[]", w)[0].lower() for w in wanted}
    assert names - {project["name"]} <= pinned
