"""Hooks in how a program asks for gradients: `attach_grad`, `mark_variables`, `backward` and `autograd.grad`."""

import threading
from typing import TYPE_CHECKING, Any, Dict

from mxnet import autograd, nd

from nanhunt.backends.mxnet.blocks import BlockPaths
from nanhunt.backends.mxnet.hooks import Hooks
from nanhunt.backends.mxnet.state import listed
from nanhunt.backends.mxnet.tape import Tape, arrays_in

if TYPE_CHECKING:
    from nanhunt.backends.mxnet.instrument import MXNetInstrumentation


class DifferentiationHooks:
    """Hands every backward to the owner; what `create_graph` records is a node of the tape.

    Attributes:
        requested: gradient request by identity of the array, where it is not `write`.
    """

    def __init__(self, owner: "MXNetInstrumentation", tape: Tape, paths: BlockPaths, lock: "threading.RLock") -> None:
        self._owner = owner
        self._tape = tape
        self._paths = paths
        self._lock = lock
        self._hooks = Hooks()
        self.requested: Dict[int, str] = {}

    def install(self) -> None:
        """Put the hooks in."""
        # NumPy-style arrays have one of their own.
        for kind in (nd.NDArray, *(each for each in nd.NDArray.__subclasses__() if "attach_grad" in vars(each))):
            self._hooks.replace(kind, "attach_grad", self._attach_grad)
        self._hooks.replace(autograd, "mark_variables", self._mark_variables)
        self._hooks.replace(nd.NDArray, "backward", self._array_backward)
        self._hooks.replace(autograd, "backward", self._heads_backward)
        self._hooks.replace(autograd, "grad", self._grad)

    def remove(self) -> None:
        """Take them out."""
        self._hooks.remove()

    def _attach_grad(self, original: Any) -> Any:
        def attach_grad(array: Any, grad_req: str = "write", *arguments: Any, **options: Any) -> Any:
            if grad_req == "write":
                self.requested.pop(id(array), None)
            else:
                self.requested[id(array)] = grad_req
            self._tape.marked()
            return original(array, grad_req, *arguments, **options)

        return attach_grad

    def _mark_variables(self, original: Any) -> Any:
        def mark_variables(*arguments: Any, **options: Any) -> Any:
            self._tape.marked()
            return original(*arguments, **options)

        return mark_variables

    def _array_backward(self, original: Any) -> Any:
        def backward(head: Any, out_grad: Any = None, retain_graph: bool = False, train_mode: bool = True) -> Any:
            seeds = [out_grad] if out_grad is not None else []
            return self._owner.differentiate(
                [head], seeds, [], train_mode, lambda: original(head, out_grad, retain_graph, train_mode)
            )

        return backward

    def _heads_backward(self, original: Any) -> Any:
        def backward(heads: Any, head_grads: Any = None, retain_graph: bool = False, train_mode: bool = True) -> Any:
            return self._owner.differentiate(
                arrays_in(heads),
                [] if head_grads is None else listed(head_grads),
                [],
                train_mode,
                lambda: original(heads, head_grads, retain_graph, train_mode),
            )

        return backward

    def _grad(self, original: Any) -> Any:
        def grad(
            heads: Any,
            variables: Any,
            head_grads: Any = None,
            retain_graph: Any = None,
            create_graph: bool = False,
            train_mode: bool = True,
        ) -> Any:
            def run() -> Any:
                return original(heads, variables, head_grads, retain_graph, create_graph, train_mode)

            seeds = [] if head_grads is None else listed(head_grads)
            if not create_graph:
                return self._owner.differentiate(arrays_in(heads), seeds, arrays_in(variables), train_mode, run)
            if self._owner.sleeping:
                return run()
            with self._lock:
                taken = self._tape.take_gradient(arrays_in(heads), seeds, arrays_in(variables))
            found = run()
            with self._lock:
                self._tape.gave_gradient(taken, arrays_in(found), self._paths.current)
            return found

        return grad
