"""Bound symbols: the Module API and `simple_bind`, where a whole graph runs at once and autograd sees nothing."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Sequence, Tuple

import mxnet as mx

from nanhunt.backends.base import State
from nanhunt.backends.mxnet.hooks import Hooks
from nanhunt.backends.mxnet.shapes import OpenShapes
from nanhunt.backends.mxnet.stores import is_shared

if TYPE_CHECKING:
    from nanhunt.backends.mxnet.instrument import MXNetInstrumentation

OPERATOR = "_Executor"
"""Operator name of a bound symbol in a recorded graph."""


@dataclass
class ExecutorRun:
    """One forward of an executor in training mode, and its backward.

    Attributes:
        name: unique in the iteration.
        symbol: JSON text.
        device: such as `cpu(0)`.
        requests: gradient request of each argument, `null`, `write` or `add`.
        arguments, statistics: name to array, in the symbol's order.
        outputs: what came out.
        counted: which outputs may be losses; a gradient is blocked from the others, which are only to be looked at.
        seeds: head gradients given to backward.
        differentiated: whether backward ran.
    """

    name: str
    symbol: str
    device: str
    requests: Dict[str, str]
    arguments: Mapping[str, Any]
    statistics: Mapping[str, Any]
    outputs: Sequence[Any]
    counted: Sequence[int]
    seeds: Sequence[Any] = ()
    differentiated: bool = False


class ExecutorHooks:
    """Hooks in `Executor.forward`, `Executor.backward` and `Module.update`.

    Attributes:
        taken: the runs of this iteration.
    """

    def __init__(self, owner: "MXNetInstrumentation") -> None:
        self._owner = owner
        self._hooks = Hooks()
        self._latest: Dict[int, Tuple[Any, ExecutorRun]] = {}
        self._shapes = OpenShapes()
        self._heads: Dict[int, Tuple[Any, Sequence[int]]] = {}
        self.taken: List[ExecutorRun] = []

    def install(self) -> None:
        """Put the hooks in."""
        self._hooks.replace(mx.executor.Executor, "forward", self._forward)
        self._hooks.replace(mx.executor.Executor, "backward", self._backward)
        self._hooks.replace(mx.mod.Module, "update", self._update)

    def remove(self) -> None:
        """Take them out."""
        self._hooks.remove()

    def reset(self) -> None:
        """Forget the iteration."""
        self.taken = []
        self._latest = {}

    def _forward(self, original: Any) -> Any:
        def forward(executor: Any, is_train: bool = False, **arguments: Any) -> Any:
            self._owner.move()
            if not is_train or self._owner.sleeping:
                return original(executor, is_train, **arguments)
            states, requests = _states(executor)
            self._owner.record_begins()
            self._owner.discovery.executor(executor, states)
            self._owner.begin()
            self._owner.grow(force=True)
            self._owner.listener.draws(alone=True)
            with self._owner.asleep():
                outputs = original(executor, is_train, **arguments)
            device = str(executor._ctx)
            owned = {id(each.tensor) for each in states}
            batch = {(device, name): x for name, x in executor.arg_dict.items() if id(x) not in owned}
            self._owner.know(batch)
            self._owner.listener.inputs(batch)
            with self._owner.asleep():
                parameters = {each.name: each.tensor for each in states}
                self._owner.reads.run(executor._symbol, lambda: ({name: x for (_, name), x in batch.items()}, parameters))
            run = ExecutorRun(
                name="executor_%d" % len(self.taken),
                symbol=self._shapes.filled(executor._symbol, lambda: executor.arg_dict) or executor._symbol.tojson(),
                device=device,
                requests=requests,
                arguments=dict(executor.arg_dict),
                statistics=dict(executor.aux_dict),
                outputs=list(outputs),
                counted=self._counted(executor._symbol),
            )
            self.taken.append(run)
            self._latest[id(executor)] = (executor, run)
            return outputs

        return forward

    def _backward(self, original: Any) -> Any:
        def backward(executor: Any, out_grads: Any = None, *rest: Any, **options: Any) -> Any:
            if self._owner.sleeping or id(executor) not in self._latest:
                return original(executor, out_grads, *rest, **options)
            run = self._latest[id(executor)][1]
            given = out_grads
            if isinstance(given, dict):
                given = [given[name] for name in executor._symbol.list_outputs()]
            run.seeds = [] if given is None else list(given) if isinstance(given, (list, tuple)) else [given]
            run.differentiated = True
            self._owner.gradients_change()
            self._owner.listener.before_backward([run.outputs[k] for k in run.counted], [(run.name, k) for k in run.counted])
            with self._owner.asleep():
                out = original(executor, out_grads, *rest, **options)
            self._owner.listener.after_backward({})
            self._owner.note_writes({})
            return out

        return backward

    def _update(self, original: Any) -> Any:
        def update(module: Any, *arguments: Any, **options: Any) -> Any:
            if not self._owner.sleeping:
                store = module._kvstore if module._update_on_kvstore else None
                updater = getattr(store, "_updater", None) if store is not None else module._updater
                if updater is not None:
                    self._owner.discovery.updater_of_module(updater, dict(module._optimizer.idx2name))
                self._owner.discovery.updates = True
            return self._owner.gate(lambda: original(module, *arguments, **options), shared=is_shared(module._kvstore))

        return update

    def pending(self) -> List[Tuple[Any, str, int]]:
        """Outputs of the runs that nobody differentiated, with the node's name and output number."""
        return [(run.outputs[k], run.name, k) for run in self.taken if not run.differentiated for k in run.counted]

    def _counted(self, symbol: Any) -> Sequence[int]:
        if id(symbol) not in self._heads:
            body = json.loads(symbol.tojson())
            operators = [body["nodes"][node]["op"] for node, *_ in body["heads"]]
            self._heads[id(symbol)] = (
                symbol,
                [k for k, op in enumerate(operators) if op != "BlockGrad"] or range(len(operators)),
            )
        return self._heads[id(symbol)][1]


def _states(executor: Any) -> Tuple[List[State], Dict[str, str]]:
    """The executor's parameters and statistics; what has no gradient counts as part of the batch."""
    device = str(executor._ctx)
    asked = executor._grad_req
    names = executor._symbol.list_arguments()
    requests: Dict[str, str] = {}
    states = []
    for place, name in enumerate(names):
        grad = executor.grad_dict.get(name)
        request = asked if isinstance(asked, str) else asked.get(name, "null") if isinstance(asked, dict) else asked[place]
        requests[name] = request if grad is not None else "null"
        if grad is not None and request != "null":
            states.append(State(name, device, executor.arg_dict[name], grad, request))
    states += [State(name, device, array, None, "null", True) for name, array in executor.aux_dict.items()]
    return states, requests


def requests_of(attributes: Mapping[str, str]) -> Dict[str, str]:
    """The gradient requests out of a recorded node's attributes."""
    found = json.loads(attributes.get("grad_req", "{}"))
    return {str(name): str(request) for name, request in found.items()}
