"""What the iterations before tell, in words."""

import math

from nanhunt.diagnose.finding import NOT_RUN, Recurrence, RunUpVerdict


def run_up_in_words(verdict: RunUpVerdict) -> str:
    """One or two sentences."""
    if verdict.verdict == "unknown":
        if verdict.since is None:
            return "only %d iterations are known, too few to say whether it diverged" % verdict.iterations
        return (
            "unknown. Sizes were as ever until step %d and far above all before from there on: too few iterations to say "
            "whether they grew or that one broke them" % verdict.since.step
        )
    if verdict.since is None or verdict.times is None:
        return (
            "a single event. In the %d iterations looked at nothing grew to the end: sizes were as ever until this one"
            % verdict.iterations
        )
    at = verdict.since
    if verdict.before:
        return (
            "diverged. %s %s was growing when the history begins (step %d): it grew %s times since; %d tensors grow to "
            "the end. A longer --history shows where that began"
            % (verdict.kind, verdict.name, at.step, short(verdict.times), verdict.growing)
        )
    return (
        "diverged. Growth began at step %d (epoch %d, iteration %d; give or take %d) in %s; it grew %s times "
        "since; %d tensors grow to the end"
        % (at.step, at.epoch, at.iteration, verdict.within, _named(verdict), short(verdict.times), verdict.growing)
    )


def _named(verdict: RunUpVerdict) -> str:
    name = "%s %s" % (verdict.kind, verdict.name)
    if not verdict.together:
        return name
    others = "one of %d others" % verdict.together if verdict.together > 1 else "another"
    return "%s, or in %s that cannot be told apart from it" % (name, others)


def recurrence_in_words(found: Recurrence) -> str:
    """One sentence."""
    if found.again == "persistent":
        return "persistent: run again at once, the iteration gave the same bits"
    if found.again == NOT_RUN:
        return "not run again, so that it is not known whether it comes again: %s" % found.why
    tensors = "%d tensors differ, first %s" % (len(found.differing), found.differing[0]) if found.differing else ""
    return "%s: %s" % (found.again, "; ".join(each for each in (found.why, tensors) if each))


def short(value: float) -> str:
    """Four digits, `inf` or `nan`."""
    if math.isnan(value):
        return "nan"
    return "%.4g" % value if math.isfinite(value) else "inf"
