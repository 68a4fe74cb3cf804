"""docs/server.md: what it tells a volunteer to type exists."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main
import yaml

from tests.server.compose_rules import filled
from treadwear import cli
from treadwear.commands import server
from treadwear.server.installation import install
from treadwear.server.told import told
from treadwear.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/server.md").read_text(encoding="utf-8")
COMPOSED = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
TYPED = "\n".join(re.findall(r"(?m)^    (.+)$", GUIDE)).replace("\\\n", " ")
FORBIDDEN = re.compile(
    r"injury risk|diagnos|\btreat\b|prevent injur|abnormal|\bscores?\b", re.IGNORECASE
)


def commands() -> dict[str, Any]:
    """All commands of treadwear, also of those of the server alone."""
    alone = typer.Typer()
    server.register(alone)
    found: dict[str, Any] = {}
    for app in (cli.make_app(), alone):
        found |= typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return found


def test_the_commands_exist_with_these_flags() -> None:
    known = commands()
    typed = re.findall(
        r"(?:treadwear|--no-deps processing|--rm influx-setup|--rm ble) "
        r"(init|pair|check|run|forget|backfill|sessions|health|tokens)\b([^|&;\n]*)",
        TYPED,
    )

    assert {name for name, _ in typed} >= {"init", "run", "forget", "tokens"}
    for name, rest in typed:
        flags = {flag for p in known[name].params for flag in p.opts}
        assert set(re.findall(r"(?<!\S)(--[a-z-]+)", rest)) <= flags


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
def test_the_settings_of_a_collector_can_be_used(block: str) -> None:
    said = tomllib.loads(block)

    assert set(said) <= set(Settings.model_fields)
    made = Settings.model_validate(said)
    assert made.broker_tls == (made.broker_port == 8883)


def services_of(line: str) -> list[str]:
    """Services that one line of docker compose names."""
    with_value = {"-v", "-s", "--profile", "--entrypoint", "--tail"}
    words, bare = iter(line.split()), []
    for word in words:
        if word in with_value:
            next(words)
        elif not word.startswith("-"):
            bare.append(word)
    verb, *rest = bare
    if verb in {"exec", "run"}:
        return rest[:1]
    return rest if verb in {"up", "stop", "start", "restart", "kill", "logs"} else []


def test_the_services_exist() -> None:
    lines = re.findall(r"docker compose ([^&|;#\n]+)", TYPED)
    named = [service for line in lines for service in services_of(line)]

    assert len(set(named)) >= 6
    assert set(named) <= set(COMPOSED["services"])


def test_the_profiles_and_volumes_exist() -> None:
    profiles = {p for s in COMPOSED["services"].values() for p in s.get("profiles", [])}
    volumes = {f"{COMPOSED['name']}_{name}" for name in COMPOSED["volumes"]}

    assert set(re.findall(r"--profile (\w+)", GUIDE)) <= profiles
    assert set(re.findall(r"`(treadwear_\w+)`", GUIDE)) == volumes


def test_the_ports_are_those_of_the_compose_file() -> None:
    ports = {
        filled(port).split(":")[1]
        for service in COMPOSED["services"].values()
        for port in service.get("ports", [])
    }

    assert ports == {"1883", "8080", "3000"}
    assert set(re.findall(r"http://127\.0\.0\.1:(\d+)", GUIDE)) == {"3000", "8080"}


def test_the_files_that_are_removed_are_there(tmp_path: Path) -> None:
    install(tmp_path, ["ana"], "club-server.local")
    removed = [line for line in TYPED.splitlines() if line.startswith("rm ")]
    files = {x for line in removed for x in line.partition("&&")[0].split()[1:]}

    assert len(files) >= 8
    assert all((tmp_path / name).is_file() for name in files)


BLOCKS = re.findall(r"(?:^    .+\n)+", GUIDE, re.MULTILINE)
RENEWING = [x for x in BLOCKS if "treadwear init ." in x and "rm " in x]


@pytest.mark.parametrize("block", RENEWING)
def test_what_it_says_after_something_was_removed_is_what_init_says(
    tmp_path: Path, block: str
) -> None:
    install(tmp_path, ["ana"], "club-server.local")
    said = re.split(r"\n|&&", block)
    names = [x for line in said for x in line.split()[1:] if "rm " in line]
    for name in names:
        (tmp_path / name).unlink()
    runners = re.findall(r"--runner (\w+)", block)

    lines = told(install(tmp_path, runners))

    typed = [x.strip() for x in lines if x.startswith("  docker ")]
    assert typed
    assert set(typed) <= {line.strip() for line in said}


def test_every_secret_that_can_be_renewed_is_in_the_guide(tmp_path: Path) -> None:
    install(tmp_path, ["ana"])
    secrets = {p.name for p in (tmp_path / "secrets").iterdir()}

    derived = {"health_options", "influx_admin_password"}
    assert {x for x in secrets - derived if f"secrets/{x}" not in GUIDE} == set()


def test_links_within_the_guide_lead_somewhere() -> None:
    headings = re.findall(r"(?m)^#+ (.+)$", GUIDE)
    anchors = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}

    links = re.findall(r"\]\(([^)]+)\)", GUIDE)
    for link in links:
        if link.startswith("#"):
            assert link[1:] in anchors
        else:
            assert (ROOT / "docs" / link).is_file()


def test_the_guide_says_what_was_not_tested_and_keeps_to_our_words() -> None:
    words = " ".join(GUIDE.split())

    assert "No Docker engine, no Grafana and no InfluxDB 2" in words
    assert FORBIDDEN.findall(GUIDE) == []
