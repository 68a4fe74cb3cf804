"""Settings of the command: defaults, then a TOML file, then environment, then flags.

The file is ``treadwear.toml`` in the working directory, or the one that
``TREADWEAR_CONFIG`` names; environment variables are ``TREADWEAR_`` and the name in
capitals. Only this module reads either.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from contract.errors import StoreError, UsageError
from contract.mqtt import MqttSettings
from processing.store.influx import InfluxSettings

CONFIG_VARIABLE = "TREADWEAR_CONFIG"
CONFIG_NAME = "treadwear.toml"


class Settings(BaseSettings):
    """Everything that can be set, each with its default.

    Attributes
    ----------
    data_dir : Path
        Where runs, spool, broker and reports are kept.
    broker_host : str or None
        An external MQTT broker; None starts one of our own on 127.0.0.1.
    broker_port, broker_username, broker_password, broker_tls, broker_ca
        How to reach an external broker; the password may stand in a file of its own.
    analysed_here : bool
        False: what is run here is analysed by a server, at whose broker this is.
    live_host, live_port : str, int
        Address of the live page; port 0 takes a free one.
    spool_mb : int
        Most disk space for data that is not yet acknowledged.
    influx_url : str or None
        An InfluxDB to copy all rows to; None: there is none.
    influx_org, influx_bucket, influx_token, influx_token_file, influx_ca
        How to write to it; the token may stand in a file of its own.
    outbox_mb : int
        Most disk space for rows that InfluxDB has not got yet.
    processes : int
        How many processes share the runners in `treadwear process`.
    """

    model_config = SettingsConfigDict(
        env_prefix="TREADWEAR_", frozen=True, extra="ignore"
    )

    data_dir: Path = user_data_path("treadwear")
    broker_host: str | None = None
    broker_port: Annotated[int, Field(ge=1, le=65535)] = 1883
    broker_username: str | None = None
    broker_password: SecretStr | None = None
    broker_password_file: Path | None = None
    broker_tls: bool = False
    broker_ca: Path | None = None
    analysed_here: bool = True
    live_host: str = "127.0.0.1"
    live_port: Annotated[int, Field(ge=0, le=65535)] = 0
    spool_mb: Annotated[int, Field(ge=1)] = 2048
    influx_url: str | None = None
    influx_org: str = "treadwear"
    influx_bucket: str = "treadwear"
    influx_token: SecretStr | None = None
    influx_token_file: Path | None = None
    influx_ca: Path | None = None
    outbox_mb: Annotated[int, Field(ge=1)] = 1024
    processes: Annotated[int, Field(ge=1, le=8)] = 1

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags first, then environment, then the file."""
        del dotenv_settings, file_secret_settings
        name = os.environ.get(CONFIG_VARIABLE, CONFIG_NAME)
        toml = TomlConfigSettingsSource(settings_cls, Path(name))
        return init_settings, env_settings, toml

    @property
    def store_path(self) -> Path:
        """The run database."""
        return self.data_dir / "treadwear.db"

    @property
    def spool_path(self) -> Path:
        """The collector's buffer."""
        return self.data_dir / "spool.db"

    @property
    def spools_dir(self) -> Path:
        """Where replays have their buffers, one each."""
        return self.data_dir / "spools"

    @property
    def reports_dir(self) -> Path:
        """Where reports are written."""
        return self.data_dir / "reports"

    def report_path(self, session: str) -> Path:
        """Where a session's report goes by default; makes the directory."""
        try:
            self.reports_dir.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            what = f"the report directory {self.reports_dir} cannot be made"
            why = fault.strerror or str(fault)
            raise StoreError(what, why, "Name a file with --output.") from fault
        return self.reports_dir / f"{session}.html"

    def influx(self) -> InfluxSettings | None:
        """How to reach InfluxDB; None without one."""
        if self.influx_url is None:
            return None
        return InfluxSettings(
            url=self.influx_url,
            org=self.influx_org,
            bucket=self.influx_bucket,
            token=_secret(self.influx_token, None) or "",
            token_file=self.influx_token_file,
            ca_file=self.influx_ca,
        )

    def mqtt(self, client_id: str, port: int | None = None) -> MqttSettings:
        """How a client reaches the broker: the external one, or ours on ``port``."""
        if self.broker_host is None:
            return MqttSettings(client_id=client_id, port=port or self.broker_port)
        return MqttSettings(
            client_id=client_id,
            host=self.broker_host,
            port=self.broker_port,
            username=self.broker_username,
            password=_secret(self.broker_password, self.broker_password_file),
            tls=self.broker_tls,
            ca_file=self.broker_ca,
        )


def _secret(given: SecretStr | None, file: Path | None) -> str | None:
    """Give a secret that was set, else what its file holds."""
    if given is not None or file is None:
        return given.get_secret_value() if given else None
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as fault:
        what = f"the secret in {file} cannot be read"
        why = fault.strerror or str(fault)
        raise UsageError(what, why, "Check the file and who may read it.") from fault


def load_settings(**flags: Any) -> Settings:  # noqa: ANN401 - checked by pydantic
    """Settings with the flags that were given (None means not given)."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise UsageError(
            f"there is no settings file {named}", f"{CONFIG_VARIABLE} names it"
        )
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        _check_names(Path(named or CONFIG_NAME))
        return Settings(**given)
    except ValidationError as fault:
        first = fault.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"the setting {name} cannot be used",
            first["msg"],
            f"Check flags, {CONFIG_NAME} and TREADWEAR_{name.upper()}.",
        ) from fault
    except ValueError as fault:
        raise UsageError(f"{CONFIG_NAME} cannot be read", str(fault)) from fault


def _check_names(path: Path) -> None:
    """Refuse a settings file that names what is no setting: mistyped, most likely."""
    if not path.is_file():
        return
    names = tomllib.loads(path.read_text(encoding="utf-8"))
    unknown = sorted(set(names) - set(Settings.model_fields))
    if unknown:
        raise UsageError(
            f"{path} sets {', '.join(unknown)}, which is no setting",
            "a mistyped name would be ignored silently",
            f"The settings are {', '.join(Settings.model_fields)}.",
        )
