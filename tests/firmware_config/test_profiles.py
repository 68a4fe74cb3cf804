"""Every family's profile loads and agrees with datasheets; a slip is told clearly."""

import re
from importlib import resources

import pytest

from contract.errors import ProfileError
from contract.units import DEG_PER_RAD, STANDARD_GRAVITY_MPS2
from firmware_config import messages
from firmware_config.profile import Profile, facts, profile_of, profiles, read_profile

FAMILIES = (
    "metawear",
    "movesense",
    "orphe-core",
    "orphe-insole",
    "polar-verity-sense",
    "running-speed-cadence",
    "treadwear-v1",
)
STREAMING = tuple(f for f in FAMILIES if f != "running-speed-cadence")
FILE = "treadwear-v1.toml"
OURS = (resources.files("firmware_config") / "profiles" / FILE).read_text("utf-8")
# ST's LSM6DS3TR-C and LSM6DSOX datasheets, table of mechanical characteristics, LA_So
# (mg/LSB) and G_So (mdps/LSB).
ST_MG = {2: 0.061, 4: 0.122, 8: 0.244, 16: 0.488}
ST_MDPS = {125: 4.375, 250: 8.75, 500: 17.5, 1000: 35.0, 2000: 70.0}
# Bosch's BMI160 datasheet, LSB/g and LSB/dps.
BOSCH_PER_G = {2: 16384, 4: 8192, 8: 4096, 16: 2048}
BOSCH_PER_DPS = {125: 262.4, 250: 131.2, 500: 65.6, 1000: 32.8, 2000: 16.4}


def test_all_families_are_there_in_alphabetical_order() -> None:
    assert tuple(profiles()) == FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_a_profile_tells_a_buyer_what_it_cannot_do(family: str) -> None:
    profile = profile_of(family)

    assert profile.advice.cannot
    assert profile.sources
    assert facts(profile)["family"] == family


@pytest.mark.parametrize("family", FAMILIES)
def test_a_battery_level_can_be_read_where_it_is_promised(family: str) -> None:
    profile = profile_of(family)
    # ORPHE says it in its device information (sensors.md).
    says_it = {"battery", "device_information"} & set(profile.characteristics)

    assert profile.can.battery == bool(says_it)


def expected_mg(profile: Profile) -> dict[float, float]:
    if profile.family == "metawear":
        return {g: 1000 / per_g for g, per_g in BOSCH_PER_G.items()}
    return dict(ST_MG)


def expected_mdps(profile: Profile) -> dict[float, float]:
    if profile.family == "metawear":
        return {dps: 1000 / per for dps, per in BOSCH_PER_DPS.items()}
    return dict(ST_MDPS)


@pytest.mark.parametrize("family", STREAMING)
def test_the_size_of_a_count_is_that_of_the_datasheet(family: str) -> None:
    profile = profile_of(family)
    assert profile.acc is not None
    assert profile.gyro is not None

    for g in profile.acc.offered:
        found = profile.acc_lsb_mps2(g) / STANDARD_GRAVITY_MPS2 * 1000
        assert found == pytest.approx(expected_mg(profile)[g], rel=1e-4)
    for dps in profile.gyro.offered:
        found = profile.gyro_lsb_rps(dps) * DEG_PER_RAD * 1000
        assert found == pytest.approx(expected_mdps(profile)[dps], rel=1e-4)


@pytest.mark.parametrize("family", STREAMING)
def test_a_running_shoe_fits_the_ranges_that_are_used(family: str) -> None:
    profile = profile_of(family)
    assert profile.acc is not None
    assert profile.gyro is not None

    # sensors.md, 2: what shoes need.
    assert profile.acc.default >= 16
    assert profile.gyro.default >= 2000
    assert (profile.stream.real_rate_hz or profile.stream.rate_hz) >= 200


