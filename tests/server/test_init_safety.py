"""`treadwear init` where somebody else has been before, and with any umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import UsageError
from treadwear.server.installation import install
from treadwear.server.tokens import _write

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
PRIVATE = ("secrets/", "tls/ca.key", "tls/server/server.key", ".env", "mosquitto/")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_whatever_the_umask_nobody_else_reads_a_secret(tmp_path: Path) -> None:
    club = tmp_path / "club"
    install(club, ["ana"], "club.local")

    paths = [p for p in club.rglob("*") if p.is_file()]
    private = [p for p in paths if p.relative_to(club).as_posix().startswith(PRIVATE)]
    assert len(private) > 10
    assert {stat.S_IMODE(p.stat().st_mode) for p in private} == {0o600}
    folders = [club / name for name in ("secrets", "mosquitto", "tls", "grafana")]
    assert {stat.S_IMODE(p.stat().st_mode) for p in folders} == {0o700}


def test_a_secret_is_private_from_the_moment_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at while it is still empty: a later chmod would come too late."""
    modes: dict[str, set[int]] = {}
    open_file = os.open

    def watched(path: Path, flags: int, mode: int = 0o777) -> int:
        handle = open_file(path, flags, mode)
        assert flags & os.O_EXCL
        mode_now = stat.S_IMODE(os.fstat(handle).st_mode)
        modes.setdefault(Path(path).parent.name, set()).add(mode_now)
        return handle

    monkeypatch.setattr("treadwear.server.tree.os.open", watched)
    install(tmp_path / "club", ["ana"], "club.local")
    assert modes["secrets"] == modes["mosquitto"] == {0o600}


@pytest.mark.parametrize(
    ("host", "address"), [("fd00::20", "[fd00::20]"), ("club.local", "club.local")]
)
def test_grafana_is_told_an_address_that_browsers_understand(
    tmp_path: Path, host: str, address: str
) -> None:
    install(tmp_path / "club", host=host)

    text = (tmp_path / "club/compose.lan.yml").read_text()
    assert f'GF_SERVER_ROOT_URL: "https://{address}:$' in text


@pytest.mark.parametrize("name", ["secrets", "mosquitto", "tls/server"])
def test_a_link_that_leads_out_of_the_directory_is_refused(
    tmp_path: Path, name: str
) -> None:
    club, elsewhere = tmp_path / "club", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (club / name).parent.mkdir(parents=True)
    (club / name).symlink_to(elsewhere, target_is_directory=True)

    with pytest.raises(UsageError, match="a link to somewhere else"):
        install(club, ["ana"], "club.local")

    assert list(elsewhere.iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(
    tmp_path: Path,
) -> None:
    club, victim = tmp_path / "club", tmp_path / "victim"
    (club / "secrets").mkdir(parents=True)
    (club / "secrets/broker_ana").symlink_to(victim)

    install(club, ["ana"])

    assert not victim.exists()
    assert not (club / "secrets/broker_ana").is_symlink()


@pytest.mark.skipif(not AS_ROOT, reason="only root gives directories away")
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    club = tmp_path / "club"
    club.mkdir()
    os.chown(club, 12345, 12345)

    with pytest.raises(UsageError, match="belongs to somebody else"):
        install(club)

    assert list(club.iterdir()) == []


def test_a_token_is_not_written_into_what_lies_in_its_way(tmp_path: Path) -> None:
    """A draft of a process that was killed: in a container ids come again."""
    victim = tmp_path / "victim"
    victim.write_text("of somebody else")
    draft = tmp_path / f".writer.{os.getpid()}"
    draft.symlink_to(victim)
    _write(tmp_path / "writer", "token")

    assert victim.read_text() == "of somebody else"
    assert (tmp_path / "writer").read_text() == "token\n"
    assert stat.S_IMODE((tmp_path / "writer").stat().st_mode) == 0o600
    assert not draft.is_symlink()
