import pytest

from collector.devices.base import Wanted
from collector.devices.families import DRIVERS, driver_of
from contract.errors import ProfileError
from firmware_config.profile import profiles


def test_every_family_that_has_a_profile_has_a_driver_and_the_other_way_round() -> None:
    assert set(DRIVERS) == set(profiles())


@pytest.mark.parametrize("family", sorted(DRIVERS))
def test_a_driver_knows_its_family_and_the_names_of_its_channels(family: str) -> None:
    driver = driver_of(family)
    assert driver.profile.family == family
    assert not driver.continues
    steps = [*driver.blink()]
    stream = driver.profile.stream
    acc, gyro = driver.profile.acc, driver.profile.gyro
    wanted = Wanted(
        stream.rate_hz, acc.default if acc else 16, gyro.default if gyro else 2000
    )
    for script in (driver.identify(), driver.start(wanted), driver.stop()):
        steps += [next(script, None)]
    channels = {step.channel for step in steps if step is not None}
    assert channels <= set(driver.profile.characteristics)
    assert channels


def test_two_drivers_of_a_family_share_nothing() -> None:
    assert driver_of("metawear") is not driver_of("metawear")


def test_a_family_that_is_not_known_is_named() -> None:
    with pytest.raises(ProfileError, match="sandal"):
        driver_of("sandal")