@pytest.mark.parametrize("family", STREAMING)
def test_a_rail_lies_within_the_full_scale_of_its_counts(family: str) -> None:
    profile = profile_of(family)

    for ranges in (profile.acc, profile.gyro):
        assert ranges is not None
        whole = ranges.rail_counts * ranges.per_count(ranges.default)
        assert 0.95 <= whole / ranges.default <= 1.2


def test_our_profile_names_the_uuids_of_the_packet_table() -> None:
    ours = profile_of("treadwear-v1")

    uuids = {name: c.uuid for name, c in ours.characteristics.items()}
    assert uuids["data"] == messages.DATA_UUID
    assert uuids["control"] == messages.CONTROL_UUID
    assert uuids["info"] == messages.INFO_UUID
    assert ours.find.services == (messages.SERVICE_UUID,)
    assert ours.stream.samples_per_notification == messages.MAX_SAMPLES


def test_a_foot_pod_has_no_counts_to_give() -> None:
    pod = profile_of("running-speed-cadence")

    assert not pod.can.streams_imu
    with pytest.raises(ProfileError, match=r"has no \[acc\]"):
        pod.acc_lsb_mps2()


def test_no_two_families_are_found_by_the_same_sign() -> None:
    signs = [s for p in profiles().values() for s in p.find.services]
    names = [n for p in profiles().values() for n in p.find.name_prefixes]

    assert len(set(signs)) == len(signs)
    assert not any(a != b and b.startswith(a) for a in names for b in names)
    assert len(set(names)) == len(names)


def test_an_unknown_family_is_answered_with_those_that_are_known() -> None:
    with pytest.raises(ProfileError, match="known are metawear, movesense"):
        profile_of("stryd")


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("rates_hz = [", "ratez_hz = [", "ratez_hz"),
        ('title = "', 'titel = "', "titel|title"),
        ("led = true", 'led = "yes"', r"bool.*led"),
        ("a3c87501-8ed3", "A3C87501-8ed3", r"characteristics\[...\]|uuid"),
        ("a3c87501-8ed3-4bdf", "a3c87501-8ed3", "uuid"),
        ("default = 16", "default = 12", r"\[acc\] default 12 is not offered"),
        ("default = 2000", "default = 300", r"\[gyro\] default 300 is not offered"),
        ("rate_hz = 416", "rate_hz = 400", "400 is not in rates_hz"),
        (", 0.488]", "]", r"\[acc\] offers 4 ranges and 3 sizes"),
        ("bits = 32", "bits = 65", "<= 64"),
        ("tick_ns = 1000", "tick_ns = 0", ">= 1"),
        ('stamps = "first sample"', 'stamps = "middle"', "middle"),
        ('family = "treadwear-v1"', 'family = "treadwear-v2"', "the file is"),
        ('family = "treadwear-v1"', 'family = "Treadwear v1"', "family"),
        ('family = "', "family = ", "Invalid value"),
    ],
)
def test_a_slip_in_a_profile_is_told_with_the_file(
    right: str, wrong: str, complaint: str
) -> None:
    assert right in OURS

    with pytest.raises(ProfileError, match=complaint) as told:
        read_profile(OURS.replace(right, wrong, 1), FILE)

    assert FILE in str(told.value)


def test_a_profile_without_an_accelerometer_must_say_that_it_streams_none() -> None:
    without = re.sub(r"\[acc\].*?(?=\[gyro\])", "", OURS, flags=re.DOTALL)

    with pytest.raises(ProfileError, match=r"\[acc\] is missing"):
        read_profile(without, FILE)


def test_a_profile_that_nothing_is_found_by_is_refused() -> None:
    unseen = re.sub(r"(name_prefixes|services) = .*\n", "", OURS)

    with pytest.raises(ProfileError, match="neither a name nor a service"):
        read_profile(unseen, FILE)


def test_a_file_of_another_name_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"the file is 'mine\.toml'"):
        read_profile(OURS, "mine.toml")
