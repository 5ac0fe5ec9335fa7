"""Operators written in Python, which no dump can hold: what they returned and which gradients they passed on is recorded."""

import contextlib
import threading
import weakref
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

import mxnet as mx

from nanhunt.backends.mxnet.tape import Call


class Recording:
    """What one call of Python code gives.

    The framework's graph holds the code, the code its recording, and an array that the code returned would hold the graph: so
    the arrays are the tape's alone, and gone with its iteration.
    """

    def __init__(self) -> None:
        self._call: Callable[[], Optional[Call]] = lambda: None

    def belongs_to(self, call: Call, outputs: Sequence[Any]) -> None:
        """The call has a place in the graph, and returned these."""
        call.returned = list(outputs)
        self._call = weakref.ref(call)

    def passes(self, gradients: Sequence[Any]) -> None:
        """Its backward gave these."""
        call = self._call()
        if call is not None:
            call.passed = list(gradients)


class _Current(threading.local):
    recording: Optional[Recording] = None


class PythonCode:
    """Wraps `autograd.Function` and `mx.operator.CustomOp` objects as they are used."""

    def __init__(self) -> None:
        self._current = _Current()
        self._wrapped: List[Tuple[Any, Any]] = []

    def function(self, function: Any) -> Recording:
        """Record an `autograd.Function` that is about to be called."""
        recording = Recording()
        backward = function.backward

        def recorded(*gradients: Any) -> Any:
            found = backward(*gradients)
            recording.passes(list(found) if isinstance(found, (list, tuple)) else [found])
            return found

        function.backward = recorded
        return recording

    @contextlib.contextmanager
    def calling(self) -> Iterator[Recording]:
        """A custom operator is called: the object that MXNet makes for it in here is recorded."""
        self._wrap_subclasses(mx.operator.CustomOpProp)
        self._current.recording = Recording()
        try:
            yield self._current.recording
        finally:
            self._current.recording = None

    def remove(self) -> None:
        """Put every class back as it was."""
        for kind, original in self._wrapped:
            kind.create_operator = original
        self._wrapped = []

    def _wrap_subclasses(self, kind: Any) -> None:
        for each in kind.__subclasses__():
            if "create_operator" in vars(each) and all(each is not done for done, _ in self._wrapped):
                self._wrapped.append((each, each.create_operator))
                each.create_operator = self._creating(each.create_operator)
            self._wrap_subclasses(each)

    def _creating(self, original: Callable[..., Any]) -> Callable[..., Any]:
        current = self._current

        def create_operator(prop: Any, *arguments: Any, **options: Any) -> Any:
            operator = original(prop, *arguments, **options)
            recording = current.recording
            if recording is None:
                return operator
            backward = operator.backward

            def recorded(req: Any, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any, aux: Any) -> None:
                backward(req=req, out_grad=out_grad, in_data=in_data, out_data=out_data, in_grad=in_grad, aux=aux)
                # Their memory is the engine's, and used again.
                recording.passes([each.copy() for each in in_grad])

            operator.backward = recorded
            return operator

        return create_operator
