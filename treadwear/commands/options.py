"""Flags that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
RunnerId = Annotated[
    str,
    typer.Option("--runner", help="Pseudonym: small letters, digits, dashes."),
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data", help="Data directory; default: your user data directory."),
]
SessionId = Annotated[str, typer.Argument(help="Session id; 'last' is the newest.")]
