"""Mosquitto's files: settings, rights, passwords.

A password line is what ``mosquitto_passwd`` of Mosquitto 2 writes:
``user:$7$iterations$salt$hash``, PBKDF2 with SHA-512, salt and hash in base64
(mosquitto, lib/password_mosq.c: 12 bytes of salt, 101 iterations, 64 bytes of hash).
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping

from contract import topics
from treadwear.server.roles import Access
from treadwear.server.sources import template

_ITERATIONS = 101
"""Mosquitto's own number. Enough here: the passwords are 192 random bits, and each
connection of each client costs the broker that many rounds."""
_SALT_BYTES = 12
_LINE = re.compile(r"([a-z0-9-]+):\$7\$([0-9]+)\$([^$]+)\$([^$]+)")

_ACL_HEAD = """\
# Who may read and write what. Made by `treadwear init` from the files
# secrets/broker_*; do not edit, `treadwear init` would refuse to go on.

# Everybody may say whether she is there, under the id of her own connection.
pattern write {status}
"""


def config() -> str:
    """The settings of the broker."""
    return template("mosquitto.conf")


def lan_config() -> str:
    """What is added to them for other machines."""
    return template("lan.conf")


def acl(rights: Iterable[Access]) -> str:
    """Text of the access control list."""
    blocks = [_ACL_HEAD.format(status=f"{topics.ROOT}/status/%c")]
    for access in rights:
        lines = [f"user {access.user}"]
        lines += [f"topic {word} {pattern}" for word, pattern in _rules(access)]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def users_of(acl_text: str) -> tuple[str, ...]:
    """Users that an access control list names."""
    return tuple(re.findall(r"^user (\S+)$", acl_text, re.MULTILINE))


def passwords(known: Mapping[str, str], before: str = "") -> str:
    """Text of the password file; lines that still fit stay as they were.

    Parameters
    ----------
    known : mapping of user to password
        Who may come in.
    before : str
        The file as it is.
    """
    kept = {line.partition(":")[0]: line for line in before.splitlines()}
    lines = []
    for user, password in known.items():
        line = kept.get(user, "")
        lines.append(line if fits(line, password) else password_line(user, password))
    return "".join(f"{line}\n" for line in lines)


def password_line(user: str, password: str) -> str:
    """One line of the password file, with a salt of its own."""
    salt = secrets.token_bytes(_SALT_BYTES)
    words = (_base64(salt), _base64(_hash(password, salt, _ITERATIONS)))
    return f"{user}:$7${_ITERATIONS}${'$'.join(words)}"


def fits(line: str, password: str) -> bool:
    """Whether a line of the password file is of that password."""
    found = _LINE.fullmatch(line)
    if found is None:
        return False
    try:
        salt, wanted = base64.b64decode(found[3]), base64.b64decode(found[4])
    except ValueError:
        return False
    return hmac.compare_digest(_hash(password, salt, int(found[2])), wanted)


def _rules(access: Access) -> list[tuple[str, str]]:
    both = set(access.writes) & set(access.reads)
    rules = [("readwrite", x) for x in access.writes if x in both]
    rules += [("write", x) for x in access.writes if x not in both]
    rules += [("read", x) for x in access.reads if x not in both]
    return rules + [("deny", x) for x in access.never]


def _hash(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
