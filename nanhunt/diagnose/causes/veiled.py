"""A value that became infinite in the forward and that what follows made finite again, such as exp(-inf) or 1 / inf.

The loss is finite; the gradient is not, because it meets the infinite derivative. Its cause is that of the infinite value.
"""

from dataclasses import replace
from typing import Optional

import numpy as np

from nanhunt.diagnose.causes import division, domain, logarithm, overflow
from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.gradients import bad_gradient

_FORWARD = (logarithm.judge, division.judge, domain.judge, overflow.judge)


def judge(case: Case) -> Optional[Verdict]:
    """At every bad gradient element the operator's own value is not finite either; the forward's rules say why."""
    found = bad_gradient(case)
    if found is None or case.outputs[0].shape != found.singular.shape:
        return None
    veiled = found.singular & found.bad & ~np.isfinite(case.outputs[0])
    bad = ~np.isfinite(found.gradient)
    if not found.reduced(veiled)[bad].all():
        return None
    spot = tuple(int(k) for k in np.argwhere(veiled)[0])
    value = float(case.outputs[0][spot])
    word = "nan" if value != value else "+inf" if value > 0 else "-inf"
    producer = replace(case.origin.producer, phase="forward", index=spot, value=word, shape=found.singular.shape)
    forward = replace(case, origin=replace(case.origin, producer=producer))
    verdict = next((each for each in (rule(forward) for rule in _FORWARD) if each is not None), None)
    if verdict is None:
        return None
    return replace(
        verdict,
        why="%s; what follows makes it finite again, but the gradient %.4g that arrives there becomes %s"
        % (verdict.why, float(found.arrived[spot]), case.origin.producer.value),
    )
