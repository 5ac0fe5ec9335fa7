"""Views of an array, which MXNet makes past all operators."""

import functools
import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from mxnet import autograd, nd

from nanhunt.backends.mxnet.blocks import BlockPaths
from nanhunt.backends.mxnet.bounds import Bounds
from nanhunt.backends.mxnet.hooks import Hooks
from nanhunt.backends.mxnet.tape import Tape
from nanhunt.backends.mxnet.updating import UpdateNotes
from nanhunt.backends.mxnet.writes import WriteNotes

if TYPE_CHECKING:
    from nanhunt.backends.mxnet.instrument import MXNetInstrumentation

ViewCall = Tuple[str, Dict[str, str], Any, Any]
"""Operator, attributes, input and output that stand for a view."""


class ViewHooks:
    """Hooks in reshaping, slicing and indexing: each view is told as the operator that would have made it."""

    def __init__(
        self,
        owner: "MXNetInstrumentation",
        tape: Tape,
        paths: BlockPaths,
        bounds: Bounds,
        notes: UpdateNotes,
        writes: WriteNotes,
        lock: "threading.RLock",
    ) -> None:
        self._owner = owner
        self._tape = tape
        self._paths = paths
        self._bounds = bounds
        self._notes = notes
        self._writes = writes
        self._lock = lock
        self._hooks = Hooks()

    def install(self) -> None:
        """Put the hooks in."""
        for name, of in (("reshape", _reshaped), ("_slice", _sliced), ("_at", _at)):
            self._hooks.replace(nd.NDArray, name, functools.partial(self._view, of))

    def remove(self) -> None:
        """Take them out."""
        self._hooks.remove()

    def _view(self, of: Callable[..., List[ViewCall]], original: Any) -> Any:
        """Views of an array are made past the operator calls that are hooked."""

        def view(array: Any, *arguments: Any, **options: Any) -> Any:
            found = original(array, *arguments, **options)
            if not self._owner.sleeping:
                self._bounds.viewed(array)
            if self._owner.sleeping or type(array) is not nd.NDArray:
                return found
            if self._writes.active:
                self._writes.view(original.__name__, array, found, found.shape if of is _reshaped else arguments)
            if self._owner.updating or (self._owner.by_hand() and not autograd.is_recording()):
                if self._notes.writing:
                    how = original.__name__
                    self._notes.view(how, array, found, found.shape if how == "reshape" else arguments)
                return found
            if not autograd.is_recording() and not self._owner.in_program:
                return found
            with self._lock:
                if not autograd.is_recording():
                    if self._owner.begun or not self._tape.made(array):
                        return found
                elif self._tape.saw("Reshape", [array], [found], self._paths.current, self._owner.known) is not None:
                    return found
                with self._owner.asleep():
                    calls = of(array, found, *arguments)
                for op, attributes, source, result in calls:
                    self._tape.saw_unrecorded(op, attributes, [source], [result], self._paths.current)
            return found

        return view


def _reshaped(array: Any, found: Any, *arguments: Any) -> List[ViewCall]:
    return [("Reshape", {"shape": str(tuple(found.shape))}, array, found)]


def _sliced(array: Any, found: Any, start: Optional[int], stop: Optional[int]) -> List[ViewCall]:
    # `x[:-1]` has no start, and an operator must have one.
    begin, end, _ = slice(start, stop).indices(array.shape[0])
    return [("slice_axis", {"axis": "0", "begin": str(begin), "end": str(end)}, array, found)]


def _at(array: Any, found: Any, index: int) -> List[ViewCall]:
    row = array[index : index + 1] if index != -1 else array[index:]
    begin = index % array.shape[0]
    return [
        ("slice_axis", {"axis": "0", "begin": str(begin), "end": str(begin + 1)}, array, row),
        ("Reshape", {"shape": str(tuple(found.shape))}, row, found),
    ]
