"""Preflight of a program as it runs: its networks before their first forward, its graph when backward has run once."""

from dataclasses import replace
from typing import Callable, List, Optional, Sequence, Set

from nanhunt.backends.base import Backend, Instrumentation, State
from nanhunt.errors import PreflightError
from nanhunt.preflight.base import ERROR, NOTE, Remark, Subject
from nanhunt.preflight.checks import examine
from nanhunt.preflight.facts import recorded


class Preflight:
    """Told by a Hunt what a program is about to do; says what it sees, and stops what is certain to fail.

    Attributes:
        remarks: all, in the order in which they were found.

    Args:
        say: told of each error and warning, and of what was set.
        fix_syncbn: make SyncBatchNorm wait for the devices that its parameters live on.
    """

    def __init__(self, say: Callable[[str], None], fix_syncbn: bool = False) -> None:
        self.remarks: List[Remark] = []
        self._say = say
        self._fix = fix_syncbn
        self._devices: Set[str] = set()
        self._backward = False
        self._refused: Optional[PreflightError] = None

    def before_forward(self, instrumentation: Instrumentation, devices: Sequence[str] = ()) -> None:
        """A network that is new, or inputs on a device, are about to be used.

        Raises:
            PreflightError: the forward would never end, or damage memory.
        """
        if self._refused is not None:  # each thread of a data-parallel forward comes here, and none may begin
            raise self._refused
        news = [each for each in devices if each not in self._devices]
        if devices and not news:
            return
        self._devices.update(news)
        layers = instrumentation.sync_layers()
        if not layers:
            return
        if self._fix:
            wrong = [each for each in layers if each.devices and each.waits_for != len(each.devices)]
            if wrong:
                instrumentation.fix_sync_layers()
                self._say(fixed(wrong[0].waits_for, len(wrong[0].devices), [each.path for each in wrong]))
                layers = instrumentation.sync_layers()
        devices_seen = tuple(sorted(self._devices)) if len(self._devices) > 1 else ()
        self._tell(examine(Subject(devices=devices_seen, layers=tuple(layers))))

    def after_backward(self, backend: Backend, instrumentation: Instrumentation, states: Sequence[State]) -> None:
        """Backward has run. What is wrong by now is said, and is the check's own affair: it stops nothing."""
        if self._backward:
            return
        self._backward = True
        try:
            found = examine(replace(recorded(backend, instrumentation, states), layers=()))
        except Exception as error:  # a run must not end because of what only warns
            self._say("preflight could not look at the first iteration (%s: %s)" % (type(error).__name__, error))
            return
        self._tell([each for each in found if each.severity != ERROR])

    def _tell(self, remarks: Sequence[Remark]) -> None:
        known = {(each.check, each.place, each.severity) for each in self.remarks}
        fresh = [each for each in remarks if (each.check, each.place, each.severity) not in known]
        self.remarks += fresh
        errors = [each for each in fresh if each.severity == ERROR]
        if errors:
            self._refused = PreflightError(refusal(errors))
            raise self._refused
        for each in fresh:
            if each.severity != NOTE:
                self._say("preflight: %s" % each)


def refusal(errors: Sequence[Remark]) -> str:
    """The message of a run that is not begun: each place, those with the same reason together."""
    groups = {}  # type: dict[tuple[str, str], list[str]]
    for each in errors:
        groups.setdefault((each.saw, each.do), []).append(each.place)
    lines = []
    for (saw, do), places in groups.items():
        many = "%d layers or arrays: " % len(places) if len(places) > 1 else ""
        lines.append("certain to fail: %s%s %s; %s" % (many, ", ".join(places), saw, do))
    return "\n".join(lines)


def fixed(waited: int, devices: int, names: Sequence[str]) -> str:
    """What was set."""
    return "%d SyncBatchNorm layers waited for %d devices; set to the %d in use: %s" % (
        len(names),
        waited,
        devices,
        ", ".join(names),
    )
