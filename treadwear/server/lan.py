"""Letting other machines in: the authority, the server's certificate, its one name.

Whether it is on says `compose.lan.yml`: who removes that file switches it off. The name
that others find the server by stands there too, and in the certificate.
"""

import re
from collections.abc import Mapping
from contextlib import suppress

from contract.errors import UsageError
from treadwear.server import mosquitto
from treadwear.server.certificates import (
    Certified,
    authority_again,
    check_host,
    hosts_of,
    in_address,
    is_of_our_kind,
    new_authority,
    new_server,
)
from treadwear.server.sources import COMPOSE_NAME, template
from treadwear.server.tree import PRIVATE_FILE, Tree

LAN_NAME = "compose.lan.yml"
LAN_LINES = f"COMPOSE_PATH_SEPARATOR=:\nCOMPOSE_FILE={COMPOSE_NAME}:{LAN_NAME}\n"
CERTIFICATE = "tls/server/server.crt"
CERTIFICATE_KEY = "tls/server/server.key"
AUTHORITY = "tls/ca.crt"
AUTHORITY_KEY = "tls/ca.key"
_ROOT_URL = re.compile(
    r"GF_SERVER_ROOT_URL:\s*[\"']?https://(?:\[([^\]]+)\]|([^:/\s]+))"
)


def known_host(tree: Tree) -> str | None:
    """The name that others find this server by; None where nobody else is let in."""
    if not tree.has(LAN_NAME):
        return None
    found = _ROOT_URL.search(tree.read(LAN_NAME))
    with suppress(UsageError):  # somebody's own file: then the certificate says it
        return check_host(found[1] or found[2]) if found else _certified(tree)
    return _certified(tree)


def check_lan(tree: Tree, host: str) -> None:
    """Raise `UsageError` for another host than the known, or if nothing can be signed.

    Parameters
    ----------
    tree : Tree
        The server's directory.
    host : str
        As `check_host` gives it.
    """
    certified, known = _hosts(tree), known_host(tree)
    if certified and host not in certified:
        raise _one_name(f"the certificate here is for {certified[0]}, not {host}")
    if known not in {None, host}:
        raise _one_name(f"{LAN_NAME} here is for {known}, not {host}")
    if tree.has(CERTIFICATE) or tree.has(AUTHORITY_KEY) or not tree.has(AUTHORITY):
        return
    raise UsageError(
        f"{tree.root / AUTHORITY_KEY} is missing",
        "the server needs a certificate, which only this key can sign",
        "Put it back from your copy. Is there none, remove tls/ca.crt as well: then a"
        " new authority is made, and every laptop needs the new tls/ca.crt.",
    )


def add_certificates(tree: Tree, host: str) -> None:
    """Make what is missing of the authority and of the server's certificate."""
    if tree.has(AUTHORITY_KEY) and not tree.has(AUTHORITY):
        # Lost, or a run was killed between the two: the key says it all.
        authority = authority_again(tree.read(AUTHORITY_KEY).encode())
        tree.add(AUTHORITY, authority.certificate.decode())
    if tree.has(CERTIFICATE):
        return
    if not tree.has(AUTHORITY):
        authority = new_authority()
        # The key first: it gives the certificate again, not the other way round.
        tree.add(AUTHORITY_KEY, authority.key.decode(), PRIVATE_FILE)
        tree.add(AUTHORITY, authority.certificate.decode())
    authority = Certified(
        tree.read(AUTHORITY).encode(), tree.read(AUTHORITY_KEY).encode()
    )
    server = new_server(authority, host)
    tree.renew(CERTIFICATE_KEY, server.key.decode())
    tree.add(CERTIFICATE, server.certificate.decode())


def open_to_lan(tree: Tree, host: str) -> None:
    """Have the broker and Grafana listen to other machines."""
    tree.add("mosquitto/more/lan.conf", mosquitto.lan_config(), PRIVATE_FILE)
    words = {"@HOST@": host, "@ADDRESS@": in_address(host)}
    tree.add(LAN_NAME, filled(template(LAN_NAME), words))
    settings = tree.read(".env")
    if not re.search(r"(?m)^\s*COMPOSE_FILE=", settings):
        tree.renew(".env", f"{settings.rstrip()}\n\n{LAN_LINES}")


def lan_notes(tree: Tree) -> list[str]:
    """What is wrong with it, though nothing has to be done at once."""
    if not tree.has(LAN_NAME):
        return []
    notes = []
    named = re.findall(r"(?m)^\s*COMPOSE_FILE=(.*)$", tree.read(".env"))
    if not named or LAN_NAME not in named[-1]:
        notes.append(
            f"{LAN_NAME} is not used: COMPOSE_FILE in .env does not name it."
            " Run this again with --lan HOST, or add it there"
        )
    if tree.has(CERTIFICATE) and not tree.has(CERTIFICATE_KEY):
        lost = f"{CERTIFICATE_KEY} is lost: remove {CERTIFICATE} and run this again"
        notes.append(lost)
    is_ours = tree.has(CERTIFICATE) and is_of_our_kind(tree.read(CERTIFICATE).encode())
    if is_ours and not tree.has(AUTHORITY):
        notes.append(
            "tls/ca.crt and tls/ca.key are lost: what runs goes on, but no further"
            " laptop can be let in. Put ca.crt back (every laptop has a copy), or"
            f" remove {CERTIFICATE} and run this again: then every laptop needs the"
            " new ca.crt"
        )
    return notes


def filled(text: str, words: Mapping[str, str]) -> str:
    """A template with its marks replaced."""
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


def _certified(tree: Tree) -> str | None:
    hosts = _hosts(tree)
    return hosts[0] if hosts else None


def _hosts(tree: Tree) -> tuple[str, ...]:
    text = tree.read(CERTIFICATE)
    return hosts_of(text.encode()) if text else ()


def _one_name(what: str) -> UsageError:
    return UsageError(
        what,
        "a server has one name",
        f"For the other name remove {CERTIFICATE} and {LAN_NAME} first.",
    )
