"""Where MXNet keeps parameters, running statistics and the optimizer's state."""

from typing import Any, Dict, Iterable, List, Tuple

from mxnet import nd

from nanhunt.backends.base import OptimizerState, State

_SCALARS = (bool, int, float, str, type(None))


def parameters_of(net: Any, trainer: Any) -> List[Any]:
    """All Gluon parameters of the network and of the trainer, each once."""
    found: Dict[int, Any] = {}
    nets = net if isinstance(net, (list, tuple)) else [net] if net is not None else []
    trainers = trainer if isinstance(trainer, (list, tuple)) else [trainer] if trainer is not None else []
    for each in nets:
        for parameter in each.collect_params().values():
            found[id(parameter)] = parameter
    for each in trainers:
        for parameter in each._params:
            found.setdefault(id(parameter), parameter)
    return list(found.values())


def states_of(parameters: Iterable[Any]) -> List[State]:
    """One State for each parameter and context; those not initialised yet are left out."""
    states = []
    for parameter in parameters:
        if parameter._data is None:
            continue
        gradients = parameter.list_grad() if parameter.grad_req != "null" and parameter._grad is not None else None
        for i, array in enumerate(parameter.list_data()):
            grad = gradients[i] if gradients is not None else None
            states.append(State(parameter.name, str(array.context), array, grad, parameter.grad_req))
    return states


def optimizer_state_of(trainer: Any) -> OptimizerState:
    """State arrays by `<parameter>/<k>`, where k counts the optimizer's arrays for it (SGD: 0 is momentum)."""
    trainers = trainer if isinstance(trainer, (list, tuple)) else [trainer] if trainer is not None else []
    arrays: Dict[str, Any] = {}
    settings: Dict[str, Any] = {}
    for number, each in enumerate(trainers):
        prefix = "" if len(trainers) == 1 else "%d:" % number
        optimizer = each._optimizer
        described = {k.lstrip("_"): v for k, v in sorted(vars(optimizer).items()) if isinstance(v, _SCALARS)}
        described["class"] = type(optimizer).__name__
        described["learning_rate"] = float(each.learning_rate)
        settings.update({prefix + k: v for k, v in described.items()})
        names = [parameter.name for parameter in each._params]
        for device, updater in enumerate(_updaters(each)):
            for index, state in updater.states.items():
                if not isinstance(index, int) or index >= len(names):
                    continue
                for k, array in enumerate(_flatten(state)):
                    suffix = "" if device == 0 else "@%s" % array.context
                    arrays["%s%s/%d%s" % (prefix, names[index], k, suffix)] = array
    return OptimizerState(arrays, settings)


def _updaters(trainer: Any) -> List[Any]:
    if trainer._update_on_kvstore and trainer._kvstore is not None:
        updater = getattr(trainer._kvstore, "_updater", None)
        return [updater] if updater is not None else []
    return list(trainer._updaters)


def _flatten(state: Any) -> Tuple[Any, ...]:
    if isinstance(state, nd.NDArray):
        return (state,)
    if isinstance(state, (list, tuple)):
        return tuple(array for each in state for array in _flatten(each))
    return ()
