"""Why there is no line to a broker: the authority's file, and what to set."""

import ssl
from pathlib import Path

import pytest

from contract.broker_line import explain


def fault_of(ca_file: Path) -> OSError:
    """Give what Python says of a file that should hold an authority."""
    with pytest.raises(OSError) as caught:  # noqa: PT011 - each file has its own words
        ssl.create_default_context(cafile=str(ca_file))
    return caught.value


def test_a_missing_file_of_the_authority_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.crt"
    why, next_step = explain(fault_of(path), path)
    assert why == f"the file of the authority is missing: {path}"
    assert "broker_ca" in next_step


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
    ],
)
def test_a_file_that_is_no_certificate_is_said_to_be_none(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "ca.crt"
    path.write_text(text)
    why, next_step = explain(fault_of(path), path)
    assert why == f"the file of the authority is no certificate: {path}"
    assert "broker_ca" in next_step


def test_a_directory_is_no_file_of_an_authority(tmp_path: Path) -> None:
    assert str(tmp_path) in explain(fault_of(tmp_path), tmp_path)[0]


def test_a_broker_that_is_not_trusted_is_mended_by_broker_ca(tmp_path: Path) -> None:
    fault = ssl.SSLCertVerificationError("self-signed certificate")
    for ca_file in (None, tmp_path / "ca.crt"):
        why, next_step = explain(fault, ca_file)
        assert "is not trusted" in why
        assert "broker_ca" in next_step


def test_other_faults_are_not_blamed_on_the_authority(tmp_path: Path) -> None:
    path = tmp_path / "ca.crt"
    assert explain(ConnectionRefusedError(), path)[0] == "nothing listens there"
    assert "agreed" in explain(ssl.SSLError("wrong version number"), path)[0]
