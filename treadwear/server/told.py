"""What `treadwear init` says: what it has made, and what to type next.

What comes next follows from what was made or changed, not from how init was called.
"""

import shlex

from treadwear.club import SIM
from treadwear.server.certificates import in_address
from treadwear.server.installation import SOON_DAYS, Installed
from treadwear.server.lan import LAN_NAME
from treadwear.server.roles import HEALTH, LIVE, PROCESSING, ROLES
from treadwear.server.sources import COMPOSE_NAME
from treadwear.tables import counted

_BROKER = "secrets/broker_"
_USERS = (
    # A container sees a file as it was when it began, a directory as it is. So the
    # broker's lists need a signal only, but who has a secret or settings of its own
    # begins anew.
    ("mosquitto", ("mosquitto/mosquitto.conf", "mosquitto/more/", "tls/server/")),
    ("mosquitto", (*(f"{_BROKER}{x}" for x in ROLES), f"secrets/{HEALTH}_options")),
    ("influxdb", ("secrets/influx_",)),
    ("processing", (f"{_BROKER}{PROCESSING}",)),
    ("live", (f"{_BROKER}{LIVE}",)),
    ("grafana", ("grafana/", "tls/server/", "secrets/grafana_")),
)
"""Which service uses which files."""
_KEPT_INSIDE = (
    "secrets/influx_admin_password",
    "secrets/influx_admin_token",
    "secrets/grafana_admin_password",
    "secrets/grafana_secret_key",
)
"""Told to a service once, which has kept it in its own database since."""
_UP = "docker compose up -d"


def told(done: Installed) -> list[str]:
    """Every line that is printed."""
    lines = [f"The server's directory is {done.root}"]
    for word, names in (("made", done.made), ("changed", done.changed)):
        lines += [f"  {word:8} {name}" for name in names]
    if done.kept:
        lines.append(f"  kept     {counted(len(done.kept), 'file')} as they were")
    for name in done.differing:
        lines.append(f"  kept     {name}, although this version brings another one")
    for name in done.removed:
        lines.append(f"  removed  {name}: no password is kept, so no way in")
    return [*lines, *_warned(done), "", *_next_steps(done)]


def _warned(done: Installed) -> list[str]:
    lines = []
    if done.owner.is_other:
        lines.append(
            f"  note     all of it belongs to user {done.owner.uid}, group"
            f" {done.owner.gid}, not to root: the containers run as that user, never"
            " as root"
        )
    if not done.has_source:
        lines.append("  note     no source here: name one in .env (TREADWEAR_SOURCE)")
    days = done.certificate_days
    if days is not None and days < SOON_DAYS:
        lines.append(
            f"  note     the certificate is good for {days} more days: remove"
            " tls/server/server.crt and run this again"
        )
    lines += [f"  warning  {note}" for note in done.notes]
    if done.foreign:
        lines.append(
            f"  warning  {done.foreign} here is not treadwear's, and docker compose"
            " would use it: what follows would not start this server. Move it away and"
            " run this again"
        )
    return lines


def _next_steps(done: Installed) -> list[str]:
    fresh = (*done.made, *done.changed)
    if not fresh and not done.removed:
        return ["Nothing had to be done."]
    commands = _commands(done, fresh)
    if not commands:
        return ["Nothing more has to be done."]
    lines = ["Next:", f"  cd {shlex.quote(str(done.root))}"]
    lines += [f"  {command}" for command in commands]
    if not _is_first(done):
        lines.append(f"(never started yet? docker compose build && {_UP})")
    return [*lines, *_remarks(done), *_addresses(done)]


def _commands(done: Installed, fresh: tuple[str, ...]) -> list[str]:
    build = "docker compose build"
    if _is_first(done):
        return [build, _UP]
    if COMPOSE_NAME in fresh:
        return [build, f"{_UP} --force-recreate"]
    services = dict.fromkeys(
        service for service, files in _USERS if any(x.startswith(files) for x in fresh)
    )
    if LAN_NAME in fresh or ".env" in fresh:
        services |= dict.fromkeys(("mosquitto", "grafana"))
    commands = []
    if services:
        order = [x for x in dict.fromkeys(name for name, _ in _USERS) if x in services]
        commands.append(f"{_UP} --force-recreate {' '.join(order)}")
    rights = ("mosquitto/acl", "mosquitto/passwords")
    if "mosquitto" not in services and any(x in fresh for x in rights):
        commands.append("docker compose kill -s HUP mosquitto")
    return commands


def _is_first(done: Installed) -> bool:
    return ".env" in done.made


def _remarks(done: Installed) -> list[str]:
    """What a command alone does not do."""
    if _is_first(done):
        return []
    lines = [
        f"{name} is new, but the service keeps the old one until it is told: see"
        ' "Rotate secrets" in docs/server.md'
        for name in done.made
        if name in _KEPT_INSIDE
    ]
    if f"{_BROKER}{SIM}" in done.made:
        lines.append(
            "Do simulated runners run? They need their new password: docker compose"
            f" --profile {SIM} up -d --force-recreate simulate"
        )
    if "tls/ca.key" in done.made and "tls/server/server.crt" in done.made:
        lines.append("Every laptop needs the new tls/ca.crt.")
    return lines


def _addresses(done: Installed) -> list[str]:
    lines = []
    if _is_first(done):
        scheme = "https" if done.host else "http"
        lines += [
            f"Then {scheme}://127.0.0.1:3000/ is Grafana: user admin, password in",
            "  secrets/grafana_admin_password",
            "and http://127.0.0.1:8080/ the live page.",
        ]
    lines += [
        f"A collector of {name} has the password {_BROKER}{name}"
        for name in done.runners
        if f"{_BROKER}{name}" in done.made
    ]
    if done.host and (_is_first(done) or LAN_NAME in done.made):
        lines.append(
            f"From elsewhere: broker {done.host} port 8883,"
            f" https://{in_address(done.host)}:3443/; both trusted with tls/ca.crt"
        )
        if not _is_first(done):
            lines.append("On the server itself Grafana is https://127.0.0.1:3000/ now.")
    return lines
