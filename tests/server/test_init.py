"""`treadwear init`: what it makes, what it leaves alone, and when it refuses."""

import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.errors import TreadwearError, UsageError
from tests.server.club import HOST
from treadwear.commands import server
from treadwear.server import mosquitto
from treadwear.server.certificates import hosts_of, new_authority, new_server
from treadwear.server.installation import Installed, install
from treadwear.server.lan import LAN_NAME
from treadwear.server.owner import owner_of
from treadwear.server.roles import ROLES
from treadwear.server.sources import grafana_files
from treadwear.server.tree import Owner

APP = typer.Typer()
server.register(APP)
ROLE_SECRETS = {f"secrets/broker_{role}" for role in ROLES}
SECRETS = {
    *ROLE_SECRETS,
    "secrets/health_options",
    "secrets/influx_admin_password",
    "secrets/influx_admin_token",
    "secrets/grafana_admin_password",
    "secrets/grafana_secret_key",
}
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def club(tmp_path: Path) -> Path:
    return tmp_path / "the club"


def contents(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its mode."""
    return {
        p.relative_to(directory).as_posix(): (p.read_bytes(), p.stat().st_mode)
        for p in directory.rglob("*")
        if p.is_file()
    }


def said(*arguments: str) -> str:
    done = CliRunner().invoke(APP, ["init", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_an_empty_directory_gets_all_that_compose_needs(club: Path) -> None:
    install(club, ["ana"])

    boards = {f"grafana/{name}" for name, _ in grafana_files()}
    assert set(contents(club)) == SECRETS | boards | {
        "secrets/broker_ana",
        "docker-compose.yml",
        ".env",
        "README.txt",
        "mosquitto/mosquitto.conf",
        "mosquitto/acl",
        "mosquitto/passwords",
    }
    assert len(boards) >= 5 + 3


def test_secrets_are_long_random_and_private(club: Path, tmp_path: Path) -> None:
    install(club, ["ana", "ben"])
    install(tmp_path / "another", ["ana"])

    values = []
    for name, (text, mode) in contents(club).items():
        if name.startswith("secrets/"):
            assert stat.S_IMODE(mode) == 0o600
            values.append(text.decode().strip())
    assert all(len(value) >= 32 for value in values)
    assert len(set(values)) == len(values)
    assert stat.S_IMODE((club / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((club / "mosquitto/passwords").stat().st_mode) == 0o600
    other = (tmp_path / "another/secrets/broker_ana").read_text().strip()
    assert other not in values


def test_no_secret_is_printed_or_stands_in_another_file(club: Path) -> None:
    output = said(str(club), "--runner", "ana", "--lan", HOST)

    files = contents(club)
    for name in SECRETS - {"secrets/health_options"} | {"secrets/broker_ana"}:
        secret = files[name][0].strip()
        assert secret.decode() not in output
        holders = {other for other, (text, _) in files.items() if secret in text}
        assert holders <= {name, "secrets/health_options"}
    assert files["tls/ca.key"][0].decode() not in output


def test_a_second_run_changes_no_byte(club: Path) -> None:
    install(club, ["ana"], HOST)
    before = contents(club)

    again = install(club, ["ana"], HOST)
    without = install(club)

    assert contents(club) == before
    assert again.made == again.changed == again.differing == ()
    assert without.made == without.changed == ()
    assert "Nothing had to be done." in said(str(club))


def test_another_runner_gets_a_password_and_rights_and_nothing_else_changes(
    club: Path,
) -> None:
    install(club, ["ana"])
    before = contents(club)

    done = install(club, ["ben"])

    after = contents(club)
    differing = {name for name in after if after[name] != before.get(name)}
    assert differing == {"secrets/broker_ben", "mosquitto/acl", "mosquitto/passwords"}
    assert done.runners == ("ana", "ben")
    assert set(before) - set(after) == set()
    lines_before = before["mosquitto/passwords"][0].splitlines()
    lines = after["mosquitto/passwords"][0].splitlines()
    assert set(lines_before) < set(lines)
    assert len(lines) == len(lines_before) + 1


def test_every_password_is_known_to_the_broker(club: Path) -> None:
    install(club, ["ana"])

    lines = (club / "mosquitto/passwords").read_text().splitlines()
    for line in lines:
        user = line.partition(":")[0]
        secret = (club / f"secrets/broker_{user}").read_text().strip()
        assert mosquitto.fits(line, secret)
        assert not mosquitto.fits(line, f"{secret}x")
    users = [line.partition(":")[0] for line in lines]
    assert users == [*ROLES, "ana"]
    assert mosquitto.users_of((club / "mosquitto/acl").read_text()) == (*ROLES, "ana")


def test_a_removed_secret_is_made_anew_and_the_old_password_is_out(club: Path) -> None:
    install(club, ["ana"])
    old = (club / "secrets/broker_ana").read_text().strip()
    (club / "secrets/broker_ana").unlink()

    install(club, ["ana"])

    line = (club / "mosquitto/passwords").read_text().splitlines()[-1]
    assert not mosquitto.fits(line, old)
    assert mosquitto.fits(line, (club / "secrets/broker_ana").read_text().strip())


def test_a_runner_without_a_secret_is_let_in_no_longer(club: Path) -> None:
    install(club, ["ana", "ben"])
    (club / "secrets/broker_ana").unlink()

    output = said(str(club))

    assert "removed  ana" in output
    assert "ana" not in mosquitto.users_of((club / "mosquitto/acl").read_text())
    assert "ana:" not in (club / "mosquitto/passwords").read_text()
    assert "ben:" in (club / "mosquitto/passwords").read_text()


def test_other_machines_are_let_in_only_when_that_is_asked_for(club: Path) -> None:
    install(club)
    assert not any(name.startswith("tls/") for name in contents(club))
    before = contents(club)

    done = install(club, host=HOST)

    after = contents(club)
    assert set(after) - set(before) == {
        "tls/ca.crt",
        "tls/ca.key",
        "tls/server/server.crt",
        "tls/server/server.key",
        "mosquitto/more/lan.conf",
        LAN_NAME,
    }
    assert {name for name in before if after[name] != before[name]} == {".env"}
    assert after[".env"][0].startswith(before[".env"][0].rstrip())
    assert b"\nCOMPOSE_FILE=docker-compose.yml:compose.lan.yml\n" in after[".env"][0]
    assert set(hosts_of(after["tls/server/server.crt"][0])) >= {HOST, "localhost"}
    assert (done.host, done.certificate_days) == (HOST, 396)
    for name in ("tls/ca.key", "tls/server/server.key"):
        assert stat.S_IMODE(after[name][1]) == 0o600


def test_a_certificate_that_ends_soon_is_told_of(club: Path) -> None:
    install(club, host=HOST)
    then = datetime.now(UTC) - timedelta(days=390)
    soon = new_server(new_authority(), HOST, then).certificate
    (club / "tls/server/server.crt").write_bytes(soon)

    assert "good for 6 more days" in said(str(club))


def test_what_somebody_has_changed_stays_and_is_told_of(club: Path) -> None:
    install(club)
    for name in ("docker-compose.yml", ".env", "mosquitto/mosquitto.conf"):
        path = club / name
        path.write_text(path.read_text() + "# mine\n")
    before = contents(club)

    done = install(club)

    assert contents(club) == before
    assert set(done.differing) == {"docker-compose.yml", "mosquitto/mosquitto.conf"}
    assert "docker-compose.yml, although this version" in said(str(club))


def test_rights_that_somebody_has_edited_are_not_written_over(club: Path) -> None:
    install(club, ["ana"])
    rights = club / "mosquitto/acl"
    rights.write_text(rights.read_text() + "topic read #\n")
    before = contents(club)

    with pytest.raises(UsageError, match="changed by hand"):
        install(club, ["ben"])

    assert contents(club) == before


def test_an_empty_secret_is_refused(club: Path) -> None:
    install(club)
    (club / "secrets/broker_live").write_text("\n")

    with pytest.raises(UsageError, match="broker_live is empty"):
        install(club)


@pytest.mark.parametrize(
    "runner", ["processing", "sim-2", "Ana", "a/b", "../x", "", "-x", "--all", "-"]
)
def test_a_bad_runner_id_leaves_no_trace(club: Path, runner: str) -> None:
    with pytest.raises(UsageError, match="cannot be a runner id"):
        install(club, [runner])

    assert not club.exists()


def test_a_bad_host_leaves_no_trace(club: Path) -> None:
    with pytest.raises(UsageError, match="no name of a machine"):
        install(club, host="not a host")

    assert not club.exists()


@pytest.mark.parametrize(
    "name", ["", "secrets", "mosquitto/more", "docker-compose.yml"]
)
def test_a_thing_in_the_way_is_named(club: Path, name: str) -> None:
    path = club / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".yml"):
        path.mkdir()
    else:
        path.write_text("in the way\n")

    with pytest.raises(UsageError) as refused:
        install(club)

    assert str(path) in refused.value.what
    assert refused.value.next_step


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_named(club: Path) -> None:
    club.mkdir(mode=0o500)

    with pytest.raises(UsageError, match="cannot be made"):
        install(club)


@pytest.mark.skipif(not AS_ROOT, reason="only root gives files away")
def test_root_gives_the_files_to_whom_the_containers_run_as(club: Path) -> None:
    install(club, ["ana"], HOST)

    paths = [club, *club.rglob("*")]
    assert {(p.stat().st_uid, p.stat().st_gid) for p in paths} == {(10001, 10001)}
    assert "belongs to user 10001, group 10001, not to root" in said(str(club))
    assert re.search(r"_UID=10001\n.*_GID=10001\n", (club / ".env").read_text())


def test_the_owner_is_who_ran_the_first_init(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1001)
    monkeypatch.setattr(os, "getgid", lambda: 1002)
    assert owner_of(tmp_path) == Owner(1001, 1002)

    ids = "".join(f"TREADWEAR_{word}=1003\n" for word in ("GID", "UID"))
    (tmp_path / ".env").write_text(ids)
    with pytest.raises(UsageError, match="belongs to user 1003"):
        owner_of(tmp_path)

    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert owner_of(tmp_path) == Owner(1003, 1003, is_other=True)


def test_behind_sudo_the_files_are_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)

    caller = {"SUDO_UID": "1001", "SUDO_GID": "1002"}
    assert owner_of(tmp_path, caller) == Owner(1001, 1002, is_other=True)
    assert owner_of(tmp_path, {}) == Owner(10001, 10001, is_other=True)


def test_an_installation_without_boards_is_refused_before_anything_is_made(
    club: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> list[tuple[str, str]]:
        raise TreadwearError("dashboards/grafana/boards is missing")

    monkeypatch.setattr("treadwear.server.installation.grafana_files", missing)
    with pytest.raises(TreadwearError, match="is missing"):
        install(club)

    assert contents(club) == {}


def test_it_says_what_was_made_and_what_comes_next(club: Path) -> None:
    output = said(str(club), "--runner", "ana")

    for words in (
        "made     secrets/broker_ana",
        f"cd '{club}'",
        "docker compose build",
        "docker compose up -d",
        "secrets/grafana_admin_password",
        "http://127.0.0.1:3000/",
    ):
        assert words in output


def test_it_says_how_others_come_in(club: Path) -> None:
    output = said(str(club), "--runner", "ana", "--lan", HOST)

    for words in (
        "https://127.0.0.1:3000/",
        f"broker {HOST} port 8883",
        f"https://{HOST}:3443/",
        "tls/ca.crt",
        "A collector of ana has the password secrets/broker_ana",
    ):
        assert words in output


def test_what_came_of_it_is_complete(club: Path) -> None:
    done: Installed = install(club, ["ana"])

    assert set(done.made) == set(contents(club))
    assert done.removed == done.changed == done.kept == ()
    assert (done.host, done.certificate_days) == (None, None)
