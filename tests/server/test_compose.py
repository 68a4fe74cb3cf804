"""The compose file keeps its rules, and each rule notices when it is broken.

No Docker engine is needed, and none was there when this was written: docs/server.md
says what that leaves open.
"""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
import yaml

from tests.server.compose_rules import RULES, Composed, filled, read
from treadwear import cli
from treadwear.server.installation import install
from treadwear.server.lan import LAN_NAME
from treadwear.server.roles import MOST_SIMULATED

ROOT = Path(__file__).resolve().parents[2]
RUNNER = "nobody"
"""Default of ${RUNNER}, whose secret is only needed for the profile ble."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("club")
    install(directory, ["ana"], "club.local")
    secret = directory / f"secrets/broker_{RUNNER}"
    secret.write_text("of the one who is named in .env\n")
    secret.chmod(0o600)
    return directory


@pytest.fixture(scope="module")
def composed(installed: Path) -> Composed:
    return read((installed / "docker-compose.yml").read_text(), installed)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_compose_file_keeps_the_rule(
    composed: Composed, rule: Callable[[Composed], object]
) -> None:
    assert list(rule(composed)) == []  # type: ignore[call-overload]


BROKEN = {
    "has_the_shape": [
        ("mem_limit: 512m", "mem_limits: 512m"),
        ("condition: service_healthy", "condition: service_helthy"),
        ("retries: 4", "retries: many"),
        ("read_only: true", "read_only: yes please"),
    ],
    "every_variable_has_a_default_or_a_sentence": [
        ("${PORT_LIVE:-8080}", "${PORT_LIVE}"),
        ("${PORT_LIVE:-8080}", "$PORT_LIVE"),
        ("$$SYS", "$SYS"),
        (":?run treadwear init DIR, then docker compose in DIR}", ":?}"),
    ],
    "every_bind_source_is_there": [
        ("source: ./mosquitto,", "source: ./mosquito,"),
        ("source: ./tls/server, target: /mosquitto/tls, read_only: true",
         "source: ./tls/server, target: /mosquitto/tls"),
    ],
    "every_secret_is_declared_used_and_private": [
        ("secrets: [broker_live]", "secrets: [broker_lives]"),
        ("secrets: [broker_live]", "secrets: []"),
        ("file: ./secrets/broker_live", "file: ./secrets/broker_lives"),
        ("file: ./secrets/broker_live", "file: ./README.txt"),
    ],
    "every_volume_and_network_is_declared_and_used": [
        ("  runs: {}\n", ""),
        ("  page: {}\n", ""),
        ("\n  broker: {}\n", "\n  broker: {}\n  unused: {}\n"),
    ],
    "whom_one_waits_for_can_be_waited_for": [
        ("      mosquitto: {condition", "      mosquito: {condition"),
        ("influx-setup: {condition: service_completed_successfully}",
         "influx-setup: {condition: service_healthy}"),
        ("processing: {condition: service_healthy}",
         "processing: {condition: service_completed_successfully}"),
    ],
    "what_runs_on_is_checked": [
        ("restart: unless-stopped", 'restart: "no"'),
    ],
    "ports_are_on_this_machine_only": [
        ('"127.0.0.1:${PORT_LIVE:-8080}:8080"', '"${PORT_LIVE:-8080}:8080"'),
        ('"127.0.0.1:${PORT_LIVE:-8080}:8080"', '"0.0.0.0:${PORT_LIVE:-8080}:8080"'),
        ("${PORT_LIVE:-8080}:8080", "8080:8080"),
    ],
    "images_are_pinned": [
        ("influxdb:2.7.12", "influxdb:latest"),
        ("influxdb:2.7.12", "influxdb:2"),
        ("grafana/grafana:12.3.1", "grafana/grafana"),
    ],
    "everything_is_hardened": [
        ("    cap_drop: [ALL]\n", ""),
        ("\n  cap_drop: [ALL]\n", "\n  cap_drop: [ALL]\n  cap_add: [NET_RAW]\n"),
        ('security_opt: ["no-new-privileges:true", "apparmor:unconfined"]',
         'security_opt: ["apparmor:unconfined"]'),
        ("    mem_limit: 2g\n", ""),
        ('    max-size: "10m"\n', ""),
        ("  pids_limit: 200\n", ""),
        ("\n  read_only: true\n", "\n"),
    ],
    "our_settings_exist": [
        ("TREADWEAR_OUTBOX_MB:", "TREADWEAR_OUTBOX_GB:"),
        ("TREADWEAR_BROKER_PASSWORD_FILE:", "TREADWEAR_BROKER_PASSFILE:"),
    ],
    "no_secret_stands_in_the_open": [
        ("GF_SECURITY_ADMIN_PASSWORD__FILE: /run/secrets/grafana_admin_password",
         "GF_SECURITY_ADMIN_PASSWORD: admin"),
        ("TREADWEAR_INFLUX_TOKEN_FILE: /run/tokens/writer",
         "TREADWEAR_INFLUX_TOKEN: abc"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [(rule, *change) for rule in RULES for change in BROKEN[rule.__name__]],
)
def test_a_rule_notices_that_it_is_broken(
    composed: Composed, rule: Callable[[Composed], object], good: str, bad: str
) -> None:
    assert good in composed.text, "the mutation no longer fits the file"
    text = composed.text.replace(good, bad)
    broken = read(text, composed.directory)

    assert list(rule(broken))  # type: ignore[call-overload]


def test_every_rule_is_tried_on_a_broken_copy() -> None:
    assert {rule.__name__ for rule in RULES} == set(BROKEN)


def test_a_key_that_stands_twice_is_noticed(composed: Composed) -> None:
    text = composed.text.replace("    networks: [data]\n", "    networks: [data]\n" * 2)

    with pytest.raises(yaml.YAMLError, match="stands twice"):
        read(text, composed.directory)


def test_only_the_owner_starts_as_root_and_it_may_only_change_owners(
    composed: Composed,
) -> None:
    roots = [n for n, s in composed.services.items() if s["user"].startswith("0")]
    owner = composed.services["owner"]

    assert roots == ["owner"]
    assert owner["cap_add"] == ["CHOWN"]
    assert owner["network_mode"] == "none"
    assert "${" in owner["command"][0]
    volumes = {f"/volumes/{name}" for name in composed.said["volumes"]}
    assert set(owner["command"][1:]) == volumes
    assert {mount["target"] for mount in owner["volumes"]} == volumes


def test_who_may_do_what_reaches_only_those_who_need_it(composed: Composed) -> None:
    def holders(name: str) -> set[str]:
        return {n for n, s in composed.services.items() if name in _secrets(s)}

    assert holders("influx_admin_token") == {"influxdb", "influx-setup"}
    assert holders("broker_processing") == {"processing"}
    assert holders("grafana_admin_password") == {"grafana"}
    tokens = {
        name: service.get("volumes", [])
        for name, service in composed.services.items()
        if name not in {"owner", "influx-setup"}
    }
    for volume, holder in (("writer", "processing"), ("reader", "grafana")):
        mounts = {
            n: m for n, all_ in tokens.items() for m in all_ if m["source"] == volume
        }
        assert set(mounts) == {holder}
        assert mounts[holder]["read_only"]


def _secrets(service: dict[str, object]) -> set[str]:
    listed = service.get("secrets", [])
    assert isinstance(listed, list)
    return {x if isinstance(x, str) else x["source"] for x in listed}


def test_the_database_has_no_way_out_and_no_port(composed: Composed) -> None:
    database = composed.services["influxdb"]

    assert "ports" not in database
    assert database["networks"] == ["data"]
    assert composed.said["networks"]["data"] == {"internal": True}


def test_grafana_asks_for_a_password_and_tells_nobody_anything(
    composed: Composed,
) -> None:
    said = composed.services["grafana"]["environment"]
    off = (
        "AUTH_ANONYMOUS_ENABLED",
        "USERS_ALLOW_SIGN_UP",
        "ANALYTICS_REPORTING_ENABLED",
        "ANALYTICS_CHECK_FOR_UPDATES",
        "ANALYTICS_CHECK_FOR_PLUGIN_UPDATES",
        "SNAPSHOTS_EXTERNAL_ENABLED",
        "NEWS_NEWS_FEED_ENABLED",
    )

    assert all(said[f"GF_{name}"] == "false" for name in off)
    assert said["GF_SECURITY_DISABLE_GRAVATAR"] == "true"
    assert said["GF_DASHBOARDS_MIN_REFRESH_INTERVAL"] == "5s"


def test_grafana_finds_its_first_board_and_its_token(
    composed: Composed, installed: Path
) -> None:
    said = composed.services["grafana"]["environment"]
    mounts = {m["target"]: m["source"] for m in composed.services["grafana"]["volumes"]}
    home = Path(said["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    provisioning = installed / "grafana/provisioning"
    text = "\n".join(p.read_text() for p in provisioning.rglob("*.yaml"))

    assert (installed / mounts[str(home.parent)] / home.name).is_file()
    assert mounts["/run/tokens"] == "reader"
    assert set(re.findall(r"\$__file\{(.*?)\}", text)) == {"/run/tokens/reader"}
    assert set(re.findall(r"path: (\S+)", text)) == {str(home.parent)}
    variables = set(re.findall(r"\$\{?([A-Z][A-Z_]+)\}?", text))
    assert variables <= set(said)


def test_the_tokens_are_written_where_they_are_read(composed: Composed) -> None:
    setup = composed.services["influx-setup"]
    places = {m["target"]: m["source"] for m in setup["volumes"]}
    flags = dict(zip(setup["command"][1::2], setup["command"][2::2], strict=True))
    read_at = composed.services["processing"]["environment"]

    assert places[str(Path(flags["--writer"]).parent)] == "writer"
    assert places[str(Path(flags["--reader"]).parent)] == "reader"
    assert Path(flags["--reader"]).name == "reader"
    assert read_at["TREADWEAR_INFLUX_TOKEN_FILE"].endswith(
        f"/{Path(flags['--writer']).name}"
    )


def test_our_services_are_commands_with_flags_that_exist(composed: Composed) -> None:
    known = typer.main.get_command(cli.make_app()).commands  # type: ignore[attr-defined]
    for service in composed.services.values():
        if "build" in service:
            name, *rest = service["command"]
            flags = {flag for p in known[name].params for flag in p.opts}
            assert {word for word in rest if word.startswith("--")} <= flags
    squad = filled(composed.services["simulate"]["command"][-1])
    assert 1 <= int(squad) <= MOST_SIMULATED


def test_health_is_asked_where_the_service_is(composed: Composed) -> None:
    processing, live = (composed.services[name] for name in ("processing", "live"))
    port = live["environment"]["TREADWEAR_LIVE_PORT"]
    data_dir = processing["environment"]["TREADWEAR_DATA_DIR"]

    assert processing["healthcheck"]["test"][-2:] == ["processing", data_dir]
    assert data_dir in {mount["target"] for mount in processing["volumes"]}
    assert live["healthcheck"]["test"][-2:] == ["live", port]
    assert filled(live["ports"][0]).endswith(f":{port}")
    for service in (processing, live):
        assert service["healthcheck"]["test"][3] == "treadwear.server.health"


def test_every_service_has_the_password_of_its_own_user(composed: Composed) -> None:
    for service in composed.services.values():
        said = service.get("environment", {})
        user = said.get("TREADWEAR_BROKER_USERNAME")
        if user is None:
            continue
        file = said["TREADWEAR_BROKER_PASSWORD_FILE"].removeprefix("/run/secrets/")
        assert file in _secrets(service)
        source = composed.said["secrets"][file]["file"]
        assert source == f"./secrets/broker_{user}"


def test_the_image_is_of_this_version(composed: Composed) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = {s["image"] for s in composed.services.values() if "build" in s}

    assert ours == {f"localhost/treadwear:{project['version']}"}
    assert f"ARG VERSION={project['version']}\n" in (ROOT / "Dockerfile").read_text()


def test_what_is_set_in_env_is_used(composed: Composed, installed: Path) -> None:
    lan = (installed / LAN_NAME).read_text()
    lines = (installed / ".env").read_text().splitlines()
    names = {line.partition("=")[0] for line in lines if re.match(r"[A-Z]", line)}
    used = set(re.findall(r"\$\{(\w+)", composed.text + lan))

    assert {n for n in names if not n.startswith("COMPOSE_")} <= used


def test_other_machines_reach_the_broker_by_tls_and_grafana_by_https(
    composed: Composed, installed: Path
) -> None:
    lan = read((installed / LAN_NAME).read_text(), installed)
    grafana = lan.services["grafana"]
    certificate = "/etc/grafana/tls/server.crt"

    assert set(lan.services) == {"mosquitto", "grafana"}
    assert [filled(p) for p in lan.services["mosquitto"]["ports"]] == [
        "0.0.0.0:8883:8883"
    ]
    assert grafana["environment"]["GF_SERVER_PROTOCOL"] == "https"
    assert grafana["environment"]["GF_SERVER_CERT_FILE"] == certificate
    assert grafana["volumes"][0]["source"] == "./tls/server"
    assert (installed / "tls/server/server.crt").is_file()
    assert grafana["healthcheck"]["test"][-1].startswith("https://")
    assert set(lan.services) <= set(composed.services)


def test_the_image_holds_no_tests_and_runs_as_nobody_in_particular() -> None:
    text = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert re.search(r"^ARG PYTHON=python:3\.\d+\.\d+-slim-\w+$", text, re.MULTILINE)
    assert "PIP_ONLY_BINARY=:all:" in text
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001:10001"]
    assert "-c constraints.txt" in text
    assert re.search(r"hatchling==\d+\.\d+\.\d+$", text, re.MULTILINE)
    assert "pip wheel --no-deps --no-build-isolation " in text
    allowed = [x[1:] for x in ignored if x.startswith("!")]
    assert "*" in ignored
    assert all((ROOT / name).exists() for name in allowed)
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    assert set(wheel["build"]["targets"]["wheel"]["packages"]) <= set(allowed)


def test_the_guide_names_the_images_that_are_used(composed: Composed) -> None:
    guide = (ROOT / "docs/server.md").read_text()
    images = {s["image"] for s in composed.services.values() if "build" not in s}

    assert all(f"`{image}`" in guide for image in images)
