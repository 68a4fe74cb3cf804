"""What `treadwear init` says comes next: it follows from what was made or changed."""

import shutil
from pathlib import Path

import pytest

from contract.errors import UsageError
from tests.server.club import HOST
from treadwear.server import installation
from treadwear.server.installation import install
from treadwear.server.told import told

BUILD, UP = "docker compose build", "docker compose up -d"
ANEW = f"{UP} --force-recreate"
HUP = "docker compose kill -s HUP mosquitto"


@pytest.fixture
def club(tmp_path: Path) -> Path:
    directory = tmp_path / "club"
    install(directory, ["ana"])
    return directory


def commands(lines: list[str]) -> list[str]:
    """What is to be typed, after the cd."""
    typed = lines[lines.index("Next:") + 1 :]
    assert typed[0].startswith("  cd ")
    return [line.strip() for line in typed[1:] if line.startswith("  docker ")]


def removed(club: Path, *names: str) -> list[str]:
    """What is said after these files were removed."""
    for name in names:
        path = club / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return told(install(club, ["ana"]))


def test_the_first_time_it_is_built_and_started(tmp_path: Path) -> None:
    assert commands(told(install(tmp_path / "c", ["ana"], HOST))) == [BUILD, UP]


def test_another_runner_needs_no_restart(club: Path) -> None:
    lines = told(install(club, ["ben"]))

    assert commands(lines) == [HUP]
    assert "A collector of ben has the password secrets/broker_ben" in lines
    assert not any("ana" in line for line in lines)
    assert not any("3000" in line for line in lines)


def test_who_is_taken_out_is_told_to_the_broker(club: Path) -> None:
    (club / "secrets/broker_ana").unlink()

    assert commands(told(install(club))) == [HUP]


@pytest.mark.parametrize(
    ("names", "services"),
    [
        (["secrets/broker_processing"], "mosquitto processing"),
        (["secrets/broker_live", "secrets/broker_ana"], "mosquitto live"),
        (["secrets/broker_health"], "mosquitto"),
        (
            [f"secrets/broker_{x}" for x in ("processing", "live", "sim", "health")],
            "mosquitto processing live",
        ),
        (["secrets/grafana_admin_password"], "grafana"),
        (["mosquitto/mosquitto.conf"], "mosquitto"),
        (["grafana"], "grafana"),
    ],
)
def test_who_holds_what_was_renewed_begins_anew(
    club: Path, names: list[str], services: str
) -> None:
    assert commands(removed(club, *names)) == [f"{ANEW} {services}"]


def test_broker_and_grafana_begin_anew_with_a_certificate(club: Path) -> None:
    lines = told(install(club, host=HOST))
    assert commands(lines) == [f"{ANEW} mosquitto grafana"]
    assert any(f"broker {HOST} port 8883" in line for line in lines)

    assert commands(removed(club, "tls/server/server.crt")) == commands(lines)


def test_an_upgrade_is_built_and_begins_anew(club: Path) -> None:
    assert commands(removed(club, "docker-compose.yml", "grafana")) == [BUILD, ANEW]


def test_simulated_runners_need_their_new_password(club: Path) -> None:
    lines = removed(club, "secrets/broker_sim")

    assert any("--profile sim up -d --force-recreate simulate" in x for x in lines)


def test_what_a_service_has_kept_is_not_new_by_itself(club: Path) -> None:
    lines = removed(club, "secrets/influx_admin_token")

    assert any("keeps the old one until it is told" in line for line in lines)


def test_what_nobody_runs_needs_nothing(club: Path) -> None:
    assert "Nothing more has to be done." in removed(club, "README.txt")
    assert "Nothing had to be done." in told(install(club))


def test_a_directory_with_a_quote_can_be_typed(tmp_path: Path) -> None:
    lines = told(install(tmp_path / "ana's club"))

    assert any(line.startswith("  cd '") and '"\'"' in line for line in lines)


def test_a_secret_that_others_can_read_is_told_of(club: Path) -> None:
    (club / "secrets/broker_ana").chmod(0o644)

    lines = told(install(club))

    warning = "others may read secrets/broker_ana: chmod 600 secrets/broker_ana"
    assert [line for line in lines if "warning" in line] == [f"  warning  {warning}"]


@pytest.mark.parametrize("name", ["docker-compose.yml", "compose.yaml", "compose.yml"])
def test_a_compose_file_of_something_else_is_told_of_before_what_comes_next(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("services: {web: {image: x}}\n")

    lines = told(install(tmp_path))

    (at,) = [n for n, x in enumerate(lines) if f"{name} here is not treadwear's" in x]
    assert at < lines.index("Next:")
    assert (tmp_path / name).read_text().startswith("services: {web")


def test_a_copy_of_a_password_is_named_before_anything_is_made(
    tmp_path: Path,
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/broker_Ana.bak").write_text("x")

    with pytest.raises(UsageError) as refused:
        install(tmp_path)

    assert str(tmp_path / "secrets/broker_Ana.bak") in refused.value.what
    assert [p.name for p in tmp_path.iterdir()] == ["secrets"]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("/opt/o'brien/treadwear", '"/opt/o\'brien/treadwear"'),
        ('/srv/$HOME "x"', "'/srv/$HOME \"x\"'"),
        ("/srv/a b", "'/srv/a b'"),
    ],
)
def test_a_source_with_a_quote_in_its_path_stands_whole_in_env(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, line: str
) -> None:
    monkeypatch.setattr(installation, "source_tree", lambda: Path(source))

    install(tmp_path)

    assert f"\nTREADWEAR_SOURCE={line}\n" in (tmp_path / ".env").read_text()


@pytest.mark.parametrize("source", ["/srv/o'$x", "/srv/a\nb", "/srv/o'\"x"])
def test_a_source_that_env_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr(installation, "source_tree", lambda: Path(source))

    with pytest.raises(UsageError, match=r"\.env cannot hold|source of treadwear"):
        install(tmp_path / "club")

    assert not (tmp_path / "club").exists()
