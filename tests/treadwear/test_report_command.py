"""From a recording directory to a PDF in two commands; and what its pages rest on."""

import json
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from contract.people import FitCheck, Pain, Shoe
from contract.rows import BalanceRow, WearRow
from processing.store.people import keep_fit_check, keep_pain, keep_shoe
from processing.store.raw import raw_sha256
from processing.store.sqlite import SqliteStore
from tests.treadwear.spoken import Capture, said
from treadwear.known import FORCE_PLATES, advice_for
from treadwear.settings import load_settings

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")
ACCURACY = Path(__file__).parents[2] / "docs" / "accuracy.md"
HOUR_NS = 3600 * 10**9


@pytest.mark.usefixtures("pango")
def test_a_recording_becomes_a_pdf_in_two_commands(
    capsys: Capture, recording: Path, tmp_path: Path
) -> None:
    data = str(tmp_path / "data")
    code, _, _ = said(
        capsys, "import", str(recording), "--runner", "ana-1", "--data", data
    )
    assert code == 0
    (tmp_path / "sheets").mkdir()
    words = ("report", "--last", "--pdf", str(tmp_path / "sheets"), "--data", data)
    code, out, _ = said(capsys, *words)
    assert code == 0
    (path,) = (tmp_path / "sheets").glob("*.pdf")
    assert out.splitlines()[0] == str(path)
    assert len(PdfReader(path).pages) == 2


def test_the_last_run_is_the_one_that_is_meant_when_none_is_named(
    capsys: Capture, imported: str, data: str, tmp_path: Path
) -> None:
    page = tmp_path / "run.html"
    code, out, _ = said(capsys, "report", "-o", str(page), "--data", data)
    assert (code, out.splitlines()[0]) == (0, str(page))
    assert imported in page.read_text(encoding="utf-8")


def test_flags_that_contradict_one_another_are_refused(
    capsys: Capture, imported: str, data: str, tmp_path: Path
) -> None:
    both = ("-o", str(tmp_path / "a.html"), "--pdf", str(tmp_path / "a.pdf"))
    for flags in (both, ("--last",), ("--pdf", "a.pdf", "--paper", "A7")):
        code, _, err = said(capsys, "report", imported, *flags, "--data", data)
        assert code == 2
        assert err
    assert list(tmp_path.glob("a.*")) == []


def test_json_has_the_figures_and_not_the_name(
    capsys: Capture, imported: str, data: str
) -> None:
    _, out, _ = said(capsys, "report", "--json", "--data", data)
    facts = json.loads(out)
    assert (facts["session"], facts["runner"]) == (imported, "ana")
    assert '"Ana"' not in out
    assert len(facts["raw_sha256"]) == 64
    with SqliteStore.open(load_settings(data_dir=Path(data)).store_path) as store:
        assert facts["raw_sha256"] == raw_sha256(store, imported)
        rows = store.rows(BalanceRow, imported)
    contact = next(b for b in rows if (b.metric, b.window) == ("contact_time_s", "run"))
    assert facts["balance"]["contact_time_s"]["asi_pct"] == contact.asi_pct


def test_pain_a_check_and_the_shoe_are_told_as_they_were_kept(
    imported: str, data: str
) -> None:
    with SqliteStore.open(load_settings(data_dir=Path(data)).store_path) as store:
        about = store.session(imported)
        start, end = about.time_ns, about.time_ns + HOUR_NS
        keep_pain(store, "ana", Pain(time_ns=start - HOUR_NS, pain=1, where="calf"))
        keep_pain(store, "ana", Pain(time_ns=end, pain=2))
        check = FitCheck(time_ns=start - 10**9, shoe="blue", serials=("a", "b"))
        keep_fit_check(store, "ana", check)
        keep_shoe(store, "ana", Shoe(name="blue", start_km=300.0), start)
        told = advice_for(store, imported)
        ran_km = max(w.distance_m or 0.0 for w in store.rows(WearRow, imported)) / 1000
    assert (told.pain.before, told.pain.after, told.pain.where) == (1, 2, "calf")
    assert told.fit == "fit check before the run: all good"
    assert told.shoe is not None
    assert told.shoe.distance_km == pytest.approx(300.0 + ran_km)
    assert told.trends["contact_time_s"][-1:] != ()
    assert len(told.trends["contact_time_s"]) == 1
    assert told.usual_shares == {}
    assert told.checkpoints[0].name == "feet and ankles"


def test_the_figure_against_force_plates_is_the_one_that_was_measured() -> None:
    text = ACCURACY.read_text(encoding="utf-8")
    shoes = text[text.index("## Shoes: 13 treadmill runners") :]
    bias = re.search(r"contact time, mean bias \|.*?\| ([-.\d]+) ms", shoes)
    spread = re.search(
        r"contact time, SD of the trial bias \|.*?\| ([-.\d]+) ms", shoes
    )
    assert bias is not None
    assert spread is not None
    assert (FORCE_PLATES.bias_ms, FORCE_PLATES.sd_ms) == (
        float(bias[1]),
        float(spread[1]),
    )
