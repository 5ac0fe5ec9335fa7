"""bad-input, bad-parameter, bad-statistic: it was non-finite before the iteration began."""

from typing import Optional

from nanhunt.diagnose.causes.base import Case, Verdict

_NAMES = {
    "data": ("bad-input", "the batch's array"),
    "parameter": ("bad-parameter", "the parameter"),
    "aux": ("bad-statistic", "the running statistic"),
}


def judge(case: Case) -> Optional[Verdict]:
    """Something bad on arrival."""
    producer = case.origin.producer
    if producer.phase not in _NAMES:
        return None
    cause, what = _NAMES[producer.phase]
    sample = " (%s)" % producer.file if producer.file else ""
    size = 1
    for length in producer.shape:
        size *= length
    return Verdict(
        cause,
        "%s %s%s held %d non-finite of %d values, the first (%s) at %s, before the iteration began"
        % (what, producer.block, sample, producer.count, size, producer.value, list(producer.index)),
    )
