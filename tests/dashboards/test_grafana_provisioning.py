"""What Grafana reads at its start: where InfluxDB is, where the boards are, alerts."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.server.asking import Series, View
from dashboards.grafana.generate import BOARDS, HERE
from dashboards.grafana.queries import DATASOURCE
from tests.dashboards.grafana_month import Club, club

Json = dict[str, Any]


def _read(name: str) -> Json:
    path = HERE / "provisioning" / name
    found: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert found["apiVersion"] == 1
    return found


RULES: list[Json] = [
    rule
    for group in _read("alerting/treadwear.yaml")["groups"]
    for rule in group["rules"]
]
each_rule = pytest.mark.parametrize("rule", RULES, ids=[r["uid"] for r in RULES])


@pytest.fixture(scope="module")
def them(
    tmp_path_factory: pytest.TempPathFactory, require: Callable[..., str]
) -> Iterator[Club]:
    with club(tmp_path_factory.mktemp("influxd"), require) as started:
        yield started


def test_the_data_source_holds_neither_address_nor_token() -> None:
    (source,) = _read("datasources/treadwear.yaml")["datasources"]
    assert source["type"] == DATASOURCE["type"]
    assert source["uid"] == DATASOURCE["uid"]
    assert source["url"] == "$TREADWEAR_INFLUX_URL"
    assert source["editable"] is False
    assert source["jsonData"]["dbName"] == "treadwear"
    assert source["jsonData"]["httpMode"] == "POST"
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    token = source["secureJsonData"]["httpHeaderValue1"]
    assert token == "Token $__file{/run/tokens/reader}"  # noqa: S105 - a place


def test_boards_come_from_files_only() -> None:
    (provider,) = _read("dashboards/treadwear.yaml")["providers"]
    assert provider["allowUiUpdates"] is False
    assert provider["disableDeletion"] is True
    assert provider["options"]["path"] == "/etc/grafana/boards"


@each_rule
def test_a_rule_says_what_happened_what_to_do_and_what_silence_means(
    rule: Json,
) -> None:
    assert rule["noDataState"] in {"OK", "Alerting"}
    assert rule["execErrState"] in {"KeepLast", "Alerting"}
    assert re.fullmatch(r"\d+[sm]", rule["for"])
    assert rule["labels"]["app"] == "treadwear"
    said = rule["annotations"]
    assert said["summary"].endswith(".")
    assert said["description"].count(".") >= 1
    for text in said.values():
        assert "${" not in text, (
            "provisioning would take it for an environment variable"
        )
        assert set(re.findall(r"\$labels\.(\w+)", text)) <= {"runner"}
    assert "$" not in "".join(rule["labels"].values())


@each_rule
def test_a_rule_asks_reduces_and_compares(rule: Json) -> None:
    ask, reduce, compare = rule["data"]
    assert [step["refId"] for step in rule["data"]] == ["A", "B", "C"]
    assert rule["condition"] == "C"
    assert ask["datasourceUid"] == DATASOURCE["uid"]
    assert ask["model"]["rawQuery"] is True
    assert ask["model"]["resultFormat"] == "time_series"
    assert ask["relativeTimeRange"]["from"] > ask["relativeTimeRange"]["to"] == 0
    for step, before, kind in ((reduce, "A", "reduce"), (compare, "B", "threshold")):
        assert step["datasourceUid"] == "__expr__"
        assert step["model"]["type"] == kind
        assert step["model"]["expression"] == before


def test_rules_have_their_own_names_and_nothing_calls_out() -> None:
    assert len({rule["uid"] for rule in RULES}) == len(RULES)
    assert len({rule["title"] for rule in RULES}) == len(RULES)
    assert all(len(rule["uid"]) <= 40 for rule in RULES)
    assert set(_read("alerting/treadwear.yaml")) == {"apiVersion", "groups"}


def test_every_file_says_that_it_is_generated() -> None:
    for path in (HERE / "provisioning").rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert "python -m dashboards.grafana" in first


def _asked(them: Club, rule: Json) -> list[Series]:
    ask = rule["data"][0]
    until_ms = them.month.end_ns // 1_000_000
    view = View(until_ms - 1000 * ask["relativeTimeRange"]["from"], until_ms)
    return them.ask(view.expand(ask["model"]["query"]))


def _firing(rule: Json, found: list[Series]) -> set[str]:
    """Runners (or the one series without a label) for whom B and C hold."""
    _, reduce, compare = rule["data"]
    calculate = {"last": lambda v: v[-1], "sum": sum}[reduce["model"]["reducer"]]
    (condition,) = compare["model"]["conditions"]
    (limit,) = condition["evaluator"]["params"]
    holds = {"gt": lambda v: v > limit, "lt": lambda v: v < limit}
    firing = set()
    for series in found:
        values = [v for v in series.column("Value") if v is not None]
        if values and holds[condition["evaluator"]["type"]](calculate(values)):
            firing.add(series.tags.get("runner", "the service"))
    return firing


FIRES = {
    "treadwear-silent-left": {"runner-01", "runner-04"},
    "treadwear-silent-right": {"runner-04"},
    "treadwear-silent-hip": set(),
    "treadwear-light": {"runner-02"},
    "treadwear-outbox": {"the service"},
    "treadwear-dead-letters": {"the service"},
    "treadwear-refused": {"the service"},
    "treadwear-no-word": set(),
}


@pytest.mark.services
@each_rule
def test_a_rule_fires_for_those_whom_it_is_about_and_for_no_one_else(
    them: Club, rule: Json
) -> None:
    found = _asked(them, rule)
    assert found
    labels = [tuple(sorted(series.tags.items())) for series in found]
    assert len(set(labels)) == len(labels), "Grafana refuses two series of one label"
    assert all(series.columns == ("time", "Value") for series in found)
    assert any(v is not None for series in found for v in series.column("Value"))
    assert _firing(rule, found) == FIRES[rule["uid"]]


@pytest.mark.services
def test_silence_of_the_processing_is_no_rows_and_that_fires(them: Club) -> None:
    (rule,) = [r for r in RULES if r["uid"] == "treadwear-no-word"]
    query = rule["data"][0]["model"]["query"]
    assert them.ask(View(0, 300_000).expand(query)) == []
    assert rule["noDataState"] == rule["execErrState"] == "Alerting"


def test_a_light_is_on_from_the_number_of_check() -> None:
    (rule,) = [r for r in RULES if r["uid"] == "treadwear-light"]
    (condition,) = rule["data"][2]["model"]["conditions"]
    assert 2 < condition["evaluator"]["params"][0] < 3


def test_boards_are_read_from_a_folder_of_json_alone() -> None:
    kept = sorted(path.name for path in Path(HERE, "boards").iterdir())
    assert kept == sorted(board.file_name for board in BOARDS)
