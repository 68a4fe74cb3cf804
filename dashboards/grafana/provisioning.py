"""What Grafana reads when it starts: data source, where the boards are, alert rules.

Addresses and tokens come from environment and files when Grafana reads these, so the
files hold none: ``$NAME`` and ``$__file{...}`` are Grafana's own expansion.
"""

from dashboards.grafana import alerts
from dashboards.grafana.board import TAG
from dashboards.grafana.queries import DATASOURCE, Json

BOARDS_DIR = "/etc/grafana/boards"
"""Where the container sees the folder ``boards``."""
TOKEN_FILE = "/run/tokens/reader"  # noqa: S105 - where it stands, not what it is
"""A token that may read and nothing else (``treadwear init`` writes it)."""
URL_VARIABLE = "TREADWEAR_INFLUX_URL"
DATABASE = "treadwear"
"""Bucket of 2.x, seen by InfluxQL as a database of the same name (virtual DBRP)."""


def datasources() -> Json:
    """The one data source: InfluxDB by InfluxQL, with a token in a header."""
    source = {
        "name": TAG,
        "type": DATASOURCE["type"],
        "uid": DATASOURCE["uid"],
        "access": "proxy",
        "url": f"${URL_VARIABLE}",
        "isDefault": True,
        "editable": False,
        "jsonData": {
            "dbName": DATABASE,
            "httpHeaderName1": "Authorization",
            "httpMode": "POST",
            "version": "InfluxQL",
        },
        "secureJsonData": {"httpHeaderValue1": f"Token $__file{{{TOKEN_FILE}}}"},
    }
    return {"apiVersion": 1, "prune": True, "datasources": [source]}


def providers() -> Json:
    """Where the boards are; nobody changes or removes them by hand."""
    provider = {
        "name": TAG,
        "orgId": 1,
        "folder": TAG,
        "folderUid": TAG,
        "type": "file",
        "allowUiUpdates": False,
        "disableDeletion": True,
        "updateIntervalSeconds": 60,
        "options": {"path": BOARDS_DIR, "foldersFromFilesStructure": False},
    }
    return {"apiVersion": 1, "providers": [provider]}


def files() -> dict[str, Json]:
    """Every file of the folder ``provisioning`` by its place there."""
    return {
        "datasources/treadwear.yaml": datasources(),
        "dashboards/treadwear.yaml": providers(),
        "alerting/treadwear.yaml": alerts.groups(),
    }
