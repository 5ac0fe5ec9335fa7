"""Counterfactual replays: the dumped iteration with one thing changed, and whether it is still non-finite.

One change a file; CHANGES lists them in the order of a ladder, from what is most specific to what is least.
"""

import time
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence, Tuple, Type

from nanhunt.diagnose.finding import Fix
from nanhunt.errors import UsageError
from nanhunt.replay.cures.base import FINITE_AS_IT_IS, Change, NotHere, Situation, Trial, attempted
from nanhunt.replay.cures.batch_norm import BatchNorm
from nanhunt.replay.cures.clip_grad import ClipGradient
from nanhunt.replay.cures.clip_input import ClipInput
from nanhunt.replay.cures.compiling import suspicious
from nanhunt.replay.cures.drop_sample import DropSample
from nanhunt.replay.cures.eps import Eps
from nanhunt.replay.cures.float64 import Float64
from nanhunt.replay.cures.float64_all import Float64All
from nanhunt.replay.cures.hybrid import Hybrid
from nanhunt.replay.cures.imperative import Imperative
from nanhunt.replay.cures.learning_rate import LearningRate
from nanhunt.replay.cures.log_softmax import LogSoftmax
from nanhunt.replay.cures.mkldnn_off import WithoutMkldnn
from nanhunt.replay.cures.naive_engine import NaiveEngine
from nanhunt.replay.cures.threads import Threads
from nanhunt.replay.explain import Explanation
from nanhunt.replay.session import Session

CHANGES: Dict[str, Type[Change]] = {
    kind.name: kind
    for kind in (
        LogSoftmax,
        BatchNorm,
        ClipInput,
        Eps,
        Float64,
        Float64All,
        DropSample,
        ClipGradient,
        LearningRate,
        Imperative,
        Hybrid,
        NaiveEngine,
        Threads,
        WithoutMkldnn,
    )
}

_FOR_CAUSE: Dict[str, Tuple[str, ...]] = {
    "softmax-underflow": ("log-softmax", "clip-grad", "lr"),
    "variance-cancellation": ("batchnorm", "eps", "clip-grad", "lr"),
    "log-of-zero": ("eps",),
    "log-of-negative": ("clip-input",),
    "sqrt-of-negative": ("clip-input",),
    "divide-by-zero": ("eps",),
    "power-domain": ("clip-input",),
    "inverse-trig-domain": ("clip-input",),
    "gradient-singularity": ("eps", "clip-grad"),
    "masked-branch": ("eps", "clip-input"),
    "exp-overflow": ("float64-all", "clip-input"),
    "overflow": ("float64-all",),
    "inf-minus-inf": ("float64-all",),
    "zero-times-inf": ("float64-all",),
    "kernel-defect": ("float64", "mkldnn-off"),
    "bad-input": ("drop-sample",),
    "bad-label": ("drop-sample",),
    "infeasible-target": ("drop-sample",),
    "optimizer-step": ("eps", "lr", "clip-grad"),
    "unknown": ("float64", "drop-sample"),
}
"""What is tried of itself, beside the changes that a rule's advice names."""


def parse(texts: Iterable[str]) -> List[Change]:
    """Changes as given to `--try`, `NAME` or `NAME=VALUE`.

    Raises:
        UsageError: there is no such change, or it takes no such value.
    """
    changes = []
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in CHANGES:
            known = ", ".join(key + ("[=%s]" % kind.takes if kind.takes else "") for key, kind in CHANGES.items())
            raise UsageError("unknown change %r for --try; there are %s" % (name, known))
        changes.append(CHANGES[name](value if equals else None))
    return changes


def ladder() -> List[Change]:
    """Every change, with its usual value."""
    return [kind() for kind in CHANGES.values()]


def try_changes(
    session: Session,
    explanation: Explanation,
    changes: Sequence[Change],
    dump: Optional[Path] = None,
    everything: bool = True,
) -> Tuple[Trial, ...]:
    """One row a change. Whatever the framework does with it is a row, never an error.

    Args:
        dump: the file, for changes that need a process of their own.
        everything: give a row as well where there is nothing to change.
    """
    situation = Situation(session, explanation, dump)
    rows = []
    for change in changes:
        try:
            rows.append(attempted(change, situation))
        except NotHere as why:
            if everything:
                rows.append(Trial(change.label, change.summary, "not possible: %s" % why))
    return tuple(rows)


def try_fixes(
    session: Session, explanation: Explanation, budget_seconds: float, dump: Optional[Path] = None
) -> Tuple[Fix, ...]:
    """The finding's fixes, tried where a change corresponds to them, and what else is usual for its cause.

    Nothing new is begun once the budget is used up, or if the last run tells that it would be. Cures come first.
    """
    finding = explanation.finding
    if finding.producer is None or not finding.producer.value:
        return finding.fixes  # nothing was non-finite: a label that no class stands for, say
    situation = Situation(session, explanation, dump)
    began, longest = time.perf_counter(), 0.0
    wanted = [name for name in (advised(fix.do) for fix in finding.fixes if not fix.tried) if name is not None]
    if finding.producer is not None:
        wanted += _FOR_CAUSE.get(finding.cause, ())
        if any(node.symbol is not None for node in session.graph.nodes) and suspicious(
            session.backend.environment(), session.opened
        ):
            wanted.append("imperative")
    trials = []
    for name in dict.fromkeys(wanted):
        start = time.perf_counter()
        if start - began + longest > budget_seconds:
            break
        try:
            trials.append(attempted(CHANGES[name](), situation))
        except NotHere:
            continue
        longest = max(longest, time.perf_counter() - start)
    return merged(finding.fixes, trials)


def merged(fixes: Sequence[Fix], trials: Sequence[Trial]) -> Tuple[Fix, ...]:
    """Advice and rows in one list: advice that a row answers has its result; cures first, then what nobody tried."""
    by_name: Dict[str, Trial] = {}
    for trial in trials:
        key = trial.change.split("=")[0]
        if trial.result.startswith("not possible") or trial.result.endswith(FINITE_AS_IT_IS):
            continue  # the advice stays what nobody could try
        if key not in by_name or trial.cures:
            by_name[key] = trial
    answered: List[Fix] = []
    used = set()
    for fix in fixes:
        name = None if fix.tried else advised(fix.do)
        if name in by_name and name not in used:
            used.add(name)
            trial = by_name[name]
            note = "; " + trial.note if trial.note else ""
            answered.append(Fix("%s (--try %s%s)" % (fix.do, trial.change, note), True, trial.result))
        else:
            answered.append(fix)
    told = {id(by_name[name]) for name in used if name is not None}
    answered += [trial.fix() for trial in trials if id(trial) not in told]
    return tuple(sorted(answered, key=_rank))


def _rank(fix: Fix) -> int:
    if not fix.tried:
        return 1
    return 0 if fix.result == "finite" else 2


_OF_EARLIER = ("before this iteration", "earlier", "from the start", "warm-up")


def advised(advice: str) -> Optional[str]:
    """The change that an advice speaks of; None where there is none, or where it is about iterations before this one."""
    text = advice.lower()
    if any(words in text for words in _OF_EARLIER):
        return None
    return next((name for name, kind in CHANGES.items() if any(words in text for words in kind.words)), None)


__all__ = ["CHANGES", "Change", "Trial", "advised", "ladder", "merged", "parse", "try_changes", "try_fixes"]
