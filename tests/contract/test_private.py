"""What is kept of a person can be looked into by its owner only."""

import os
import stat
from pathlib import Path

import pytest

from collector.spool import Spool
from contract.private import private_dir, private_file
from processing.store.sqlite import SqliteStore

pytestmark = pytest.mark.skipif(os.name == "nt", reason="rights are others there")


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def open_to_all() -> object:
    """Let the system give new files to everybody, which is its worst."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_new_database_and_its_directory_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data" / "treadwear.db"
    with SqliteStore.open(path) as store:
        store.probe()
        for file in path.parent.iterdir():
            assert rights(file) == 0o600, file.name
        assert len(list(path.parent.iterdir())) > 1  # its journals too
    assert rights(path.parent) == rights(path.parent.parent) == 0o700


def test_a_new_disk_buffer_and_its_directory_are_the_owners_alone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "data" / "spools" / "spool.db"
    spool = Spool(path)
    try:
        for file in path.parent.iterdir():
            assert rights(file) == 0o600, file.name
    finally:
        spool.close()
    assert rights(tmp_path / "data") == 0o700


def test_what_is_there_keeps_the_rights_that_somebody_gave_it(tmp_path: Path) -> None:
    """A group may share a directory: who set that up meant it."""
    folder, file = tmp_path / "shared", tmp_path / "shared" / "treadwear.db"
    folder.mkdir(mode=0o750)
    file.write_bytes(b"kept")
    file.chmod(0o640)
    private_dir(folder)
    private_file(file)
    assert (rights(folder), rights(file)) == (0o750, 0o640)
    assert file.read_bytes() == b"kept"


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OSError, match="exists"):
        private_dir(tmp_path / "taken")
