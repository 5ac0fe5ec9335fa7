"""diverged: weights of a size that no initialisation gives, after updates, and an overflow that follows from them."""

from typing import Dict, Optional

from nanhunt.backends.graph import Leaf
from nanhunt.diagnose.causes import exploding, overflow
from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.finding import ABSURD_WEIGHT, Fix


def judge(case: Case) -> Optional[Verdict]:
    """An overflow after at least one update, with most trained weights beyond 1e8: the run diverged before this iteration."""
    if case.step < 1:
        return None
    verdict = overflow.judge(case) or exploding.judge(case)
    if verdict is None:
        return None
    widest: Dict[Leaf, float] = {}
    for node, facts in case.evidence.leaves.items():
        leaf = case.evidence.graph.nodes[node].leaf
        if leaf is not None and leaf.group == "parameters" and leaf.grad_req != "null" and facts.minimum is not None:
            widest[leaf] = max(abs(facts.minimum), abs(facts.maximum or 0.0))
    absurd = {leaf.name: size for leaf, size in widest.items() if size > ABSURD_WEIGHT}
    if len(absurd) < min(2, len(widest)) or not absurd or 2 * len(absurd) < len(widest):
        return None
    name = max(absurd, key=lambda each: absurd[each])
    return Verdict(
        "diverged",
        "%d of %d trained arrays hold values beyond %.0e after %d updates (%s reaches %.4g), and so %s"
        % (len(absurd), len(widest), ABSURD_WEIGHT, case.step, name, absurd[name], verdict.why),
        (Fix("a lower learning rate, warm-up, or clipping gradients from the start: the run was lost iterations ago"),),
    )
