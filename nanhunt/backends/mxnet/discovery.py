"""Which networks, arrays and optimizers a program uses: given from the start, or found when they are used."""

import sys
from collections import OrderedDict
from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from nanhunt.backends.base import OptimizerState, State
from nanhunt.backends.mxnet import state
from nanhunt.backends.mxnet.program import OUR_CODE
from nanhunt.backends.mxnet.state import listed


class Discovery:
    """What is known of a program so far.

    Args:
        net, trainer: one or several, or None.
    """

    def __init__(self, net: Any, trainer: Any) -> None:
        self._nets: Dict[int, Any] = {id(each): each for each in listed(net)}
        self._trainers: Dict[int, Any] = {id(each): each for each in listed(trainer)}
        self._updaters: Dict[int, Tuple[Any, Dict[Any, str]]] = {}
        self._variables: Dict[int, State] = {}
        self._executors: OrderedDict[int, Tuple[Any, List[State]]] = OrderedDict()
        self._parameters: Optional[List[Any]] = None
        self._holders: List[Any] = []
        self._stale = True
        self._states: List[State] = []
        self._held: List[Any] = []
        self._optimizer_arrays: Dict[str, Any] = {}
        self.implied: Set[str] = set()
        """Names of optimizer arrays that the update adds to the parameter."""
        self.updates = bool(self._trainers)
        """Whether an optimizer is known to be in use."""

    @property
    def networks(self) -> List[Any]:
        """All networks."""
        return list(self._nets.values())

    def network(self, net: Any) -> bool:
        """A block was called from outside any other; whether it is new."""
        if id(net) in self._nets:
            return False
        self._nets[id(net)] = net
        self._parameters = None
        return True

    def block_added(self) -> None:
        """A block was called that was never seen before: its network may have grown."""
        self._parameters = None

    def trainer(self, trainer: Any) -> None:
        """A Trainer updates."""
        if id(trainer) not in self._trainers:
            self._trainers[id(trainer)] = trainer
            self._parameters = None
        self.updates = True

    def updater(self, updater: Any, index: Any, weight: Any) -> None:
        """An Updater is used without a Trainer, on this weight."""
        names = self._updaters.setdefault(id(updater), (updater, {}))[1]
        if index not in names:
            names[index] = next((each.name for each in self.states() if each.tensor is weight), str(index))
        self.updates = True

    def updater_of_module(self, updater: Any, names: Dict[Any, str]) -> None:
        """A Module updates with this Updater, which knows its weights by these indices."""
        self._updaters[id(updater)] = (updater, names)
        self.updates = True

    def loss_scale(self) -> Optional[float]:
        """See `Instrumentation.loss_scale`."""
        scalers = [getattr(each, "_amp_loss_scaler", None) for each in self._trainers.values()]
        return min((float(each.loss_scale) for each in scalers if each is not None), default=None)

    def learning_rate(self) -> Optional[float]:
        """See `Instrumentation.learning_rate`."""
        for trainer in self._trainers.values():
            return state.learning_rate(trainer._optimizer)
        for updater, _ in self._updaters.values():
            return state.learning_rate(updater.optimizer)
        return None

    def index_of(self, name: str) -> Any:
        """By which index the optimizer knows the parameter; None where that is not known."""
        for trainer in self._trainers.values():
            for index, parameter in enumerate(trainer._params):
                if parameter.name == name:
                    return index
        for _, names in self._updaters.values():
            for index, known in names.items():
                if known == name:
                    return index
        return None

    def variable(self, array: Any, grad_req: str) -> None:
        """An array marked for gradients is used that is no parameter of any network."""
        if id(array) not in self._variables:
            name = self._name_of(array)
            stype = getattr(array.grad, "stype", "default")
            self._variables[id(array)] = State(name, str(array.context), array, array.grad, grad_req, False, stype)
            self._stale = True

    def is_variable(self, array: Any) -> bool:
        """Whether it is one of these."""
        return id(array) in self._variables

    def executor(self, executor: Any, states: List[State]) -> None:
        """A bound symbol is run in training mode. Of several that share parameters, as buckets do, the last one run counts."""
        held = self._executors.pop(id(executor), None)
        if held is not None and all(a.tensor is b.tensor for a, b in zip(held[1], states)):
            states = held[1]
        else:
            self._stale = True
        if self._executors and next(reversed(self._executors)) != id(executor):
            self._stale = True
        self._executors[id(executor)] = (executor, states)

    def forget_variables(self) -> None:
        """An iteration ended; plain arrays are found again if they are used again, so that no batch is kept alive."""
        if self._variables:
            self._variables = {}
            self._stale = True

    def states(self) -> List[State]:
        """Of all parameters, statistics and variables; the same list while none changed."""
        if self._parameters is None:
            self._parameters = self._list_parameters()
            self._stale = True
        # A parameter that is initialised, cast or moved holds its arrays in new lists.
        holders = [parameter._data for parameter in self._parameters] + [parameter._grad for parameter in self._parameters]
        if self._stale or len(holders) != len(self._holders) or any(a is not b for a, b in zip(holders, self._holders)):
            found = state.states_of(self._parameters)
            have = {id(each.tensor) for each in found}
            named = {(each.name, each.device) for each in found}
            for _, states in reversed(list(self._executors.values())):
                fresh = [each for each in states if (each.name, each.device) not in named]
                named.update((each.name, each.device) for each in fresh)
                found += fresh
            self._stale = False
            self._states = found + [each for key, each in self._variables.items() if key not in have]
            self._holders = holders
        return self._states

    def optimizer_state(self) -> OptimizerState:
        """Of all optimizers; with several, their arrays and settings are numbered `0:`, `1:`, …"""
        settings: Dict[str, Any] = {}
        for number, trainer in enumerate(self._trainers.values()):
            settings.update(state.trainer_settings(trainer, self._prefix(number)))
        for number, (updater, _) in enumerate(self._updaters.values(), len(self._trainers)):
            settings.update(state.updater_settings(updater, self._prefix(number)))
        return OptimizerState(dict(self.optimizer_arrays()), settings)

    def optimizer_arrays(self) -> Mapping[str, Any]:
        """Their arrays alone; the same mapping while none of them is another."""
        updaters = [each for trainer in self._trainers.values() for each in state.updaters_of(trainer)]
        updaters += [updater for updater, _ in self._updaters.values()]
        held = [array for updater in updaters for each in updater.states.values() for array in state.flattened(each)]
        if len(held) != len(self._held) or any(a is not b for a, b in zip(held, self._held)):
            arrays: Dict[str, Any] = {}
            implied: Set[str] = set()
            for number, trainer in enumerate(self._trainers.values()):
                found = state.trainer_arrays(trainer, self._prefix(number))
                implied.update(found if state.adds_its_state(trainer._optimizer) else ())
                arrays.update(found)
            for number, (updater, names) in enumerate(self._updaters.values(), len(self._trainers)):
                found = state.updater_arrays(updater, names, self._prefix(number))
                implied.update(found if state.adds_its_state(updater.optimizer) else ())
                arrays.update(found)
            self._held, self._optimizer_arrays, self.implied = held, arrays, implied
        return self._optimizer_arrays

    def _prefix(self, number: int) -> str:
        return "%d:" % number if len(self._trainers) + len(self._updaters) > 1 else ""

    def _list_parameters(self) -> List[Any]:
        found: Dict[int, Any] = {}
        for net in self._nets.values():
            for parameter in net.collect_params().values():
                found[id(parameter)] = parameter
        for trainer in self._trainers.values():
            for parameter in trainer._params:
                found.setdefault(id(parameter), parameter)
        return list(found.values())

    def _name_of(self, array: Any) -> str:
        """The variable's name in the program if it has one, made unique among those of the iteration."""
        name = _name_in_program(array) or "array"
        taken = {each.name for each in self._variables.values()}
        candidates = [name] + ["%s_%d" % (name, number) for number in range(1, len(taken) + 1)]
        return next(each for each in candidates if each not in taken)


def _name_in_program(array: Any) -> str:
    """What the nearest caller outside the framework calls the array: `w1`, `params[0]`; empty if it has no name there."""
    frame = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(OUR_CODE):
            for names in (frame.f_locals, frame.f_globals):
                found = _name_among(array, names)
                if found:
                    return found
        frame = frame.f_back  # type: ignore[assignment]
    return ""


def _name_among(array: Any, names: Mapping[str, Any]) -> str:
    inside = ""
    for name, value in list(names.items()):
        if value is array:
            return name
        if not inside and isinstance(value, (list, tuple)):
            place = next((k for k, each in enumerate(value[:1000]) if each is array), None)
            inside = "%s[%d]" % (name, place) if place is not None else ""
        elif not inside and isinstance(value, dict):
            inside = next(("%s[%r]" % (name, k) for k, each in list(value.items())[:1000] if each is array), "")
    return inside
