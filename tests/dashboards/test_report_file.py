"""A report's file: whole or not there, and a half says of which run it is."""

from pathlib import Path

import pytest

from contract.errors import StoreError
from dashboards.report.build import replace_file


def test_a_file_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError) as fault:
        replace_file(tmp_path / "taken" / "s1.html", b"page")
    assert fault.value.why == "File exists"


def test_a_half_bears_the_name_of_its_run_and_goes_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halves: list[str] = []

    def full(half: Path, target: Path) -> None:
        halves.append(half.name)
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError) as fault:
        replace_file(tmp_path / "s1.html", b"page")
    assert fault.value.why == "No space left on device"
    (half,) = halves
    assert half.startswith(".s1.")
    assert half.endswith(".part")
    assert list(tmp_path.iterdir()) == []
