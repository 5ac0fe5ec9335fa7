"""Hooks in what writes into an array past all operators, or lets something else do so."""

from typing import Any, Callable, Sequence

import mxnet as mx
from mxnet import nd

from nanhunt.backends.mxnet.bounds import Bounds
from nanhunt.backends.mxnet.hooks import Hooks
from nanhunt.backends.mxnet.writes import WriteNotes

_SHARING = ("detach", "to_dlpack_for_write", "as_np_ndarray")
_PULLING = ("pull", "row_sparse_pull", "pushpull", "broadcast")


class WriteHooks:
    """Tells `Bounds` of copies from NumPy, of arrays that share memory, and of what a key-value store writes, and `WriteNotes`
    of the first.


    Args:
        wrote: told of arrays that are copied into.
        sleeping: whether the hooks sleep in this thread.
    """

    def __init__(
        self, wrote: Callable[[Sequence[Any]], None], bounds: Bounds, writes: WriteNotes, sleeping: Callable[[], bool]
    ) -> None:
        self._wrote = wrote
        self._bounds = bounds
        self._writes = writes
        self._sleeping = sleeping
        self._hooks = Hooks()

    def install(self) -> None:
        """Put the hooks in."""
        for name in _SHARING:
            if hasattr(nd.NDArray, name):
                self._hooks.replace(nd.NDArray, name, self._shared)
        self._hooks.replace(nd.NDArray, "_sync_copyfrom", self._copied_from)
        for name in _PULLING:
            if name in vars(mx.kvstore.KVStore):
                self._hooks.replace(mx.kvstore.KVStore, name, self._pulled)

    def remove(self) -> None:
        """Take them out."""
        self._hooks.remove()

    def _shared(self, original: Any) -> Any:
        def share(array: Any, *arguments: Any, **options: Any) -> Any:
            if not self._sleeping():
                self._bounds.viewed(array)
            return original(array, *arguments, **options)

        return share

    def _copied_from(self, original: Any) -> Any:
        def copy(array: Any, *arguments: Any, **options: Any) -> Any:
            self._wrote([array])
            if self._writes.active and not self._sleeping():
                self._writes.copied_into(array)
            return original(array, *arguments, **options)

        return copy

    def _pulled(self, original: Any) -> Any:
        def pull(store: Any, *arguments: Any, **options: Any) -> Any:
            self._bounds.forget()
            return original(store, *arguments, **options)

        return pull
