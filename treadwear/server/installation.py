"""The server's directory from nothing: secrets, broker, certificates, compose, boards.

`install` may be run again and again: what is there stays as it is. Passwords of the
broker are derived: `mosquitto/passwords` and `mosquitto/acl` follow from the files
``secrets/broker_*``, so a runner is added or removed, and a password renewed, by the
presence of one file.
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.errors import UsageError
from treadwear.server import mosquitto
from treadwear.server.certificates import (
    Certified,
    check_host,
    days_left,
    hosts_of,
    in_address,
    new_authority,
    new_server,
)
from treadwear.server.roles import HEALTH, ROLES, access_of, check_runner_id
from treadwear.server.sources import (
    COMPOSE_NAME,
    compose_file,
    grafana_files,
    source_tree,
    template,
)
from treadwear.server.tree import (
    PRIVATE_DIR,
    PRIVATE_FILE,
    Owner,
    Tree,
    open_tree,
)

LAN_NAME = "compose.lan.yml"
LAN_LINES = f"COMPOSE_PATH_SEPARATOR=:\nCOMPOSE_FILE={COMPOSE_NAME}:{LAN_NAME}\n"
SOON_DAYS = 30
"""Certificates that end sooner are told of."""

_OWN = "TREADWEAR_"
_BROKER = "secrets/broker_"
_HEALTH_OPTIONS = "secrets/health_options"
_OTHER_SECRETS = (
    "secrets/influx_admin_password",
    "secrets/influx_admin_token",
    "secrets/grafana_admin_password",
    "secrets/grafana_secret_key",
)
_SECRET_BYTES = 24
"""192 random bits: nobody types or guesses them."""
_ROOTS_STAND_IN = (10001, 10001)
"""Owner where root itself runs this: an id that no person's account has by default."""
_MOST_CPUS = 4
_FOLDERS = ("secrets", "mosquitto", "mosquitto/more", "tls", "tls/server", "grafana")


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of it; file names are relative to ``root``.

    ``removed`` are runners whose secret is gone, who can no longer come in.
    ``certificate_days`` is how long the server's certificate is still good, None
    without one.
    """

    root: Path
    made: tuple[str, ...]
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    differing: tuple[str, ...]
    runners: tuple[str, ...]
    removed: tuple[str, ...]
    host: str | None
    certificate_days: int | None
    has_source: bool


def install(
    root: Path, runners: Sequence[str] = (), host: str | None = None
) -> Installed:
    """Fill the directory; raises `UsageError` if a part of it cannot be made."""
    wanted = [check_runner_id(runner) for runner in runners]
    if host is not None:
        check_host(host)
    tree = open_tree(root.resolve(), owner_of(root))
    _check_broker(tree)
    if host is not None:
        _check_certificate(tree, host)
    source, boards = source_tree(), list(grafana_files())
    for folder in _FOLDERS:
        tree.folder(folder)
    _add_compose(tree, source, wanted)
    _add_secrets(tree, wanted)
    removed = _add_broker(tree)
    if host is not None:
        _add_lan(tree, host)
    for name, text in boards:
        _add_deep(tree, f"grafana/{name}", text)
    return _installed(tree, removed, source)


def owner_of(root: Path, environment: Mapping[str, str] = os.environ) -> Owner:
    """Who is to own the files, and so whom the containers run as.

    The one who runs this; behind sudo, who called it; the owner that a first run has
    written into .env, always.
    """
    uid, gid = (os.getuid(), os.getgid()) if hasattr(os, "getuid") else (1000, 1000)
    before = _owner_before(root)
    if uid != 0:
        if before is not None and before != (uid, gid):
            raise UsageError(
                f"{root} belongs to user {before[0]}, group {before[1]}",
                "its .env says so, and the containers run as that user",
                "Run this as that user, or with sudo.",
            )
        return Owner(uid, gid)
    caller = [environment.get(f"SUDO_{word}", "") for word in ("UID", "GID")]
    is_known = all(word.isdigit() and int(word) for word in caller)
    ids = (int(caller[0]), int(caller[1])) if is_known else _ROOTS_STAND_IN
    own_uid, own_gid = before or ids
    return Owner(own_uid, own_gid, is_other=True)


def _owner_before(root: Path) -> tuple[int, int] | None:
    try:
        lines = (root / ".env").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    uid, gid = (said.get(f"{_OWN}{word}", "").strip() for word in ("UID", "GID"))
    return (int(uid), int(gid)) if uid.isdigit() and gid.isdigit() else None


# ---- the parts ----


def _add_compose(tree: Tree, source: Path | None, runners: Sequence[str]) -> None:
    tree.add(COMPOSE_NAME, compose_file())
    tree.add("README.txt", template("README.txt"))
    if tree.has(".env"):
        tree.note(".env")  # each machine's own, so there is nothing to compare with
        return
    words = {
        "@UID@": str(tree.owner.uid),
        "@GID@": str(tree.owner.gid),
        "@SOURCE@": str(source or ""),
        "@RUNNER@": min(runners, default=""),
        "@CPUS@": f"{min(os.cpu_count() or 1, _MOST_CPUS)}.0",
    }
    tree.add(".env", _filled(template("env"), words), PRIVATE_FILE)


def _add_secrets(tree: Tree, runners: Sequence[str]) -> None:
    names = [f"{_BROKER}{user}" for user in (*ROLES, *runners)]
    for name in dict.fromkeys((*_OTHER_SECRETS, *names)):
        if tree.has(name):
            tree.note(name)
            _secret(tree, name)
        else:
            tree.add(name, f"{secrets.token_urlsafe(_SECRET_BYTES)}\n", PRIVATE_FILE)
    # What the broker's own health check reads: on a command line every user of the
    # machine would see the password for as long as the check lasts.
    options = f"-u {HEALTH}\n-P {_secret(tree, f'{_BROKER}{HEALTH}')}\n"
    tree.renew(_HEALTH_OPTIONS, options)


def _add_broker(tree: Tree) -> tuple[str, ...]:
    """Write the broker's files; gives the runners who are in them no longer."""
    runners = _runners(tree)
    before = set(mosquitto.users_of(tree.read("mosquitto/acl")))
    users = {user: _secret(tree, f"{_BROKER}{user}") for user in (*ROLES, *runners)}
    tree.add("mosquitto/mosquitto.conf", mosquitto.config(), PRIVATE_FILE)
    tree.renew("mosquitto/acl", mosquitto.acl(access_of(runners)))
    lines = mosquitto.passwords(users, tree.read("mosquitto/passwords"))
    tree.renew("mosquitto/passwords", lines)
    return tuple(sorted(before - set(users)))


