"""Who is to own the server's files, and so whom its containers run as."""

import os
from collections.abc import Mapping
from pathlib import Path

from contract.errors import UsageError
from treadwear.server.tree import Owner

_OWN = "TREADWEAR_"
_ROOTS_STAND_IN = (10001, 10001)
"""Owner where root itself runs this: an id that no person's account has by default."""


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
