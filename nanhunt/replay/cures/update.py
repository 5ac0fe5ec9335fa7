"""An optimizer's update again with something changed: its operators where the dump has them, else Adam's step in NumPy."""

import math
from dataclasses import replace
from typing import Any, Callable, List, Mapping, Optional, Tuple

import numpy as np

from nanhunt.backends.update import Step, Update
from nanhunt.replay.cures.base import NotHere, Situation, worst
from nanhunt.replay.update import UpdateRun, norm_of_gradients, rerun, scaled_gradients, update_of

_RATES = ("lr", "lrs", "learning_rates", "learning_rate")
_EPSILONS = ("epsilon", "eps")
_DIVISIONS = ("broadcast_div", "elemwise_div", "_div", "_npi_true_divide")
_ROOTS = ("sqrt", "rsqrt", "reciprocal", "log", "norm", "_rdiv_scalar")


def recorded(situation: Situation) -> Optional[Tuple[Update, UpdateRun]]:
    """The update with its operators, run as it was; None where the dump does not have it, or it comes out otherwise."""
    session, producer = situation.session, situation.producer
    update = update_of(session.record, producer.block) if producer is not None else None
    if update is None or producer is None:
        return None
    run = rerun(session.record, session.backend, producer.block, update)
    return (update, run) if run.same and run.calls else None


def _result(situation: Situation, update: Update, arrays: Optional[Mapping[str, np.ndarray]] = None) -> str:
    assert situation.producer is not None
    run = rerun(situation.session.record, situation.session.backend, situation.producer.block, update, arrays)
    if not run.calls:
        return "finite"
    return "still %s in the update's %s" % (worst(run.calls[0].bad), run.calls[0].step.op)


def with_rate(situation: Situation, rate: float, now: float) -> str:
    """The result of the update with another learning rate.

    Raises:
        NotHere: the dump lacks it, or the rate stands in none of its operators by itself.
    """
    found = recorded(situation)
    if found is None:
        return again(situation, rate)
    update, _ = found
    if not now or not math.isfinite(now):
        raise NotHere("the learning rate of the update is not known (%s)" % now)
    changed = rated(update, rate / now, now, situation.session.record.optimizer_settings)
    if changed is None:
        raise NotHere("the learning rate stands in none of the update's operators by itself")
    return _result(situation, changed)


def rated(update: Update, factor: float, now: float, settings: Mapping[str, Any]) -> Optional[Update]:
    """The update with its learning rate times a factor; None where the rate stands in none of its operators by itself.

    Args:
        now: the rate.
        settings: of the optimizer.
    """
    known = (now, now / 2, now / _unbiased(settings))
    return _steps(update, lambda step: _with_rate(step, factor, known))


def with_clipped_gradient(situation: Situation, limit: float) -> Tuple[str, str]:
    """What was done, and the result of the update with its gradients clipped to a norm.

    Raises:
        NotHere: the dump lacks them.
    """
    found = recorded(situation)
    if found is None:
        raise NotHere("the dump was taken one iteration after that update, and its gradients are not in it")
    update, _ = found
    record = situation.session.record
    norm = norm_of_gradients(record, update)
    if not scaled_gradients(record, update, 1.0):
        raise NotHere("which of the arrays that the update read is the gradient is not known")
    if norm <= limit:
        did = "the gradients that the update read have a norm of %.4g, which %g leaves as it is" % (norm, limit)
        return did, _result(situation, update)
    did = "the gradients that the update read (norm %.4g) scaled to a norm of %g" % (norm, limit)
    return did, _result(situation, update, scaled_gradients(record, update, limit / norm))


def with_epsilon(situation: Situation, eps: Optional[float]) -> Tuple[float, str, str]:
    """The epsilon, what was done, and the result of the update with it; without one, growing ones until one cures.

    Raises:
        NotHere: there is no place for one.
    """
    found = recorded(situation)
    if found is None or found[1].first is None:
        raise NotHere("the operators of the update are not in the dump")
    update, first = found[0], found[1].first
    half = first.bad.dtype == np.float16
    tried = None
    for each in (eps,) if eps is not None else (1e-4, 1e-2) if half else (1e-8, 1e-6, 1e-4):
        changed, did = _with_epsilon(update, first.place, each)
        tried = each, did, _result(situation, changed)
        if tried[2] == "finite":
            break
    assert tried is not None
    return tried


def _steps(update: Update, change: Callable[[Step], Optional[Step]]) -> Optional[Update]:
    """The update with some steps changed; None where none was."""
    new = [change(each) for each in update.steps]
    if all(each is None for each in new):
        return None
    return replace(update, steps=tuple(a or b for a, b in zip(new, update.steps)))


def _with_rate(step: Step, factor: float, known: Tuple[float, ...]) -> Optional[Step]:
    attributes = dict(step.attributes)
    for key in _RATES:
        if key in attributes:
            attributes[key] = _scaled(attributes[key], factor)
    if step.op == "_mul_scalar":
        scalar = float(attributes["scalar"])
        if any(math.isclose(abs(scalar), each, rel_tol=1e-9) for each in known):
            attributes["scalar"] = repr(scalar * factor)
    return replace(step, attributes=attributes) if attributes != dict(step.attributes) else None


