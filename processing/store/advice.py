"""What to do about a fault of the run database."""

from pathlib import Path


def advice(path: Path, fault: str) -> str:
    """Give the next step for what SQLite said of the file."""
    if "readonly" in fault or "unable to open" in fault:
        return "Make the file writable, or name another directory with --data."
    if "full" in fault:
        return "Free some disk space; nothing acknowledged is lost."
    if "locked" in fault:
        return "Another treadwear is writing to it; stop that one first."
    if "not a database" in fault or "malformed" in fault:
        return (
            f"The file is damaged: move it away with all that begins with its name"
            f" ({path}*); a new one is made, and recordings can be imported again."
        )
    return "Look at the disk that holds it, or name another directory with --data."
