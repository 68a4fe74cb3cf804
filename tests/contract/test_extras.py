"""How an extra is installed: the command can be typed, wherever treadwear came from."""

import json
import shlex
import sys
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

from contract import extras
from contract.extras import how_to_install

REQUIRES = (
    "Metadata-Version: 2.1\nName: treadwear\nVersion: 0.0\n"
    'Requires-Dist: numpy>=1\nRequires-Dist: weasyprint>=62; extra == "pdf"\n'
    'Requires-Dist: fitdecode>=0.10; extra == "fit"\n'
)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Metadata of a treadwear whose own files are no project; gives their place."""
    about = tmp_path / "treadwear-0.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(REQUIRES, encoding="utf-8")

    def found(name: str) -> Distribution:
        del name
        return PathDistribution(about)

    monkeypatch.setattr(extras, "_TREE", tmp_path)
    monkeypatch.setattr(extras, "distribution", found)
    return about


def test_in_its_own_directory_it_installs_that_with_the_python_that_runs() -> None:
    python, *words = shlex.split(how_to_install("pdf"))
    assert python == sys.executable
    assert words[:4] == ["-m", "pip", "install", "-e"]
    project = Path(words[4].removesuffix("[pdf]"))
    assert (project / "pyproject.toml").is_file()


def test_a_directory_with_a_space_stays_one_word(
    installed: Path, tmp_path: Path
) -> None:
    project = tmp_path / "my runs"
    project.mkdir()
    (project / "pyproject.toml").touch()
    told = {"url": project.as_uri(), "dir_info": {}}
    (installed / "direct_url.json").write_text(json.dumps(told), encoding="utf-8")
    assert shlex.split(how_to_install("pdf"))[-1] == f"{project}[pdf]"


@pytest.mark.parametrize(
    "told", ["", "not json", "[]", '{"url": "file:///no/such/place"}']
)
def test_without_a_directory_it_names_the_packages_themselves(
    installed: Path, told: str
) -> None:
    if told:
        (installed / "direct_url.json").write_text(told, encoding="utf-8")
    assert shlex.split(how_to_install("pdf"))[4:] == ["weasyprint>=62"]
