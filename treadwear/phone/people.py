"""What the page keeps of people: who she is, what she agreed to, shoes, pain."""

import time

from contract.errors import UsageError
from contract.people import (
    Consent,
    FitCheck,
    Pain,
    PairedSensor,
    Pairing,
    Profile,
    Shoe,
)
from dashboards.phone.wishes import (
    AddRunner,
    Agree,
    ChooseRunner,
    ChooseShoe,
    TellPain,
    WearHip,
)
from processing.advice.plan import pain_reason
from processing.history import history_until_now
from processing.store.people import (
    consents_of,
    keep_consent,
    keep_fit_check,
    keep_pain,
    keep_pairing,
    keep_profile,
    keep_shoe,
    shoes_of,
)
from processing.store.sqlite import SqliteStore
from treadwear.phone.home import Choice
from treadwear.runner_ids import check_runner_id

ChoiceWish = ChooseRunner | AddRunner | Agree | ChooseShoe | WearHip


def choose(store: SqliteStore, runner: str, choice: Choice, wish: ChoiceWish) -> Choice:
    """Keep what was said about people and shoes; gives who runs in what now."""
    match wish:
        case ChooseRunner():
            if wish.runner not in store.runners():
                raise UsageError(f"nobody is known as {wish.runner}")
            return Choice(wish.runner)
        case AddRunner():
            return _add(store, wish)
        case Agree():
            _agree(store, runner, wish)
            return choice
        case ChooseShoe():
            return Choice(runner, _shoe(store, runner, wish.shoe), choice.has_hip)
        case WearHip():
            return Choice(runner, choice.shoe, wish.worn)


def _add(store: SqliteStore, wish: AddRunner) -> Choice:
    if wish.runner in store.runners():
        raise UsageError(
            f"there is a runner {wish.runner} already",
            "two people must not share one pseudonym",
            "Choose her from the list, or another pseudonym.",
        )
    check_runner_id(wish.runner)
    name = plain(wish.name)
    keep_profile(store, wish.runner, Profile(time_ns=time.time_ns(), name=name))
    return Choice(wish.runner)


def _agree(store: SqliteStore, runner: str, wish: Agree) -> None:
    before = consents_of(store, runner)
    consent = Consent(
        time_ns=time.time_ns(),
        store=wish.store,
        live=wish.live,
        share=wish.share,
        research=wish.research,
        by=before[-1].by if before else "",
    )
    keep_consent(store, runner, consent)


def _shoe(store: SqliteStore, runner: str, name: str) -> str:
    """Give the name of a pair that is known from now on."""
    name = plain(name)
    if name and name not in shoes_of(store, runner):
        keep_shoe(store, runner, Shoe(name=name), time.time_ns())
    return name


def remember(
    store: SqliteStore, runner: str, shoe: str, sensors: tuple[PairedSensor, ...]
) -> None:
    """Keep which sensors are worn with that shoe."""
    pairing = Pairing(time_ns=time.time_ns(), shoe=shoe, sensors=sensors)
    keep_pairing(store, runner, pairing)


def remember_check(store: SqliteStore, runner: str, check: FitCheck) -> None:
    """Keep how the sensors sat."""
    keep_fit_check(store, runner, check)


def told_pain(store: SqliteStore, runner: str, wish: TellPain) -> str:
    """Keep how much it hurts; gives what is to be said about it, or nothing."""
    pain = Pain(time_ns=time.time_ns(), pain=wish.pain, where=plain(wish.where))
    keep_pain(store, runner, pain)
    history = history_until_now(store, runner)
    return pain_reason(history.assessment, history.pain_levels())


def plain(words: str) -> str:
    """Give words in one line, without what no eye can see."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())
