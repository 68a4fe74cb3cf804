"""The hash of the settings: the same everywhere, another one for any other number."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from processing.advice.findings import FindingSettings
from processing.settings import Settings
from processing.settings_hash import settings_hash, settings_text
from processing.shoe.slip import SlipSettings

USUAL = settings_hash(Settings())
_SAY = (
    "from processing.settings import Settings\n"
    "from processing.settings_hash import settings_hash\n"
    "print(settings_hash(Settings()))"
)


def another(value: Any) -> Any:  # noqa: ANN401 - whatever a setting is
    if isinstance(value, tuple):
        return (*value[:-1], another(value[-1]))
    return value + 1


def variants(settings: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Each single setting changed, by its name."""
    for one in fields(settings):
        value = getattr(settings, one.name)
        if is_dataclass(value):
            for name, changed in variants(value):
                yield f"{one.name}.{name}", replace(settings, **{one.name: changed})
        else:
            yield one.name, replace(settings, **{one.name: another(value)})


ALL = dict(variants(Settings()))


def test_any_setting_changes_it_and_each_differently() -> None:
    assert len(ALL) > 50
    hashes = {name: settings_hash(changed) for name, changed in ALL.items()}
    assert USUAL not in hashes.values()
    assert len(set(hashes.values())) == len(ALL)


@pytest.mark.parametrize(
    ("module", "name", "changed"),
    [
        ("processing.settings_hash", "FIXED_SETTINGS", (SlipSettings(slip_deg=11.0),)),
        (
            "processing.settings_hash",
            "FindingSettings",
            lambda: FindingSettings(chance=0.1),
        ),
        ("processing.settings_hash", "METRICS", {}),
        ("processing.settings_hash", "RULES", {}),
    ],
)
def test_what_is_not_handed_in_changes_it_too(
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    name: str,
    changed: object,
) -> None:
    monkeypatch.setattr(f"{module}.{name}", changed)
    settings_hash.cache_clear()
    assert settings_hash(Settings()) != USUAL
    monkeypatch.undo()
    settings_hash.cache_clear()
    assert settings_hash(Settings()) == USUAL


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_says_the_same(seed: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", _SAY],
        env={"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert said.stdout.strip() == USUAL


def test_it_is_twelve_hex_digits_of_a_text_that_people_can_read() -> None:
    assert len(USUAL) == 12
    assert int(USUAL, 16) >= 0
    lines = settings_text(Settings()).splitlines()
    assert lines == sorted(lines)
    assert "shoe.balance.live_pairs=30" in lines
    assert "metric.contact_time_s.systematic_sd=0.0043" in lines
    assert "SlipSettings.slip_deg=10.0" in lines
