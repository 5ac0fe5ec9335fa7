"""The hooks in MXNet: operator calls, block calls, backward and the trainer's update. One owner, who puts everything back."""

import contextlib
import functools
from typing import Any, Callable, Iterator, List, Mapping, Sequence, Set, Tuple

from mxnet import autograd, gluon, nd
from mxnet.ndarray import register

from nanhunt.backends.base import Capture, Instrumentation, Listener, State
from nanhunt.backends.mxnet.blocks import BlockPaths
from nanhunt.backends.mxnet.tape import Tape, arrays_in, entry_name

Hook = Tuple[Any, str, Any]
"""(owner, attribute, what was there before)"""


class MXNetInstrumentation(Instrumentation):
    """Hooks that tell a Listener what a training step does.

    Args:
        listener: is told.
        trainers: whose updates may be withheld; empty means every Trainer's.
    """

    def __init__(self, listener: Listener, trainers: Sequence[Any]) -> None:
        self._listener = listener
        self._trainers = {id(each) for each in trainers}
        self._tape = Tape()
        self._paths = BlockPaths()
        self._matched: Mapping[str, Any] = {}
        self._known: Set[int] = set()
        self._states: Sequence[State] = ()
        self._named: Mapping[Tuple[str, str], Any] = {}
        self._hooks: List[Hook] = []
        self._asleep = False
        try:
            self._install()
        except BaseException:
            self.remove()
            raise

    def know(self, states: Sequence[State], named: Mapping[Tuple[str, str], Any]) -> None:
        if states is not self._states:
            self._states = states
            self._known = {id(state.tensor) for state in states}
        self._named = named

    def head_names(self, heads: Sequence[Any]) -> List[Tuple[str, int]]:
        return [(entry_name(head), _output_of(head, False)) for head in heads]

    def capture(self) -> Capture:
        return self._tape.capture(self._matched)

    @contextlib.contextmanager
    def asleep(self) -> Iterator[None]:
        before, self._asleep = self._asleep, True
        try:
            yield
        finally:
            self._asleep = before

    def reset(self) -> None:
        self._tape.reset()
        self._matched = {}

    def remove(self) -> None:
        while self._hooks:
            owner, attribute, before = self._hooks.pop()
            setattr(owner, attribute, before)

    def _install(self) -> None:
        self._replace(register, "_imperative_invoke", self._invoke)
        self._replace(gluon.Block, "__call__", self._call)
        if "__call__" in vars(gluon.HybridBlock):
            self._replace(gluon.HybridBlock, "__call__", self._call)
        self._replace(gluon.HybridBlock, "_call_cached_op", self._call_compiled)
        self._replace(nd.NDArray, "backward", self._array_backward)
        self._replace(autograd, "backward", self._heads_backward)
        self._replace(gluon.Trainer, "step", self._update)
        self._replace(gluon.Trainer, "update", self._update)

    def _replace(self, owner: Any, attribute: str, make: Callable[[Any], Any]) -> None:
        before = getattr(owner, attribute)
        self._hooks.append((owner, attribute, before))
        setattr(owner, attribute, functools.wraps(before)(make(before)))

    def _invoke(self, original: Any) -> Any:
        is_recording = autograd.is_recording

        def invoke(handle: Any, arrays: Any, *rest: Any) -> Any:
            if self._asleep or not is_recording():
                return original(handle, arrays, *rest)
            self._listener.forward_begins()
            out = original(handle, arrays, *rest)
            self._tape.saw(arrays, out if isinstance(out, (list, tuple)) else (out,), self._paths.current, self._known)
            return out

        return invoke

    def _call(self, original: Any) -> Any:
        def call(block: Any, *arguments: Any, **options: Any) -> Any:
            if self._asleep or not autograd.is_recording():
                return original(block, *arguments, **options)
            self._listener.forward_begins()
            path = self._paths.enter(block)
            try:
                out = original(block, *arguments, **options)
            finally:
                self._paths.leave()
            if not block._children or getattr(block, "_active", False):
                outputs = arrays_in(out)
                for array in outputs:
                    node = entry_name(array)
                    self._listener.activation(path, node, _output_of(array, len(outputs) == 1) if node else 0, array)
            return out

        return call

    def _call_compiled(self, original: Any) -> Any:
        def call(block: Any, *arguments: Any) -> Any:
            out = original(block, *arguments)
            if autograd.is_recording() and not self._asleep:
                outputs = arrays_in(out)
                inputs = arrays_in(arguments)
                node = self._tape.saw(inputs, outputs, self._paths.current, self._known) if outputs else ""
                if node:
                    arguments_of = block._cached_op_args
                    flags = [
                        ("data_indices", [i for i, (is_data, _) in enumerate(arguments_of) if is_data]),
                        ("param_indices", [i for i, (is_data, _) in enumerate(arguments_of) if not is_data]),
                    ] + list(block._flags)
                    self._tape.saw_compiled(node, block._cached_graph[1], flags)
            return out

        return call

    def _backward(self, heads: Sequence[Any], run: Callable[[], Any]) -> Any:
        if self._asleep:
            return run()
        self._tape.saw_heads(heads)
        self._matched = dict(self._matched, **self._tape.match(self._states, self._named))
        self._listener.before_backward(heads)
        with self.asleep():
            out = run()
        self._listener.after_backward()
        return out

    def _array_backward(self, original: Any) -> Any:
        def backward(head: Any, *arguments: Any, **options: Any) -> Any:
            return self._backward([head], lambda: original(head, *arguments, **options))

        return backward

    def _heads_backward(self, original: Any) -> Any:
        def backward(heads: Any, *arguments: Any, **options: Any) -> Any:
            return self._backward(arrays_in(heads), lambda: original(heads, *arguments, **options))

        return backward

    def _update(self, original: Any) -> Any:
        def update(trainer: Any, *arguments: Any, **options: Any) -> Any:
            if self._asleep or (self._trainers and id(trainer) not in self._trainers):
                return original(trainer, *arguments, **options)
            out = original(trainer, *arguments, **options) if self._listener.may_update() else None
            self._listener.updated()
            return out

        return update


def _output_of(array: Any, alone: bool) -> int:
    """Which output of its node the array is."""
    if alone:
        return 0
    label = str(autograd.get_symbol(array).list_outputs()[0])
    digits = label.rsplit("output", 1)[-1]
    return int(digits) if digits.isdigit() else 0
