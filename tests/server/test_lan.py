"""`treadwear init` on a server that other machines find: its name, what it has lost."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from contract.errors import UsageError
from tests.server.club import HOST
from treadwear.server.certificates import hosts_of
from treadwear.server.installation import Installed, install
from treadwear.server.lan import AUTHORITY, AUTHORITY_KEY, CERTIFICATE, LAN_NAME
from treadwear.server.told import told

HOSTS = [HOST, "192.168.1.20", "fd00::20", "laptop"]


@pytest.fixture
def club(tmp_path: Path) -> Path:
    return tmp_path / "club"


def contents(directory: Path) -> dict[str, bytes]:
    paths = [p for p in directory.rglob("*") if p.is_file()]
    return {p.relative_to(directory).as_posix(): p.read_bytes() for p in paths}


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {x for x in before.keys() | after if before.get(x) != after.get(x)}


def warned(done: Installed) -> str:
    return "\n".join(line for line in told(done) if line.startswith("  warning"))


@pytest.mark.parametrize("host", HOSTS)
def test_a_server_knows_its_own_name(club: Path, host: str) -> None:
    assert install(club, host=host).host == host
    assert install(club).host == host
    assert install(club, host=host).host == host
    assert install(club, host=host.upper()).made == ()


@pytest.mark.parametrize("host", HOSTS)
def test_a_removed_certificate_is_renewed_for_the_same_name_without_being_told(
    club: Path, host: str
) -> None:
    install(club, host=host)
    before = contents(club)
    (club / CERTIFICATE).unlink()

    done = install(club)

    after = contents(club)
    assert changed(before, after) == {CERTIFICATE, "tls/server/server.key"}
    assert hosts_of(after[CERTIFICATE])[0] == done.host == host
    certificate = x509.load_pem_x509_certificate(after[CERTIFICATE])
    issuer = x509.load_pem_x509_certificate(after[AUTHORITY])
    certificate.verify_directly_issued_by(issuer)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "::"])
def test_a_name_that_leads_nobody_here_leaves_no_trace(club: Path, host: str) -> None:
    with pytest.raises(UsageError, match="calls itself"):
        install(club, host=host)

    assert not club.exists()


@pytest.mark.parametrize("removed", [[], [CERTIFICATE], [LAN_NAME]])
def test_a_server_has_one_name(club: Path, removed: list[str]) -> None:
    install(club, host=HOST)
    for name in removed:
        (club / name).unlink()
    before = contents(club)

    with pytest.raises(UsageError, match=r"is for club\.local, not other\.local"):
        install(club, host="other.local")

    assert contents(club) == before


def test_for_another_name_both_that_have_the_old_are_removed(club: Path) -> None:
    install(club, host=HOST)
    for name in (CERTIFICATE, LAN_NAME):
        (club / name).unlink()

    assert install(club, host="192.168.1.20").host == "192.168.1.20"


def test_nobody_is_let_in_again_who_was_shut_out(club: Path) -> None:
    install(club, host=HOST)
    (club / LAN_NAME).unlink()
    (club / CERTIFICATE).unlink()

    done = install(club)

    assert done.host is None
    assert not (club / CERTIFICATE).exists()
    assert not (club / LAN_NAME).exists()


def test_a_file_that_env_does_not_name_is_not_switched_on_but_told_of(
    club: Path,
) -> None:
    install(club, host=HOST)
    settings = club / ".env"
    settings.write_text(settings.read_text().replace("COMPOSE_FILE=", "#COMPOSE_FILE="))
    before = contents(club)

    done = install(club)

    assert contents(club) == before
    assert "COMPOSE_FILE in .env does not name it" in warned(done)


def test_a_lost_authority_is_made_again_from_its_key(club: Path) -> None:
    install(club, host=HOST)
    before = contents(club)
    (club / AUTHORITY).unlink()

    install(club)

    after = contents(club)
    assert changed(before, after) == {AUTHORITY}
    certificate = x509.load_pem_x509_certificate(after[CERTIFICATE])
    issuer = x509.load_pem_x509_certificate(after[AUTHORITY])
    certificate.verify_directly_issued_by(issuer)


def test_a_key_that_is_kept_elsewhere_is_missed_only_when_it_has_to_sign(
    club: Path,
) -> None:
    install(club, host=HOST)
    (club / AUTHORITY_KEY).unlink()

    assert "secrets/broker_ana" in install(club, ["ana"]).made
    (club / CERTIFICATE).unlink()
    before = contents(club)
    with pytest.raises(UsageError, match=r"ca\.key is missing") as refused:
        install(club)

    assert "every laptop needs the new" in refused.value.next_step
    assert contents(club) == before


def test_an_authority_that_is_lost_altogether_is_told_of(club: Path) -> None:
    install(club, host=HOST)
    for name in (AUTHORITY, AUTHORITY_KEY):
        (club / name).unlink()

    done = install(club, ["ana"])

    assert not (club / AUTHORITY).exists()
    assert "no further laptop can be let in" in warned(done)


def test_a_new_authority_needs_no_name_and_says_that_laptops_need_it(
    club: Path,
) -> None:
    install(club, host=HOST)
    old = (club / AUTHORITY).read_bytes()
    for name in (AUTHORITY, AUTHORITY_KEY, CERTIFICATE):
        (club / name).unlink()

    done = install(club)

    assert (done.host, old != (club / AUTHORITY).read_bytes()) == (HOST, True)
    assert "Every laptop needs the new tls/ca.crt." in told(done)


_KILLED = """\
import os, signal, sys
from pathlib import Path
from treadwear.server import tree
from treadwear.server.installation import install

