"""Where MXNet keeps parameters, running statistics and the optimizer's state."""

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

import mxnet as mx
from mxnet import nd

from nanhunt.backends.base import State

_SCALARS = (bool, int, float, str, type(None))


def listed(value: Any) -> List[Any]:
    """One, several or None as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def states_of(parameters: Iterable[Any]) -> List[State]:
    """One State for each Gluon parameter and context; those not initialised yet are left out."""
    states = []
    for parameter in parameters:
        if parameter._data is None:
            continue
        gradients = parameter.list_grad() if parameter.grad_req != "null" and parameter._grad is not None else None
        # A frozen parameter has no gradient either, but is no statistic: only what cannot be differentiated is.
        statistic = not getattr(parameter, "_differentiable", True)
        stype = getattr(parameter, "_grad_stype", "default")
        for i, array in enumerate(parameter._check_and_get(parameter._data, list)):
            grad = gradients[i] if gradients is not None else None
            states.append(State(parameter.name, str(array.context), array, grad, parameter.grad_req, statistic, stype))
    return states


def trainer_arrays(trainer: Any, prefix: str) -> Dict[str, Any]:
    """State arrays by `<parameter>/<k>`, where k counts the optimizer's arrays for it (SGD: 0 is momentum)."""
    names = {index: parameter.name for index, parameter in enumerate(trainer._params)}
    arrays: Dict[str, Any] = {}
    for device, updater in enumerate(updaters_of(trainer)):
        arrays.update(_arrays(updater, names, prefix, device > 0))
    return arrays


def trainer_settings(trainer: Any, prefix: str) -> Dict[str, Any]:
    """The optimizer's class and hyperparameters, with the learning rate as it stands."""
    settings = optimizer_settings(trainer._optimizer)
    settings["learning_rate"] = float(trainer.learning_rate)
    return {prefix + k: v for k, v in settings.items()}


def updater_arrays(updater: Any, names: Mapping[Any, str], prefix: str) -> Dict[str, Any]:
    """State arrays of an `mx.optimizer.Updater` that is used without a Trainer.

    Args:
        names: the updater's index of a weight to the weight's name, as far as known.
    """
    return _arrays(updater, names, prefix, False)


def updater_settings(updater: Any, prefix: str) -> Dict[str, Any]:
    """Its optimizer's class and hyperparameters."""
    return {prefix + k: v for k, v in optimizer_settings(updater.optimizer).items()}


def adds_its_state(optimizer: Any) -> bool:
    """Whether every update adds the state to the parameter, which is therefore not finite if the state is not.

    SGD does with its momentum (`weight += momentum`, and the half-precision weight is a copy of the master weight), and so does
    Nesterov's. Adam divides by a root: an infinite second moment gives a step of 0.
    """
    return type(optimizer) in (mx.optimizer.SGD, mx.optimizer.NAG)


def optimizer_settings(optimizer: Any) -> Dict[str, Any]:
    """Class and hyperparameters."""
    settings = {k.lstrip("_"): v for k, v in sorted(vars(optimizer).items()) if isinstance(v, _SCALARS)}
    settings["class"] = type(optimizer).__name__
    settings.setdefault("learning_rate", settings.get("lr"))
    return settings


def learning_rate(optimizer: Any) -> Optional[float]:
    """As the last update had it; None where only a scheduler of the program's own knows, which may count its calls."""
    scheduler = getattr(optimizer, "lr_scheduler", None)
    if scheduler is None:
        rate = getattr(optimizer, "lr", None)
        return float(rate) if isinstance(rate, (int, float)) else None
    return float(scheduler(optimizer.num_update)) if type(scheduler).__module__.startswith("mxnet.") else None


def _arrays(updater: Any, names: Mapping[Any, str], prefix: str, with_device: bool) -> Dict[str, Any]:
    arrays = {}
    for index, state in updater.states.items():
        for k, array in enumerate(flattened(state)):
            suffix = "@%s" % array.context if with_device else ""
            arrays["%s%s/%d%s" % (prefix, names.get(index, str(index)), k, suffix)] = array
    return arrays


def updaters_of(trainer: Any) -> List[Any]:
    """The updaters that hold a Trainer's state: one for each device, or the key-value store's."""
    if trainer._update_on_kvstore and trainer._kvstore is not None:
        updater = getattr(trainer._kvstore, "_updater", None)
        return [updater] if updater is not None else []
    return list(trainer._updaters)


def flattened(state: Any) -> Tuple[Any, ...]:
    """The arrays in an optimizer's state of one parameter."""
    if isinstance(state, nd.NDArray):
        return (state,)
    if isinstance(state, (list, tuple)):
        return tuple(array for each in state for array in flattened(each))
    return ()
