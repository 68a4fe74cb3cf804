"""What one check before the run found, in a sentence, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: fine, not fine, or (None) it could not be told."""

    name: str
    is_good: bool | None
    sentence: str
    advice: str = ""


def good(name: str, sentence: str) -> CheckResult:
    """All is well."""
    return CheckResult(name, is_good=True, sentence=sentence)


def bad(name: str, sentence: str, advice: str) -> CheckResult:
    """Something is wrong, and this is what to do."""
    return CheckResult(name, is_good=False, sentence=sentence, advice=advice)


def unsure(name: str, sentence: str, advice: str = "") -> CheckResult:
    """It could not be told."""
    return CheckResult(name, is_good=None, sentence=sentence, advice=advice)


def too_short(name: str) -> CheckResult:
    """There was no standing to look at."""
    return unsure(
        name,
        "Too little came in to find two seconds of standing.",
        "Stand still for three seconds and check again.",
    )
