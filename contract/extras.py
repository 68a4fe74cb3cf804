"""How the optional parts are installed: the one place that says it.

Whoever misses a package may be in any layer; what to do follows from where treadwear
itself was installed from.
"""

import json
import re
import shlex
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

_TREE = Path(__file__).parents[1]
"""The project, if its own files run; else where packages are installed."""
_OF_EXTRA = re.compile(r"""extra\s*==\s*["']([\w-]+)["']""")


def how_to_install(extra: str) -> str:
    """Give the command that installs an extra into the Python that runs now.

    Where treadwear came as a package of which no directory is here, it names the
    packages themselves: nobody can know where the next one would come from.
    """
    pip = f"{shlex.quote(sys.executable)} -m pip install"
    if (_TREE / "pyproject.toml").is_file():
        return f"{pip} -e {shlex.quote(f'{_TREE}[{extra}]')}"
    own = distribution("treadwear")
    project = _directory(own)
    if project is not None:
        return f"{pip} {shlex.quote(f'{project}[{extra}]')}"
    return f"{pip} {' '.join(_packages(own, extra))}"


def _directory(own: Distribution) -> Path | None:
    """Where its source is, if it came from a directory that is here still (PEP 610)."""
    try:
        where = urlsplit(json.loads(own.read_text("direct_url.json") or "{}")["url"])
    except (ValueError, KeyError, TypeError):
        return None
    place = Path(unquote(where.path))
    is_here = where.scheme == "file" and (place / "pyproject.toml").is_file()
    return place if is_here else None


def _packages(own: Distribution, extra: str) -> list[str]:
    """Packages of an extra with their versions, quoted for a shell."""
    parted = (requirement.partition(";") for requirement in own.requires or ())
    return [
        shlex.quote(package.strip())
        for package, _, condition in parted
        if extra in _OF_EXTRA.findall(condition)
    ]
