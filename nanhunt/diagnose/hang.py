"""A run that came no further, in words."""

from pathlib import Path
from typing import Any, List, Mapping, Optional, Tuple

from nanhunt.diagnose.finding import Finding, Hang

_STANDS = {
    "loader": "waiting for the data loader",
    "engine": "waiting for the engine",
    "barrier": "waiting in a barrier",
    "blocked": "waiting, not for the framework",
    "python": "at work in Python, or in C called from it",
}
_MOST = 5


def hang_rows(finding: Finding, hang: Hang) -> List[Tuple[str, str]]:
    """The verdict as (name, words)."""
    at = finding.iteration
    when = "in" if hang.under_way else "between iterations, before or after"
    place = "%s epoch %d, iteration %d (step %d)" % (when, at.epoch, at.iteration, at.step)
    rows = [
        ("HANG", "%s: no progress for %.0f s" % (place, hang.seconds)),
        ("stands", "%s: %s, thread %s" % (_STANDS[hang.kind], hang.call, hang.thread)),
    ]
    if hang.source:
        rows.append(("where", hang.source))
    if hang.waits_for:
        rows.append(("for", hang.waits_for))
    rows += [("barrier", _barrier(each)) for each in hang.barriers[:_MOST]]
    if len(hang.barriers) > _MOST:
        rows.append(("", "and %d more" % (len(hang.barriers) - _MOST)))
    if hang.unfinished:
        done = "finished up to %s; " % hang.reached if hang.reached else ""
        rows.append(("devices", "%snot all of %s" % (done, ", ".join(hang.unfinished))))
    rows += [("worker", each) for each in hang.workers]
    rows += [("cause", "%s (%s)" % (finding.cause, finding.proof)), ("why", finding.why)]
    rows += [("fix", fix.do) for fix in finding.fixes]
    rows += [("no copy of", each) for each in hang.missing]
    return rows


def _barrier(barrier: Mapping[str, Any]) -> str:
    devices = ", ".join(barrier["devices"]) or "no device"
    return "%s waits for %s devices; it is on %s" % (barrier["block"], barrier["waits_for"], devices)


def stack_lines(hang: Hang) -> List[str]:
    """Every thread's stack, the innermost frame last; that of the thread that trains first."""
    lines = []
    for each in hang.stacks:
        lines.append("thread %s" % each["thread"])
        lines += ["  " + frame for frame in each["frames"]]
    return lines


def text_of(finding: Finding, dump: Optional[Path]) -> str:
    """All of it, for a stream that knows nothing of columns."""
    assert finding.hang is not None
    lines = stack_lines(finding.hang) + [""]
    lines += ["%-10s  %s" % row for row in hang_rows(finding, finding.hang)]
    return "\n".join(lines + (["%-10s  %s" % ("dump", dump)] if dump is not None else []))
