"""bad-input, bad-parameter, bad-statistic: it was non-finite before the iteration began."""

from typing import Optional

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.finding import Producer

_NAMES = {
    "data": ("bad-input", "the batch's array"),
    "parameter": ("bad-parameter", "the parameter"),
    "aux": ("bad-statistic", "the running statistic"),
    "optimizer": ("unknown", "the optimizer's state"),
}


def _first(producer: Producer) -> str:
    return ", first at %s" % list(producer.index) if producer.index else ""


def judge(case: Case) -> Optional[Verdict]:
    """Something bad on arrival."""
    return of_producer(case.origin.producer)


def of_producer(producer: Producer) -> Optional[Verdict]:
    """The same where nothing ran: it takes no more than the array itself."""
    if producer.phase not in _NAMES:
        return None
    cause, what = _NAMES[producer.phase]
    sample = " (%s)" % producer.file if producer.file else ""
    if producer.block.startswith("leaf_") and producer.value == "-inf":
        return Verdict(
            "unknown",
            "%d values of an array that the program made, of shape %s, are -inf (first at %s), and one of them went on "
            "to the loss" % (producer.count, list(producer.shape), list(producer.index)),
        )
    size = 1
    for length in producer.shape:
        size *= length
    when = "the iteration began"
    if producer.block.startswith("leaf_"):
        when = (
            "an operator under record read it; it was given to no network or loss, and may be what the program computed itself"
        )
    return Verdict(
        cause,
        "%s %s%s held %d non-finite of %d values (%s%s) before %s"
        % (what, producer.block, sample, producer.count, size, producer.value, _first(producer), when),
    )
