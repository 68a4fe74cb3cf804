"""The JSON of a report says what its page says, and not who it is about."""

import json
import re
from dataclasses import replace

import pytest

from dashboards.report.build import build_report
from dashboards.report.facts import VERSION, report_facts
from dashboards.report.metrics import number, signed
from tests.dashboards.report_cases import CASES, LONG, crowded, everything
from tests.dashboards.runs import words_of


def facts_of(case: str) -> dict[str, object]:
    return json.loads(json.dumps(report_facts(CASES[case]()), allow_nan=False))


@pytest.mark.parametrize("case", CASES)
def test_every_case_gives_json_with_the_same_keys(case: str) -> None:
    facts = facts_of(case)
    assert facts["treadwear_report"] == VERSION
    assert facts["sign"] == "+ = right larger"
    assert set(facts) == set(facts_of("everything"))


def test_the_json_says_what_the_page_says() -> None:
    data = everything()
    facts, text = report_facts(data), words_of(build_report(data))
    assert facts["headline"] in text
    assert f"{facts['quality_grade']['letter']} · {number(facts['used_pct'], 1)} %" in (
        text
    )
    contact = facts["balance"]["contact_time_s"]
    shown = f"{signed(contact['asi_pct'])} [{signed(contact['ci_low'])}, "
    assert shown in text
    for finding in facts["findings"]:
        assert number(abs(finding["size"]), 1) in text
    shares = facts["soles"]["left"]["share_pct"]
    assert sum(shares.values()) == pytest.approx(100)
    assert f"front inner {number(shares['fore_medial'])} percent (usual 30)" in text
    assert facts["raw_sha256"][:12] in text
    for line in facts["provenance"]:
        assert line in text
    assert len(facts["roll"]["left"]) == 21


def test_names_and_typed_words_stay_on_the_page() -> None:
    told = json.dumps(report_facts(crowded()))
    assert LONG not in told
    assert "word word" not in told
    assert "left calf" not in told
    assert '"runner": "ana-1"' in told
    assert '"name"' not in told


def test_below_the_gate_the_json_compares_nothing_either() -> None:
    facts = facts_of("below the gate")
    assert (facts["balance"], facts["course"], facts["roll"]) == ({}, [], {})
    assert facts["case"] == "below_gate"


def test_pain_hides_the_exercises_from_programs_too() -> None:
    data = everything()
    hurt = replace(data.advice, plan_hidden="You noted pain of 6 out of 10.")
    plan = report_facts(replace(data, advice=hurt))["plan"]
    assert plan["exercises"] == []
    assert plan["hidden_reason"].startswith("You noted pain")
    assert not re.search("Calf stretch", json.dumps(plan))
