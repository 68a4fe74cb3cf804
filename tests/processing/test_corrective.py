import re
from typing import get_args

import msgspec

from contract.people import Checkpoint
from processing.advice.corrective import PHASES
from tests.processing.advice import FORBIDDEN, TABLE


def test_only_what_is_overactive_is_lengthened_or_rolled() -> None:
    for name, compensation in TABLE.compensations.items():
        overactive, underactive = compensation.overactive, compensation.underactive
        for exercise, role in (
            *compensation.exercises("lengthen"),
            *compensation.exercises("inhibit"),
        ):
            muscles = set(TABLE.exercises[exercise].muscles)
            assert muscles & set(getattr(overactive, role)), (name, exercise)
            assert not muscles & set(getattr(underactive, role)), (name, exercise)


def test_only_what_is_underactive_is_activated() -> None:
    for name, compensation in TABLE.compensations.items():
        for exercise, role in compensation.exercises("activate"):
            muscles = set(TABLE.exercises[exercise].muscles)
            assert muscles & set(getattr(compensation.underactive, role)), (
                name,
                exercise,
            )
            assert not muscles & set(getattr(compensation.overactive, role))


def test_every_compensation_has_exercises_for_each_phase_that_exist() -> None:
    used = set()
    for compensation in TABLE.compensations.values():
        for phase in PHASES:
            named = {name for name, _ in compensation.exercises(phase)}
            assert named
            used |= named
    assert used == set(TABLE.exercises)


def test_the_table_knows_all_checkpoints_and_only_they() -> None:
    assert set(TABLE.checkpoints) == set(get_args(Checkpoint))
    assert list(TABLE.phases) == list(PHASES)


def test_no_sensor_speaks_of_shoulders_or_head() -> None:
    hinted = {c.checkpoint for c in TABLE.compensations.values() if c.sensor}
    assert hinted == {"foot_ankle", "knee", "lphc"}


def test_the_table_never_says_a_forbidden_word() -> None:
    texts = re.findall(r'"((?:[^"\\]|\\.)*)"', msgspec.json.encode(TABLE).decode())
    assert len(texts) > 200
    assert not [t for t in texts if FORBIDDEN.search(t)]
