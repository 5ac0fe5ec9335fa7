"""An optimizer's update again, in NumPy, from what a dump taken after it still holds."""

from typing import Any, List, Mapping, Optional

import numpy as np

from nanhunt.replay.cures.base import NotPossible, Situation


def again(situation: Situation, rate: float) -> str:
    """The result of the update with another learning rate, at the elements that went bad.

    Adam's step (https://arxiv.org/abs/1412.6980, algorithm 1, as MXNet's `adam_update` computes it) follows from the two
    moments that it leaves behind. SGD's does not: it leaves the momentum, and neither the gradient nor the parameter before.

    Raises:
        NotPossible: the rule is another one, or what it needs is not in the dump.
    """
    record, producer = situation.session.record, situation.producer
    settings = record.optimizer_settings
    rule = str(settings.get("class", ""))
    if rule not in ("Adam", "SGD") or producer is None:
        raise NotPossible("the update of %s is not known to this replay" % (rule or "the optimizer"))
    value = record.parameters.get(producer.block)
    moments = _moments(record.optimizer, producer.block)
    if value is None or not moments:
        raise NotPossible("the dump was taken one iteration after %s's update and holds nothing that it was made of" % rule)
    bad = ~np.isfinite(value)
    if any(each.shape != value.shape for each in moments):
        raise NotPossible("the optimizer's state has another shape than the parameter")
    if rule == "SGD":
        momentum = moments[0][bad]
        if not np.isfinite(momentum).all():
            raise NotPossible("SGD's momentum is non-finite as well, and the gradient that it was made of is not in the dump")
        raise NotPossible(
            "the parameter and the gradient before SGD's update are not in the dump; the momentum that it left is %.4g at most"
            % float(np.abs(momentum).max())
        )
    if len(moments) < 2:
        raise NotPossible("Adam's two moments are not in the dump")
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
