"""InfluxDB: write lines, delete a run's, read by InfluxQL; all of it over HTTP."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxSettings:
    """Which InfluxDB, and as whom."""

    url: str
    org: str = "treadwear"
    bucket: str = "treadwear"
    token: str = field(default="", repr=False)
    timeout_s: float = 10.0
    ca_file: Path | None = None
