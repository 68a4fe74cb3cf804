"""Brokers with the club's rights: one that tests leave as it was, and one each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.club import ClubBroker, broker_files, running_club


@pytest.fixture(scope="module")
def club(
    require: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClubBroker]:
    program = require("mosquitto")
    directory = tmp_path_factory.mktemp("a club")
    broker_files(directory)
    with running_club(program, directory) as broker:
        yield broker


@pytest.fixture
def own_club(require: Callable[..., str], tmp_path: Path) -> Iterator[ClubBroker]:
    """A broker that a test may kill, flood or change."""
    program = require("mosquitto")
    broker_files(tmp_path)
    with running_club(program, tmp_path) as broker:
        yield broker
