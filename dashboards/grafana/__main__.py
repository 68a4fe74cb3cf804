"""``python -m dashboards.grafana [--check]``: write the files, or say what differs."""

import sys

from dashboards.grafana.generate import differing, write


def main(arguments: list[str]) -> int:
    """Write all files; with ``--check`` write none and fail if any differs."""
    is_check = arguments == ["--check"]
    if arguments and not is_check:
        sys.stderr.write("usage: python -m dashboards.grafana [--check]\n")
        return 2
    paths = differing() if is_check else write()
    word = "differs" if is_check else "written"
    sys.stdout.writelines(f"{word}: {path}\n" for path in paths)
    return 1 if is_check and paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