def _add_lan(tree: Tree, host: str) -> None:
    authority = Certified(
        tree.read("tls/ca.crt").encode(), tree.read("tls/ca.key").encode()
    )
    if not authority.certificate:
        authority = new_authority()
        tree.add("tls/ca.key", authority.key.decode(), PRIVATE_FILE)
        tree.add("tls/ca.crt", authority.certificate.decode())
    if not tree.has("tls/server/server.crt"):
        server = new_server(authority, host)
        tree.renew("tls/server/server.key", server.key.decode())
        tree.add("tls/server/server.crt", server.certificate.decode())
    tree.add("mosquitto/more/lan.conf", mosquitto.lan_config(), PRIVATE_FILE)
    words = {"@HOST@": host, "@ADDRESS@": in_address(host)}
    tree.add(LAN_NAME, _filled(template(LAN_NAME), words))
    settings = tree.read(".env")
    if "COMPOSE_FILE=" not in settings:
        tree.renew(".env", f"{settings.rstrip()}\n\n{LAN_LINES}")


def _add_deep(tree: Tree, name: str, text: str) -> None:
    parents = Path(name).parents
    for folder in reversed([x.as_posix() for x in parents][:-1]):
        tree.folder(folder, PRIVATE_DIR)
    tree.add(name, text)


# ---- what can be known before anything is written ----


def _check_broker(tree: Tree) -> None:
    """Refuse to write over rights that somebody has edited."""
    text = tree.read("mosquitto/acl")
    runners = set(mosquitto.users_of(text)) - set(ROLES)
    if text and text != mosquitto.acl(access_of(runners)):
        raise UsageError(
            f"{tree.root / 'mosquitto/acl'} was changed by hand",
            "or by another version of treadwear; it would be written over",
            "Move it away, run this again, and compare the two.",
        )


def _check_certificate(tree: Tree, host: str) -> None:
    text = tree.read("tls/server/server.crt")
    if text and host not in hosts_of(text.encode()):
        raise UsageError(
            f"the certificate here is for {hosts_of(text.encode())[0]}, not {host}",
            "a server has one name",
            f"For the other name remove tls/server/server.crt and {LAN_NAME} first.",
        )
    if bool(tree.read("tls/ca.crt")) != bool(tree.read("tls/ca.key")):
        raise UsageError(
            f"one of {tree.root / 'tls'}/ca.crt and ca.key is missing",
            "a certificate can only be signed with both",
            "Put it back from your copy, or remove the other to begin anew.",
        )


def _runners(tree: Tree) -> tuple[str, ...]:
    """Everybody who has a password and is no role."""
    found = (tree.root / "secrets").glob("broker_*")
    names = {path.name.removeprefix("broker_") for path in found} - set(ROLES)
    return tuple(check_runner_id(name) for name in sorted(names))


def _secret(tree: Tree, name: str) -> str:
    text = tree.read(name).strip()
    if not text:
        what = f"{tree.root / name} is empty"
        raise UsageError(what, "a secret stood there", "Remove it and run this again.")
    return text


def _filled(text: str, words: Mapping[str, str]) -> str:
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


def _installed(tree: Tree, removed: tuple[str, ...], source: Path | None) -> Installed:
    certificate = tree.read("tls/server/server.crt").encode()
    return Installed(
        root=tree.root,
        made=tuple(tree.made),
        changed=tuple(tree.changed),
        kept=tuple(tree.kept),
        differing=tuple(tree.differing),
        runners=_runners(tree),
        removed=removed,
        host=hosts_of(certificate)[0] if certificate else None,
        certificate_days=days_left(certificate) if certificate else None,
        has_source=source is not None,
    )