real = tree.Tree._write
def until(self, name, text, mode):
    if name == sys.argv[2]:
        draft = self.root / name
        draft = draft.with_name(f".{draft.name}.{os.getpid()}")
        draft.write_text("half of")
        os.kill(os.getpid(), signal.SIGKILL)
    real(self, name, text, mode)
tree.Tree._write = until
install(Path(sys.argv[1]), ["ana"], "club.local")
"""


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        "secrets/broker_ana",
        "mosquitto/passwords",
        AUTHORITY_KEY,
        AUTHORITY,
        "tls/server/server.key",
        CERTIFICATE,
        LAN_NAME,
    ],
)
def test_wherever_a_run_is_killed_the_next_one_makes_the_rest(
    club: Path, name: str
) -> None:
    command = [sys.executable, "-c", _KILLED, str(club), name]
    killed = subprocess.run(command, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert not (club / name).exists()
    drafts = [p for p in club.rglob(".*") if p.name.startswith(f".{Path(name).name}.")]
    assert len(drafts) == 1

    install(club, ["ana"], HOST)

    assert not drafts[0].exists()
    fresh = contents(club)
    whole = club.with_name("whole")
    install(whole, ["ana"], HOST)
    assert set(fresh) == set(contents(whole))
    certificate = x509.load_pem_x509_certificate(fresh[CERTIFICATE])
    issuer = x509.load_pem_x509_certificate(fresh[AUTHORITY])
    certificate.verify_directly_issued_by(issuer)


def test_drafts_of_the_living_and_files_of_others_stay(club: Path) -> None:
    install(club)
    waiting = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as living:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        others = [
            club / f".notes.{ended.pid}",
            club / f"secrets/.broker_ana.{living.pid}",
            club / "secrets/.hidden",
            club / f"secrets/token.{ended.pid}",
        ]
        names = (".docker-compose.yml", "tls/.ca.key", "grafana/boards/.x.json")
        ours = [club / f"{name}.{ended.pid}" for name in names]
        for path in (*others, *ours):
            path.write_text("x")

        install(club)
        living.communicate(b"\n")

    assert all(path.exists() for path in others)
    assert not any(path.exists() for path in ours)
