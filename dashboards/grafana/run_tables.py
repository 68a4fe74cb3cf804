"""Tables of runs, with the link into the board of one run, for every board alike."""

from dashboards.grafana.columns import Shown
from dashboards.grafana.looks import by_name, nothing
from dashboards.grafana.panels import TABLE, Panel, link, table_defaults, without
from dashboards.grafana.queries import Json, Target, table

RUN_UID = "treadwear-run"
_CELL = "${__data.fields."
OPEN_RUN = (
    f"/d/{RUN_UID}?var-runner={_CELL}Runner}}&var-session={_CELL}Run}}"
    f"&from={_CELL}Began.numeric}}&to={_CELL}Ended.numeric}}"
)
"""Board of the run of a table's row, at the run's own time.

Only tables know ``__data.fields`` (grafana issue 84146), and only of columns that are
to be seen (issue 110805): so both times are columns.
"""
OPEN_SHOES = "/d/treadwear-wear?var-runner=${__value.raw}"
"""Board of the shoes of the runner in a cell."""
EMPTY = "no runs here yet"


def run_columns(pick_first: str = "{}") -> tuple[Shown, ...]:
    """Columns of a run; ``pick_first`` makes the first the one that chooses the row."""
    km = pick_first.format("{}") + " / 1000"
    return (
        Shown("session", "runner", "Runner"),
        Shown("session", "session", "Run", meaning="the run; open it by its name"),
        Shown("session", "verdict", "Left and right"),
        Shown("session", "distance_m", "Distance", km, "lengthkm", 1),
        Shown("session", "cadence_spm", "Cadence", decimals=0),
        Shown("session", "shoe", "Shoe"),
        Shown("session", "begin_ms", "Began", unit="dateTimeAsLocal"),
        Shown("session", "end_ms", "Ended", unit="dateTimeAsLocal"),
    )


def runs_table(*conditions: str, latest: int = 100) -> Target:
    """Runs, newest first."""
    return table(run_columns(), *conditions, latest=latest)


def runs_panel(title: str, question: str, target: Target, height: int = 8) -> Panel:
    """A table of runs whose names open them."""
    return Panel(
        kind="table",
        title=title,
        question=question,
        targets=(target,),
        empty=EMPTY,
        height=height,
        defaults=table_defaults() | {"mappings": [nothing("not known")]},
        options=TABLE,
        overrides=(opens_run(),),
        transformations=(without("Time"),),
    )


def opens_run() -> Json:
    """Override: the name of a run opens its board."""
    return by_name("Run", links=[link("Open this run", OPEN_RUN)])
