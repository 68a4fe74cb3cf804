"""The README of an archive: what is in it, file by file, in plain words."""

from collections.abc import Sequence

from contract.people import Consent
from contract.schema import MEASUREMENTS

_HEAD = """\
{title}

Everything that is kept on one computer under this pseudonym; finished runs: {runs}.
Nothing here is a medical finding: figures are estimated from motion.
"""

_PERSON = """\
The person
----------
profile.json       name, mass in kg, leg length in m, each as it was told and when
consent.json       every answer about what may be done with these data
shoes.json         pairs of shoes: distance of the next service, tread depths in mm
pairings.json      which sensor was worn on which foot
fit_checks.json    how the sensors sat before runs
mounts.json        how each sensor was turned on the shoe
assessments.json   what was told and what a person saw in movement checks
pain.json          how much it hurt, 0 to 10, and where
"""

_RUN = """\
Each run, in runs/SESSION/
--------------------------
session.json       the run as a whole, and its description (shoe, surface, sensors)
steps.csv          one line per step; each column's unit stands in brackets behind it
hip_steps.csv      the same as the hip sensor saw it, if one was worn
rows.json          every figure that was computed, by kind; columns.json says what each
                   column means, and its unit
report.html        the report; opens in any browser, without network
raw/               the recording: meta.json, and left.csv, right.csv, hip.csv with time
                   (s), specific force (m/s2) and angular rate (rad/s)
track.json         what a watch recorded beside the run, if one was merged

raw/ can be analysed again:
    treadwear import runs/SESSION/raw --runner {runner}

Times: time_ns is Unix time in nanoseconds, time_utc is ISO 8601 in UTC, and all seconds
count from the start of the run's own clock. Left against right is always
100 (R - L) / ((R + L) / 2), + = right larger.
"""

_NOT_SHARED = """\
Before you hand this on
-----------------------
It was not agreed that others get these data. They are hers: whoever else they are
given to should ask first (treadwear consent {runner} --share yes).
"""

_RESEARCH = """\
{title}

One person who agreed to research; finished runs: {runs}. The name of the person, dates,
places, notes, reports and serial numbers of sensors are not here; runs and shoes are
counted. The way of running can tell one person from another all the same: do not
publish raw data without asking her again.

person.json        mass in kg, leg length in m, shoes, what a person saw, pain 0 to 10;
                   day counts from the first run
columns.json       what each column of rows.json means, and its unit
runs/RUN/          session.json, steps.csv and hip_steps.csv (units in brackets),
                   rows.json, raw/ with meta.json and one CSV per sensor

time_ns and all seconds count from the start of each run. Left against right is always
100 (R - L) / ((R + L) / 2), + = right larger.
"""

_CHECK = """\
SHA256SUMS names every file with its checksum: sha256sum -c SHA256SUMS
"""


def readme(runner: str, runs: int, unfinished: Sequence[str], consent: Consent) -> str:
    """Explain an archive of everything."""
    parts = [
        _HEAD.format(title=_title(f"What treadwear knows of {runner}"), runs=runs),
        _PERSON,
        _RUN.format(runner=runner),
    ]
    if unfinished:
        names = ", ".join(unfinished)
        parts.append(f"Not here, as they are not finished yet: {names}\n")
    if not consent.allows("share"):
        parts.append(_NOT_SHARED.format(runner=runner))
    return "\n".join([*parts, _CHECK])


def research_readme(runner: str, runs: int) -> str:
    """Explain an archive for research."""
    title = _title(f"Runs of {runner}, for research")
    return "\n".join([_RESEARCH.format(title=title, runs=runs), _CHECK])


def columns() -> dict[str, dict[str, dict[str, str]]]:
    """Say of every column of every kind of row its unit and meaning."""
    return {
        kind.name: {c.name: {"unit": c.unit, "meaning": c.text} for c in kind.columns}
        for kind in MEASUREMENTS.values()
    }


def _title(words: str) -> str:
    return f"{words}\n{'=' * len(words)}"
