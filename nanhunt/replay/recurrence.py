"""Whether it comes again: the iteration run once more in place, from the withheld state, with the same batch and seed."""

from nanhunt.diagnose.finding import Recurrence
from nanhunt.replay.compare import Comparison, run_and_compare
from nanhunt.replay.session import Session

MOST = 50
"""Names of differing tensors that are told."""


def recurrence_of(session: Session, first: Comparison) -> Recurrence:
    """What the comparison of the training with one run says, with another run where they are not the same.

    Two runs that agree with each other and not with the training show that the training's own was the odd one. Nothing is said
    where draws or Python code of the program's own cannot be repeated, or where another MXNet, or other variables, run it.
    """
    if first.identical:
        return Recurrence("persistent")
    differing = (first.differing + tuple("%s: not produced" % each for each in first.absent))[:MOST]
    why_not = _incomparable(session)
    if why_not:
        return Recurrence("unclear", differing, why_not)
    second = run_and_compare(session)
    if second.fingerprints == first.fingerprints:
        why = "run again twice, it gave the same both times, and other numbers than in the training"
    else:
        varying = sum(first.fingerprints.get(key) != value for key, value in second.fingerprints.items())
        why = "run again twice, it gave other numbers each time (%d of %d tensors vary)" % (varying, len(second.fingerprints))
    return Recurrence("transient", differing, why)


def _incomparable(session: Session) -> str:
    there, here = session.record.environment, session.backend.environment()
    other = [key for key in ("mxnet", "processor", "variables", "features") if there.get(key) != here.get(key)]
    if other:
        return "it ran elsewhere: another %s" % ", ".join(other)
    if session.undrawn:
        return "its random draws could not be recorded"
    if session.python_code:
        return "Python code of the program's own is not run again"
    if any(node.symbol is not None for node in session.graph.nodes):
        return "a compiled part of it may round otherwise when it is run by itself"
    return ""
