"""The server's directory from nothing: secrets, broker, certificates, compose, boards.

`install` may be run again and again: what is there stays as it is. Passwords of the
broker are derived: `mosquitto/passwords` and `mosquitto/acl` follow from the files
``secrets/broker_*``, so a runner is added or removed, and a password renewed, by the
presence of one file.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.errors import UsageError
from treadwear.runner_ids import check_runner_id
from treadwear.server import mosquitto
from treadwear.server.certificates import check_host, days_left
from treadwear.server.lan import (
    AUTHORITY_KEY,
    CERTIFICATE,
    CERTIFICATE_KEY,
    LAN_NAME,
    add_certificates,
    check_lan,
    filled,
    known_host,
    lan_notes,
    open_to_lan,
)
from treadwear.server.owner import owner_of
from treadwear.server.roles import HEALTH, ROLES, access_of
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

SOON_DAYS = 30
"""Certificates that end sooner are told of."""

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
_MOST_CPUS = 4
_FOREIGN_NAMES = ("compose.yaml", "compose.yml")
"""Compose takes these before docker-compose.yml (docs.docker.com, "Compose file")."""
_OWN_FILES = (COMPOSE_NAME, LAN_NAME, ".env", "README.txt")
_FOLDERS = ("secrets", "mosquitto", "mosquitto/more", "tls", "tls/server", "grafana")


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of it; file names are relative to ``root``.

    ``removed`` are runners whose secret is gone, who can no longer come in.
    ``host`` is the name that other machines find it by, None where none is let in.
    ``certificate_days`` is how long the server's certificate is still good, None
    without one. ``notes`` are sentences on what somebody has to see to, ``foreign`` the
    compose file in the way of ours.
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
    owner: Owner
    notes: tuple[str, ...] = ()
    foreign: str | None = None


def install(
    root: Path, runners: Sequence[str] = (), host: str | None = None
) -> Installed:
    """Fill the directory; raises `UsageError` if a part of it cannot be made."""
    wanted = [check_runner_id(runner) for runner in runners]
    named = None if host is None else check_host(host)
    source, boards = source_tree(), list(grafana_files())
    source_word = _in_env(source)
    tree = open_tree(root.resolve(), owner_of(root))
    lan = named or known_host(tree)
    _check(tree, lan)
    for folder in _FOLDERS:
        tree.folder(folder)
        tree.sweep(folder)
    tree.sweep(".", _OWN_FILES)
    _add_compose(tree, source_word, wanted)
    _add_secrets(tree, wanted)
    removed = _add_broker(tree)
    if lan is not None:
        add_certificates(tree, lan)
    if named is not None:
        open_to_lan(tree, named)
    for name, text in boards:
        _add_deep(tree, f"grafana/{name}", text)
    return _installed(tree, removed, source)


# ---- the parts ----


def _add_compose(tree: Tree, source: str, runners: Sequence[str]) -> None:
    tree.add(COMPOSE_NAME, compose_file())
    tree.add("README.txt", template("README.txt"))
    if tree.has(".env"):
        tree.note(".env")  # each machine's own, so there is nothing to compare with
        return
    words = {
        "@UID@": str(tree.owner.uid),
        "@GID@": str(tree.owner.gid),
        "@SOURCE@": source,
        "@RUNNER@": min(runners, default=""),
        "@CPUS@": f"{min(os.cpu_count() or 1, _MOST_CPUS)}.0",
    }
    tree.add(".env", filled(template("env"), words), PRIVATE_FILE)


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


def _add_deep(tree: Tree, name: str, text: str) -> None:
    parents = Path(name).parents
    for folder in reversed([x.as_posix() for x in parents][:-1]):
        tree.folder(folder, PRIVATE_DIR)
        tree.sweep(folder)
    tree.add(name, text)


# ---- what can be known before anything is written ----


def _check(tree: Tree, lan: str | None) -> None:
    _runners(tree)
    _check_broker(tree)
    if lan is not None:
        check_lan(tree, lan)


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


def _runners(tree: Tree) -> tuple[str, ...]:
    """Everybody who has a password and is no role."""
    found = sorted((tree.root / "secrets").glob("broker_*"))
    names = {path.name.removeprefix("broker_"): path for path in found}
    for name in names.keys() - set(ROLES):
        try:
            check_runner_id(name)
        except UsageError as fault:
            raise UsageError(
                f"{names[name]} is no runner's password",
                f"{fault.what}: {fault.why}",
                "Move it out of secrets/ and run this again.",
            ) from fault
    return tuple(sorted(names.keys() - set(ROLES)))


def _in_env(source: Path | None) -> str:
    r"""The path in quotes as .env has them: in single ones nothing is filled in.

    Between double ones compose fills in ``$`` and reads ``\\``
    (docs.docker.com, "Syntax for environment files").
    """
    path = str(source or "")
    if "'" not in path and not path.endswith("\\") and path.isprintable():
        return f"'{path}'"
    if not set('"$\\`') & set(path) and path.isprintable():
        return f'"{path}"'
    raise UsageError(
        f"the source of treadwear is at {path!r}",
        ".env cannot hold a path with such quotes or signs",
        "Move the source to a directory with a plain name.",
    )


def _secret(tree: Tree, name: str) -> str:
    text = tree.read(name).strip()
    if not text:
        what = f"{tree.root / name} is empty"
        raise UsageError(what, "a secret stood there", "Remove it and run this again.")
    return text


def _notes(tree: Tree) -> tuple[str, ...]:
    private = sorted(x.name for x in (tree.root / "secrets").iterdir() if x.is_file())
    names = [*(f"secrets/{x}" for x in private), AUTHORITY_KEY, CERTIFICATE_KEY]
    loose = [
        f"others may read {name}: chmod 600 {name}"
        for name in names
        if tree.is_open(name)
    ]
    return (*loose, *lan_notes(tree))


def _foreign(tree: Tree) -> str | None:
    """A compose file that compose would take, and that is not ours."""
    if "COMPOSE_FILE=" not in tree.read(".env"):
        for name in _FOREIGN_NAMES:
            if tree.has(name):
                return name
    is_ours = "TREADWEAR_UID" in tree.read(COMPOSE_NAME)
    return None if is_ours else COMPOSE_NAME


def _installed(tree: Tree, removed: tuple[str, ...], source: Path | None) -> Installed:
    certificate = tree.read(CERTIFICATE).encode()
    return Installed(
        root=tree.root,
        made=tuple(tree.made),
        changed=tuple(tree.changed),
        kept=tuple(tree.kept),
        differing=tuple(tree.differing),
        runners=_runners(tree),
        removed=removed,
        host=known_host(tree),
        certificate_days=days_left(certificate) if certificate else None,
        has_source=source is not None,
        owner=tree.owner,
        notes=_notes(tree),
        foreign=_foreign(tree),
    )
