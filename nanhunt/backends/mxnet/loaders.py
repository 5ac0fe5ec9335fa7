"""Where the batches come from: which epoch, which batch of it, which samples."""

from collections import deque
from typing import Any, Callable, Deque, Dict, Iterator, List, Optional, Sequence, Tuple

import mxnet as mx
from mxnet import gluon

from nanhunt.backends.base import BatchPosition, Listener, LoaderFacts
from nanhunt.backends.mxnet.hooks import Hooks


class _RecordedSampler:
    """A batch sampler that remembers which samples it gave, batch by batch."""

    def __init__(self, original: Any) -> None:
        self.original = original
        self._given: Deque[Tuple[int, ...]] = deque()

    def start(self) -> None:
        self._given = deque()

    def peek(self) -> Tuple[int, ...]:
        """Samples of the batch that was asked for and has not come yet."""
        return self._given[0] if self._given else ()

    def next_given(self) -> Tuple[int, ...]:
        return self._given.popleft() if self._given else ()

    def __iter__(self) -> Iterator[Any]:
        given = self._given
        for indices in self.original:
            given.append(_integers(indices))
            yield indices

    def __len__(self) -> int:
        return len(self.original)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


def _integers(indices: Any) -> Tuple[int, ...]:
    try:
        return tuple(int(each) for each in indices)
    except (TypeError, ValueError):
        return ()


class _Batches:
    """The iterator of a DataLoader, with every batch told to the listener."""

    def __init__(self, inner: Any, tell: Any) -> None:
        self._inner, self._tell = inner, tell

    def __iter__(self) -> "_Batches":
        return self

    def __next__(self) -> Any:
        batch = next(self._inner)
        self._tell()
        return batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class LoaderHooks:
    """Hooks in `gluon.data.DataLoader` and `mx.io.DataIter`.

    Args:
        listener: is told of batches.
        move: called with each batch, and when a loader starts.
    """

    def __init__(self, listener: Listener, move: Callable[[], None]) -> None:
        self._listener = listener
        self._move = move
        self._hooks = Hooks()
        self._epochs: Dict[int, int] = {}
        self._counts: Dict[int, int] = {}
        self._kept: List[Any] = []
        self.facts: Dict[int, LoaderFacts] = {}
        """Of the DataLoaders that were gone through."""
        self._latest: Optional[Any] = None

    @property
    def awaited(self) -> Tuple[Tuple[int, ...], Tuple[str, ...]]:
        """Samples, and their files where they are known, of the batch that the last DataLoader is at work on."""
        sampler = getattr(self._latest, "_batch_sampler", None)
        indices = sampler.peek() if isinstance(sampler, _RecordedSampler) else ()
        return indices, _paths(getattr(self._latest, "_dataset", None), indices)

    def install(self) -> None:
        """Put the hooks in."""
        self._hooks.replace(gluon.data.DataLoader, "__iter__", self._loader)
        self._hooks.replace(mx.io.DataIter, "__next__", self._iterator)

    def remove(self) -> None:
        """Take them out, and the recording samplers."""
        self._hooks.remove()
        for loader in self._kept:
            sampler = getattr(loader, "_batch_sampler", None)
            if isinstance(sampler, _RecordedSampler):
                loader._batch_sampler = sampler.original
        self._kept = []

    def _loader(self, original: Any) -> Any:
        def iterate(loader: Any) -> Any:
            sampler: Optional[_RecordedSampler] = None
            if hasattr(loader, "_batch_sampler"):
                if not isinstance(loader._batch_sampler, _RecordedSampler):
                    loader._batch_sampler = _RecordedSampler(loader._batch_sampler)
                    self._kept.append(loader)
                sampler = loader._batch_sampler
                sampler.start()
            self.facts[id(loader)] = _facts(loader)
            epoch = self._epochs[id(loader)] = self._epochs.get(id(loader), -1) + 1
            count = iter(range(1 << 62))

            def tell() -> None:
                self._move()
                indices = sampler.next_given() if sampler is not None else ()
                paths = _paths(getattr(loader, "_dataset", None), indices)
                self._listener.batch(BatchPosition(epoch, next(count), indices, paths))

            self._latest = loader
            self._move()
            return _Batches(original(loader), tell)

        return iterate

    def _iterator(self, original: Any) -> Any:
        def following(iterator: Any) -> Any:
            key = id(iterator)
            self._move()
            if key not in self._counts:
                self._kept.append(iterator)
                self._epochs[key], self._counts[key] = 0, 0
            try:
                batch = original(iterator)
            except StopIteration:
                self._epochs[key], self._counts[key] = self._epochs[key] + 1, 0
                raise
            index = getattr(batch, "index", None)
            indices = _integers(index) if index is not None else ()
            self._listener.batch(BatchPosition(self._epochs[key], self._counts[key], indices))
            self._counts[key] += 1
            return batch

        return following


def _facts(loader: Any) -> LoaderFacts:
    workers = int(getattr(loader, "_num_workers", 0) or 0)
    threads = bool(getattr(loader, "_thread_pool", False))
    ahead = getattr(loader, "_prefetch", None)
    return LoaderFacts(workers, threads, int(ahead) if ahead else 2 * workers)


_LISTS = ("items", "_items", "images", "_images")
"""Where Gluon's and GluonCV's datasets keep their files."""


def _paths(dataset: Any, indices: Sequence[int]) -> Tuple[str, ...]:
    """Files of the samples, where the dataset or one that it was made from lists them."""
    for _ in range(8):
        if dataset is None:
            return ()
        items = next(
            (getattr(dataset, name) for name in ("items", "_items", "images", "_images") if hasattr(dataset, name)), None
        )
        if isinstance(items, (list, tuple)):
            found = []
            for index in indices:
                item = items[index] if 0 <= index < len(items) else ""
                item = item[0] if isinstance(item, (list, tuple)) and item else item
                found.append(item if isinstance(item, str) else "")
            return tuple(found) if any(found) else ()
        dataset = getattr(dataset, "_data", None)
    return ()
