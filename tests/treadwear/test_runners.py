"""The command about runners: who is known, and what is known of the body."""

import json
from pathlib import Path

import pytest

from contract.people import PairedSensor, Pairing
from processing.store.people import keep_pairing
from processing.store.sqlite import SqliteStore
from tests.treadwear.runners_known import from_json, store_run, told, words
from tests.treadwear.spoken import Capture, said
from treadwear.settings import load_settings
from treadwear.tables import plain

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

SCRIPT = "<script>alert(1)</script>"
WIPE = "\x1b[2J\x1b[31mAna"


def pair_one(data: str) -> None:
    left = PairedSensor(slot="left", family="treadwear-v1", serial="TW000701")
    pairing = Pairing(time_ns=1, shoe="blue", sensors=(left,))
    with SqliteStore.open(load_settings(data_dir=data).store_path) as store:
        keep_pairing(store, "ana", pairing)


def test_a_runner_is_added_with_name_mass_and_leg_length(
    capsys: Capture, data: str
) -> None:
    body = ["--name", "Ana", "--mass", "58", "--leg-length", "0.82"]
    out = words(capsys, "runners", "--add", "ana-1", *body, "--data", data)
    assert "Mass: 58 kg" in out
    assert "Leg length: 0.82 m" in out
    (ana,) = from_json(capsys, "runners", "--data", data)
    assert (ana["runner"], ana["name"]) == ("ana-1", "Ana")
    assert (ana["mass_kg"], ana["leg_length_m"]) == (58.0, 0.82)
    assert ana["consent"] == {
        "store": True,
        "live": False,
        "share": False,
        "research": False,
    }


def test_what_is_not_said_of_her_stays_as_it_was(capsys: Capture, data: str) -> None:
    place = ["--data", data]
    words(capsys, "runners", "--add", "ana", "--name", "Ana", "--mass", "58", *place)
    words(capsys, "runners", "ana", "--mass", "57.5", *place)
    (ana,) = from_json(capsys, "runners", "ana", *place)
    assert (ana["name"], ana["mass_kg"]) == ("Ana", 57.5)
    words(capsys, "runners", "ana", "--name", "", *place)
    assert from_json(capsys, "runners", "ana", *place)[0]["name"] == ""


def test_everybody_is_listed_with_runs_shoes_sensors_and_consent(
    capsys: Capture, data: str
) -> None:
    store_run(data, "s1", 3)
    store_run(data, "s2", 1, shoe="red")
    pair_one(data)
    words(capsys, "runners", "--add", "ben", "--data", data)
    words(capsys, "consent", "ana", "--live", "yes", "--data", data)
    words(capsys, "shoes", "ana", "--retire", "red", "--data", data)
    ana, ben = from_json(capsys, "runners", "--data", data)
    assert (ana["runs"], ana["shoes"], ana["name"]) == (2, ["blue"], "Ana")
    assert ana["sensors"] == ["left TW000701"]
    assert (ben["runs"], ben["last_run_ns"]) == (0, None)
    out = words(capsys, "runners", "--data", data)
    assert "store, live" in out
    assert "left TW000701" in out


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["ana", "--mass", "580"], "in kg, 20 to 250"),
        (["ana", "--mass", "nan"], "in kg, 20 to 250"),
        (["ana", "--leg-length", "82"], "in m, 0.3 to 1.3"),
        (["ana", "--leg-length", "inf"], "in m, 0.3 to 1.3"),
        (["ana", "--name", "a" * 61], "too long"),
        (["ana", "--name", WIPE], "has to be readable"),
        (["--mass", "58"], "nobody is named"),
        (["bob", "--mass", "58"], "nobody is called bob"),
        (["bob"], "nobody is called bob"),
        (["--add", "ana"], "known already"),
        (["bob", "--add", "eve"], "two runners"),
        (["--add", "-ben"], "take it for an option"),
        (["--add", "processing"], "a part of the server has that name"),
        (["--add", "No Id!"], "small letters, digits or dashes"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    capsys: Capture, data: str, flags: list[str], why: str
) -> None:
    store_run(data, "s1", 1)
    before = from_json(capsys, "runners", "--data", data)
    code, _, err = told(capsys, "runners", *flags, "--data", data)
    assert code == 2
    assert why in err
    assert from_json(capsys, "runners", "--data", data) == before


def test_asking_who_is_known_makes_no_database(capsys: Capture, data: str) -> None:
    assert from_json(capsys, "runners", "--data", data) == []
    assert "runners --add" in words(capsys, "runners", "--data", data)
    code, _, _ = told(capsys, "runners", "bob", "--mass", "58", "--data", data)
    assert code == 2
    assert not Path(data).exists()


def test_her_name_and_mass_go_into_a_run_that_says_nothing_else(
    capsys: Capture, recording: Path, data: str
) -> None:
    body = ["--name", "Ana", "--mass", "58", "--data", data]
    words(capsys, "runners", "--add", "ana", *body)
    named = ["--name", "Anastasia"]
    for more in ([], named):
        run = ["import", str(recording), "--runner", "ana", "--json", "--data", data]
        code, out, err = said(capsys, *run, *more, "--again")
        assert code == 0, err
        session = json.loads(out)["session"]
        with SqliteStore.open(Path(data) / "treadwear.db", read_only=True) as store:
            meta = store.meta(session)
        assert meta is not None
        assert meta.name == (more or ["", "Ana"])[1]
        assert meta.mass_kg == 58.0


def test_no_name_moves_the_cursor_or_becomes_markup(capsys: Capture, data: str) -> None:
    """Names come over the network too, so what is stored may hold anything."""
    run = store_run(data, "s1", 1, shoe=f"\x1b]0;x\x07{SCRIPT}[bold]")
    assert run.shoe
    for command in (["runners"], ["shoes", "ana"], ["consent", "ana"]):
        code, out, err = told(capsys, *command, "--data", data)
        assert code == 0, err
        assert "\x1b" not in out
        assert "\x07" not in out
    out = "".join(told(capsys, "shoes", "ana", "--data", data)[1].split())
    assert "[bold]" in out  # it is shown as it is, not taken for markup


def test_plain_words_stay_and_what_steers_a_terminal_does_not() -> None:
    assert plain("Åsa-Jørgen 足") == "Åsa-Jørgen 足"
    assert plain(SCRIPT) == SCRIPT
    for steering in ("\x1b[2J", "a\rb", "a\nb", "\x9b31m", "\u202eabc", "\x00"):
        assert all(c.isprintable() for c in plain(steering))