def _scaled(text: str, factor: float) -> str:
    """A number, or a list of them, times the factor."""
    many = text[:1] in "[("
    numbers = [repr(float(each) * factor) for each in text.strip("[]()").split(",") if each.strip()]
    return "[%s]" % ", ".join(numbers) if many else numbers[0]


def _with_epsilon(update: Update, place: int, eps: float) -> Tuple[Update, str]:
    step, steps = update.steps[place], list(update.steps)
    key = next((key for key in _EPSILONS if key in step.attributes), None)
    if key is not None:
        for k, each in enumerate(steps):
            if each.op == step.op and key in each.attributes:
                steps[k] = replace(each, attributes=dict(each.attributes, **{key: repr(eps)}))
        did = "%s %g instead of %g in %s" % (key, eps, float(step.attributes[key]), step.op)
        return replace(update, steps=tuple(steps)), did
    which = 1 if step.op in _DIVISIONS else 0 if step.op in _ROOTS else None
    if which is None:
        raise NotHere("%s has no epsilon, and no argument with a pole at 0" % step.op)
    fresh = 1 + max(cell for each in update.steps for cell in each.inputs + each.outputs)
    inputs = list(step.inputs)
    added = Step("_plus_scalar", {"scalar": repr(eps)}, (inputs[which],), (fresh,), step.source)
    inputs[which] = fresh
    steps[place : place + 1] = [added, replace(step, inputs=tuple(inputs))]
    did = "%g added to the %s of the update's %s" % (eps, "divisor" if which else "argument", step.op)
    return replace(update, steps=tuple(steps)), did


def _unbiased(settings: Mapping[str, Any]) -> float:
    """1 − beta1^t, by which Adamax divides its rate."""
    steps = settings.get("num_update") or 1
    return 1.0 - float(settings.get("beta1", 0.0)) ** int(steps)


def again(situation: Situation, rate: float) -> str:
    """The result of the update with another learning rate, at the elements that went bad.

    Adam's step (https://arxiv.org/abs/1412.6980, algorithm 1, as MXNet's `adam_update` computes it) follows from the two
    moments that it leaves behind. SGD's does not: it leaves the momentum, and neither the gradient nor the parameter before.

    Raises:
        NotHere: the rule is another one, or what it needs is not in the dump.
    """
    record, producer = situation.session.record, situation.producer
    settings = record.optimizer_settings
    rule = str(settings.get("class", ""))
    if rule not in ("Adam", "SGD") or producer is None:
        raise NotHere("the update of %s is not known to this replay" % (rule or "the optimizer"))
    value = record.parameters.get(producer.block)
    moments = _moments(record.optimizer, producer.block)
    if value is None or not moments:
        raise NotHere("the dump was taken one iteration after %s's update and holds nothing that it was made of" % rule)
    bad = ~np.isfinite(value)
    if any(each.shape != value.shape for each in moments):
        raise NotHere("the optimizer's state has another shape than the parameter")
    if rule == "SGD":
        momentum = moments[0][bad]
        if not np.isfinite(momentum).all():
            raise NotHere("SGD's momentum is non-finite as well, and the gradient that it was made of is not in the dump")
        raise NotHere(
            "the parameter and the gradient before SGD's update are not in the dump; the momentum that it left is %.4g at most"
            % float(np.abs(momentum).max())
        )
    if len(moments) < 2:
        raise NotHere("Adam's two moments are not in the dump")
    return _adam(settings, moments[0][bad], moments[1][bad], rate)


def _moments(arrays: Mapping[str, np.ndarray], parameter: str) -> List[np.ndarray]:
    found: List[np.ndarray] = []
    for k in range(3):
        name = "%s/%d" % (parameter, k)
        exact = name if name in arrays else next((n for n in arrays if n.split("@")[0] == name), None)
        if exact is None:
            break
        found.append(arrays[exact])
    return found


def _adam(settings: Mapping[str, Any], mean: np.ndarray, variance: np.ndarray, rate: float) -> str:
    eps = settings.get("epsilon", 1e-8)
    if not np.isfinite(variance).all() or not np.isfinite(mean).all():
        return "changes nothing: the squared gradient went beyond %s, so Adam's moments are non-finite at any learning rate" % (
            variance.dtype.name
        )
    kind = variance.dtype.type
    with np.errstate(all="ignore"):
        divisor = np.sqrt(variance) + kind(eps)
        unit = mean / divisor
        step = kind(rate * _correction(settings)) * unit
    if not np.isfinite(unit).all():
        return (
            "changes nothing: Adam divides by sqrt(v) + epsilon, which is %.3g in %s at the bad elements (epsilon %g), "
            "whatever the learning rate" % (float(divisor.min()), variance.dtype.name, eps)
        )
    return "finite" if np.isfinite(step).all() else "still %s in parameters" % ("nan" if np.isnan(step).any() else "inf")


def _correction(settings: Mapping[str, Any]) -> float:
    steps: Optional[int] = settings.get("num_update")
    first, second = float(settings.get("beta1", 0.9)), float(settings.get("beta2", 0.999))
    if not steps:
        return 1.0
    return float(np.sqrt(1 - second**steps) / (1 - first**steps))
