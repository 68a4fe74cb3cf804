"""Keep the strides of running; say of every other stride why it is none."""

from processing.contacts import ISOLATED, TOO_QUICK, WALKING
from processing.settings import StrideSettings
from processing.windows import StrideWindows


class RunningFilter:
    """Lets strides pass that have a running length and company, in any portions."""

    def __init__(self, settings: StrideSettings) -> None:
        self._settings = settings
        self._held: StrideWindows | None = None
        self._company = 0
        self._next = -1

    def push(
        self, strides: StrideWindows
    ) -> tuple[StrideWindows, list[tuple[StrideWindows, str]]]:
        """Give running strides, and the others with their reason."""
        passed, dropped = [], []
        for k in range(strides.count):
            one = strides.select(slice(k, k + 1))
            reason = self._reason(float(one.length[0]) / one.rate_hz)
            if reason or int(one.number[0]) != self._next:
                dropped += self.flush()
                self._company = 0
            self._next = int(one.number[0]) + 1
            if reason:
                dropped += _real(one, reason)
                continue
            self._company += not one.is_edge[0]
            self._held = self._held.followed_by(one) if self._held else one
            if self._company >= self._settings.bout_strides:
                passed.append(self._held)
                self._held = None
        nothing = strides.select(slice(0))
        return StrideWindows.joined([nothing, *passed]), dropped

    def flush(self) -> list[tuple[StrideWindows, str]]:
        """Give up on strides that still wait for company."""
        held, self._held = self._held, None
        return _real(held, ISOLATED) if held else []

    def _reason(self, seconds: float) -> str:
        s = self._settings
        if seconds < s.shortest_s:
            return TOO_QUICK
        return WALKING if seconds > s.longest_s else ""


def _real(strides: StrideWindows, reason: str) -> list[tuple[StrideWindows, str]]:
    """The strides that are more than a guess at the edge of a run."""
    seen = strides.select(~strides.is_edge)
    return [(seen, reason)] if seen.count else []
