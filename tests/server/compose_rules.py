"""What must be true of a compose file, checked without Docker.

Shapes follow the Compose Specification (https://github.com/compose-spec/compose-spec,
05-services.md); only what our file uses is allowed, so that a mistyped key is found.
Each rule gives complaints; none means that the rule is kept.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from treadwear.settings import Settings

Services = dict[str, dict[str, Any]]

ONE_SHOT = {"owner", "influx-setup"}
RUNS_TO_ITS_END = ONE_SHOT | {"simulate", "ble"}
VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")
_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_DURATION = {"type": "string", "pattern": r"^([0-9]+(ms|s|m|h))+$"}
_SIZE = {"type": "string", "pattern": "^[0-9]+[kmg]$"}
_VALUES = {"type": "object", "additionalProperties": {"type": "string"}}
_BIND = {"create_host_path": {"const": False}}


def _closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_MOUNT = {
    "type": {"enum": ["bind", "volume"]},
    "source": {"type": "string"},
    "target": {"type": "string", "pattern": "^/"},
    "read_only": {"type": "boolean"},
    "bind": _closed(_BIND),
    "volume": _closed({"nocopy": {"const": True}}),
}
_CONDITION = {"enum": ["service_healthy", "service_completed_successfully"]}
_HEALTHCHECK = {
    "test": {**_TEXTS, "contains": {"const": "CMD"}},
    "interval": _DURATION,
    "timeout": _DURATION,
    "retries": {"type": "integer", "minimum": 1},
    "start_period": _DURATION,
}
_SECRET = _closed({"source": {"type": "string"}, "target": {"type": "string"}})
_LOGGING = _closed({"driver": {"const": "json-file"}, "options": _VALUES}, "options")
_SERVICE = {
    "image": {"type": "string"},
    "build": _closed({"context": {"type": "string"}}, "context"),
    "command": _TEXTS,
    "entrypoint": _TEXTS,
    "user": {"type": "string", "pattern": ":"},
    "profiles": _TEXTS,
    "depends_on": {
        "type": "object",
        "additionalProperties": _closed({"condition": _CONDITION}, "condition"),
    },
    "networks": _TEXTS,
    "network_mode": {"enum": ["none", "host"]},
    "ports": _TEXTS,
    "environment": _VALUES,
    "secrets": {"type": "array", "items": {"anyOf": [{"type": "string"}, _SECRET]}},
    "volumes": {
        "type": "array",
        "items": _closed(_MOUNT, "type", "source", "target"),
    },
    "tmpfs": _TEXTS,
    "healthcheck": _closed(_HEALTHCHECK, "test"),
    "restart": {"type": "string", "pattern": "^(no|unless-stopped|on-failure:[0-9]+)$"},
    "init": {"const": True},
    "read_only": {"const": True},
    "cap_drop": _TEXTS,
    "cap_add": _TEXTS,
    "security_opt": _TEXTS,
    "pids_limit": {"type": "integer", "minimum": 1},
    "cpus": {"type": "string"},
    "mem_limit": _SIZE,
    "stop_grace_period": _DURATION,
    "logging": _LOGGING,
}
_NAMED = {"type": "object", "additionalProperties": _closed({})}
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": _closed(_SERVICE)},
        "networks": {
            "type": "object",
            "additionalProperties": _closed({"internal": {"type": "boolean"}}),
        },
        "volumes": _NAMED,
        "secrets": {
            "type": "object",
            "additionalProperties": _closed({"file": {"type": "string"}}, "file"),
        },
    },
    "patternProperties": {"^x-": {}},
    "required": ["services"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Composed:
    """A compose file as text and as what it says, and the directory it stands in."""

    text: str
    said: dict[str, Any]
    directory: Path

    @property
    def services(self) -> Services:
        found: Services = self.said["services"]
        return found


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice: the first would silently be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:  # noqa: ANN401
        names = [key.value for key, _ in node.value if key.value != "<<"]
        twice = {name for name in names if names.count(name) > 1}
        if twice and not getattr(node, "is_merged", False):
            raise yaml.YAMLError(f"{twice} stands twice, {node.start_mark}")
        node.is_merged = True  # type: ignore[attr-defined]
        return super().construct_mapping(node, deep)


def read(text: str, directory: Path) -> Composed:
    return Composed(text, yaml.load(text, _StrictLoader), directory)  # noqa: S506


def has_the_shape(composed: Composed) -> Iterator[str]:
    for fault in jsonschema.Draft202012Validator(SCHEMA).iter_errors(composed.said):
        yield f"{fault.json_path}: {fault.message}"


def every_variable_has_a_default_or_a_sentence(composed: Composed) -> Iterator[str]:
    bare = re.sub(r"\$\$", "", re.sub(r"(?m)#.*$", "", composed.text))
    for found in VARIABLE.finditer(bare):
        name, kind, words = found.groups()
        if kind is None or (kind == ":?" and len(words.split()) < 3):
            yield f"${{{name}}} has neither a default nor a sentence"
    for found in re.finditer(r"\$(?!\{)\w*", bare):
        yield f"{found[0]!r} is no variable in braces"


def every_bind_source_is_there(composed: Composed) -> Iterator[str]:
    for name, mount in _mounts(composed):
        source = mount["source"]
        if mount["type"] == "bind" and source.startswith("./"):
            if not (composed.directory / source).exists():
                yield f"{name} mounts {source}, which init does not make"
            if not mount.get("read_only"):
                yield f"{name} can write to {source}"


def every_secret_is_declared_used_and_private(composed: Composed) -> Iterator[str]:
    declared = composed.said.get("secrets", {})
    used = {
        entry if isinstance(entry, str) else entry["source"]
        for service in composed.services.values()
        for entry in service.get("secrets", [])
    }
    for name in sorted(used ^ set(declared)):
        yield f"the secret {name} is not both declared and used"
    for name, secret in declared.items():
        path = composed.directory / filled(secret["file"])
        if not path.is_file():
            yield f"init makes no {secret['file']} for {name}"
        elif path.stat().st_mode & 0o777 != 0o600:
            yield f"{secret['file']} can be read by others"


def every_volume_and_network_is_declared_and_used(
    composed: Composed,
) -> Iterator[str]:
    volumes = {m["source"] for _, m in _mounts(composed) if m["type"] == "volume"}
    for name in sorted(volumes ^ set(composed.said.get("volumes", {}))):
        yield f"the volume {name} is not both declared and used"
    networks = {
        n for service in composed.services.values() for n in service.get("networks", [])
    }
    for name in sorted(networks ^ set(composed.said.get("networks", {}))):
        yield f"the network {name} is not both declared and used"


def whom_one_waits_for_can_be_waited_for(composed: Composed) -> Iterator[str]:
    for name, service in composed.services.items():
        for other, how in service.get("depends_on", {}).items():
            if other not in composed.services:
                yield f"{name} waits for {other}, which does not exist"
                continue
            needs_check = how["condition"] == "service_healthy"
            if needs_check and "healthcheck" not in composed.services[other]:
                yield f"{name} waits for the health of {other}, which is not checked"
            if not needs_check and other not in ONE_SHOT:
                yield f"{name} waits for the end of {other}, which has none"


def what_runs_on_is_checked(composed: Composed) -> Iterator[str]:
    for name, service in composed.services.items():
        if name not in RUNS_TO_ITS_END and "healthcheck" not in service:
            yield f"nobody checks the health of {name}"
        if name not in RUNS_TO_ITS_END and service.get("restart") != "unless-stopped":
            yield f"{name} is not started again"


def ports_are_on_this_machine_only(composed: Composed) -> Iterator[str]:
    for name, service in composed.services.items():
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                yield f"{name} is reached from elsewhere: {port}"
            if ":-" not in port:
                yield f"{name}: {port} cannot be changed in .env"


def images_are_pinned(composed: Composed) -> Iterator[str]:
    for name, service in composed.services.items():
        image = service.get("image", "")
        if not re.search(r":[0-9]+\.[0-9]+\.[0-9]+$", image):
            yield f"{name} uses {image or 'no image'}, which is not pinned"


def everything_is_hardened(composed: Composed) -> Iterator[str]:
    for name, service in composed.services.items():
        needed = {"user", "init", "read_only", "pids_limit", "cpus", "mem_limit"}
        needed |= {"logging", "restart"}
        for key in sorted(needed - set(service)):
            yield f"{name} has no {key}"
        if service.get("cap_drop") != ["ALL"]:
            yield f"{name} keeps capabilities"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name} may gain privileges"
        if name != "owner" and (
            service.get("cap_add") or "_UID" not in service["user"]
        ):
            yield f"{name} may more than the one who ran init"
        options = service.get("logging", {}).get("options", {})
        if not {"max-size", "max-file"} <= set(options):
            yield f"the log of {name} grows for ever"


def our_settings_exist(composed: Composed) -> Iterator[str]:
    known = {name.upper() for name in Settings.model_fields}
    for name, service in composed.services.items():
        if "build" not in service:
            continue
        for variable in service.get("environment", {}):
            word = variable.removeprefix("TREADWEAR_")
            if word != variable and word not in known:
                yield f"{name} sets {variable}, which is no setting"


def no_secret_stands_in_the_open(composed: Composed) -> Iterator[str]:
    for name, service in composed.services.items():
        for variable, value in service.get("environment", {}).items():
            is_secret = re.search(r"PASSWORD|TOKEN|SECRET_KEY", variable)
            if is_secret and not (
                variable.endswith("FILE") and value.startswith("/run/")
            ):
                yield f"{name} is told {variable} in the open"


RULES: tuple[Callable[[Composed], Iterator[str]], ...] = (
    has_the_shape,
    every_variable_has_a_default_or_a_sentence,
    every_bind_source_is_there,
    every_secret_is_declared_used_and_private,
    every_volume_and_network_is_declared_and_used,
    whom_one_waits_for_can_be_waited_for,
    what_runs_on_is_checked,
    ports_are_on_this_machine_only,
    images_are_pinned,
    everything_is_hardened,
    our_settings_exist,
    no_secret_stands_in_the_open,
)


def filled(text: str, values: dict[str, str] | None = None) -> str:
    """The text as compose would fill it in."""

    def value(found: re.Match[str]) -> str:
        name, kind, words = found.groups()
        given = (values or {}).get(name, "")
        return given or (words if kind == ":-" else "")

    return VARIABLE.sub(value, text)


def _mounts(composed: Composed) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, service in composed.services.items():
        for mount in service.get("volumes", []):
            yield name, mount
