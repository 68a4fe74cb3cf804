from pathlib import Path

import pytest

from contract.errors import UsageError
from treadwear.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def empty_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let no settings from outside reach the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TREADWEAR_{name.upper()}", raising=False)
    monkeypatch.delenv("TREADWEAR_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def test_without_anything_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings.broker_host is None
    assert settings.spool_mb == 2048
    assert settings.store_path == settings.data_dir / "treadwear.db"


def test_the_file_beats_the_defaults(empty_directory: Path) -> None:
    write(empty_directory / "treadwear.toml", "spool_mb = 5\nlive_port = 9001\n")
    assert (load_settings().spool_mb, load_settings().live_port) == (5, 9001)


def test_the_environment_beats_the_file_and_flags_beat_both(
    empty_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(empty_directory / "treadwear.toml", 'spool_mb = 5\ndata_dir = "file"\n')
    monkeypatch.setenv("TREADWEAR_DATA_DIR", "environment")
    assert load_settings().data_dir == Path("environment")
    assert load_settings().spool_mb == 5
    assert load_settings(data_dir=Path("flag")).data_dir == Path("flag")


def test_a_flag_that_was_not_given_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TREADWEAR_DATA_DIR", "environment")
    assert load_settings(data_dir=None).data_dir == Path("environment")


def test_another_file_can_be_named(
    empty_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(empty_directory / "treadwear.toml", "spool_mb = 5\n")
    write(empty_directory / "club.toml", "spool_mb = 7\n")
    monkeypatch.setenv("TREADWEAR_CONFIG", str(empty_directory / "club.toml"))
    assert load_settings().spool_mb == 7


def test_a_named_file_that_is_not_there_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TREADWEAR_CONFIG", "nowhere.toml")
    with pytest.raises(UsageError, match=r"no settings file nowhere\.toml"):
        load_settings()


def test_a_setting_of_the_wrong_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADWEAR_SPOOL_MB", "much")
    with pytest.raises(UsageError, match="spool_mb") as caught:
        load_settings()
    assert caught.value.exit_code == 2
    assert "TREADWEAR_SPOOL_MB" in caught.value.next_step


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spool_mb", "0"),
        ("spool_mb", "-4"),
        ("live_port", "99999"),
        ("live_port", "-1"),
        ("broker_port", "0"),
    ],
)
def test_a_number_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TREADWEAR_{name.upper()}", value)
    with pytest.raises(UsageError, match=name):
        load_settings()


@pytest.mark.parametrize("is_named", [False, True])
def test_a_mistyped_name_in_the_file_is_refused(
    empty_directory: Path, monkeypatch: pytest.MonkeyPatch, is_named: bool
) -> None:
    name = "club.toml" if is_named else "treadwear.toml"
    write(empty_directory / name, "live_prot = 9001\n")
    if is_named:
        monkeypatch.setenv("TREADWEAR_CONFIG", name)
    with pytest.raises(UsageError, match="live_prot") as caught:
        load_settings()
    assert "live_port" in caught.value.next_step


def test_an_unknown_environment_variable_is_not_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TREADWEAR_DATA", "recordings")
    assert "data" not in load_settings().model_dump()


def test_a_file_that_is_no_toml_is_named(empty_directory: Path) -> None:
    write(empty_directory / "treadwear.toml", "spool_mb = = 5\n")
    with pytest.raises(UsageError, match=r"treadwear\.toml cannot be read"):
        load_settings()


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().spool_mb = 1  # type: ignore[misc]


def test_a_password_never_shows_in_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADWEAR_BROKER_PASSWORD", "hunter2")
    settings = load_settings(broker_host="broker.example")
    assert "hunter2" not in repr(settings)
    assert settings.mqtt("me").password == "hunter2"  # noqa: S105 - of this test


def test_our_own_broker_is_reached_on_this_machine_only() -> None:
    mqtt = load_settings().mqtt("me", 4321)
    assert (mqtt.host, mqtt.port, mqtt.username) == ("127.0.0.1", 4321, None)


def test_an_external_broker_is_reached_as_set() -> None:
    settings = load_settings(
        broker_host="broker.example", broker_port=8883, broker_tls=True
    )
    mqtt = settings.mqtt("me", 4321)
    assert (mqtt.host, mqtt.port, mqtt.tls) == ("broker.example", 8883, True)
