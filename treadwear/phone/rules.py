"""Which wishes can be had in which step: all others are refused, and change nothing."""

from collections.abc import Callable

from dashboards.phone.state import PhoneState, Step


def may(state: PhoneState) -> tuple[str, ...]:
    """Names of the wishes that can be had now."""
    rule = _RULES.get(state.step)
    return rule(state) if rule else ()


def _at_home(state: PhoneState) -> tuple[str, ...]:
    people = ("runner", "add_runner")
    if state.home.runner is None:
        return people
    own = (*people, "agree", "shoe", "hip")
    return own if state.home.obstacle else (*own, "ready")


def _at_fit(state: PhoneState) -> tuple[str, ...]:
    if state.fit is None or state.fit.stage != "done":
        return ("skip", "home")
    told = {tick.name: tick.state for tick in state.fit.ticks}
    swap = ("swap",) if told.get("alternation") == "bad" else ()
    return ("next" if state.fit.is_good else "skip", "again", *swap, "home")


def _at_shake(state: PhoneState) -> tuple[str, ...]:
    is_found = state.shake is not None and state.shake.is_found
    return ("answer", "home") if is_found else ("home",)


def _at_context(state: PhoneState) -> tuple[str, ...]:
    sensors = state.context.sensors if state.context else ()
    return ("start", "home") if any(s.is_live for s in sensors) else ("home",)


_RULES: dict[Step, Callable[[PhoneState], tuple[str, ...]]] = {
    "home": _at_home,
    "find": lambda _: ("home",),
    "shake": _at_shake,
    "fit": _at_fit,
    "context": _at_context,
    "running": lambda _: ("stop",),
    "ended": lambda _: ("pain", "home"),
    "fault": lambda _: ("again", "home"),
}
"""A step that is not here takes no wish."""
