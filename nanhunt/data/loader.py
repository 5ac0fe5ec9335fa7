"""Batches that depend on nothing but (seed, epoch, iteration): not on worker count, timing, or where a run was resumed."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Deque, Iterator, List, Tuple

import numpy as np

from nanhunt.data.samples import SegmentationDataset
from nanhunt.data.transform import Draws, Transform
from nanhunt.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED_LIMIT = 2**32
"""Seeds lie below this; it is what `numpy.random.RandomState` takes."""


@dataclass(frozen=True)
class SampleRef:
    """Where one row of a batch came from: enough to make it again.

    Attributes:
        index: place in the dataset's split.
        path: the image file as counted from the dataset's root, such as `images/0012.jpg`.
        draws: the augmentation as drawn; `transform.apply(dataset.read(index), draws)` gives the row again.
        files: as of RawSample.
    """

    index: int
    path: str
    draws: Draws
    files: Tuple[Tuple[str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Batch:
    """What the network is fed in one iteration.

    Attributes:
        data: float32 (B, 3, H, W), normalised.
        label: int32 (B, H, W), class ids.
        samples: one a row.
    """

    data: "NDArray[np.float32]"
    label: "NDArray[np.int32]"
    samples: Tuple[SampleRef, ...]


Slot = Tuple[int, int]
"""(epoch whose order the sample comes from, index in the dataset)."""


class BatchLoader:
    """Reads, augments and stacks samples, in threads if asked to (Pillow decodes and resizes outside the GIL).

    Args:
        dataset: what to read.
        transform: draws and applies the augmentation.
        batch_size: rows of a batch.
        shuffle: a new order each epoch, from the seed; otherwise the order of the list.
        seed: 0 to 2**32 - 1.
        workers: threads; 0 is the calling thread.
        last_batch: `rollover`: samples that fill no batch open the next epoch, as in Gluon's DataLoader; `keep`: the last batch
            is shorter.
        prefetch: batches that are made ahead of the one in use, where there are workers.
        part: (k, n) where n processes train together and this is the k-th: of every n batches in a row it makes the k-th, so
            that all have as many, and all n together are those of one process with n times the batch size.

    Raises:
        UsageError: a value cannot work, or the dataset is smaller than a batch (where it would roll over for ever).
    """

    def __init__(
        self,
        dataset: SegmentationDataset,
        transform: Transform,
        batch_size: int,
        shuffle: bool = True,
        seed: int = 0,
        workers: int = 0,
        last_batch: str = "rollover",
        prefetch: int = 2,
        part: Tuple[int, int] = (0, 1),
    ) -> None:
        if last_batch not in ("rollover", "keep"):
            raise UsageError(f"Expected last_batch rollover or keep, found {last_batch!r}.")
        if batch_size < 1 or workers < 0 or prefetch < 1:
            raise UsageError(f"Expected a batch size of 1 or more and 0 workers or more, found {batch_size} and {workers}.")
        if not 0 <= seed < SEED_LIMIT:
            raise UsageError(f"Expected a seed from 0 to {SEED_LIMIT - 1}, found {seed}.")
        joint = batch_size * part[1]
        if last_batch == "rollover" and len(dataset) < joint:
            raise UsageError(
                f"Expected one batch of {joint} or more in {dataset.name}, found {len(dataset)}; lower --batch-size."
            )
        self.dataset = dataset
        self.transform = transform
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.workers = workers
        self.last_batch = last_batch
        self.prefetch = prefetch
        self.part = part

    def len_epoch(self, epoch: int) -> int:
        """Number of batches of an epoch; with `rollover` it may differ by one between epochs."""
        count = len(self.dataset)
        if self.last_batch == "keep":
            return -(-count // self.batch_size)
        return (self._left_over(epoch) + count) // self._joint

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from iteration `start` on; ends its threads when exhausted or closed.

        Raises:
            DataError: a sample cannot be read; raised in the turn of its batch.
        """
        slots = self._slots(epoch)
        size, joint = self.batch_size, self._joint
        firsts = range(start * joint + self.part[0] * size, self.len_epoch(epoch) * joint, joint)
        groups = [slots[first : first + size] for first in firsts]
        return self._threaded(groups) if self.workers else map(self._make, groups)

    @property
    def _joint(self) -> int:
        """Rows of the batches of all processes."""
        return self.batch_size * self.part[1]

    def _left_over(self, epoch: int) -> int:
        return (epoch * len(self.dataset)) % self._joint if self.last_batch == "rollover" else 0

    def _order(self, epoch: int) -> List[int]:
        count = len(self.dataset)
        if not self.shuffle:
            return list(range(count))
        return [int(index) for index in np.random.RandomState([self.seed, epoch]).permutation(count)]

    def _slots(self, epoch: int) -> List[Slot]:
        """Samples of an epoch in order. What rolled over keeps the draws of the epoch it comes from."""
        slots = [(epoch, index) for index in self._order(epoch)]
        left_over = self._left_over(epoch)
        if left_over:
            slots = [(epoch - 1, index) for index in self._order(epoch - 1)[-left_over:]] + slots
        return slots

    def _make(self, slots: List[Slot]) -> Batch:
        data, label = self._blank(len(slots))
        return Batch(data, label, tuple(self._fill(slot, data, label, row) for row, slot in enumerate(slots)))

    def _blank(self, rows: int) -> Tuple["NDArray[np.float32]", "NDArray[np.int32]"]:
        side = self.transform.crop_size
        return np.empty((rows, 3, side, side), dtype=np.float32), np.empty((rows, side, side), dtype=np.int32)

    def _fill(self, slot: Slot, data: "NDArray[np.float32]", label: "NDArray[np.int32]", row: int) -> SampleRef:
        epoch, index = slot
        raw = self.dataset.read(index)
        draws = self.transform.draw(raw, self.seed, epoch)
        data[row], label[row] = self.transform.apply(raw, draws)
        return SampleRef(index, self.dataset.relative_path(index), draws, raw.files)

    def _threaded(self, groups: List[List[Slot]]) -> Iterator[Batch]:
        executor = ThreadPoolExecutor(self.workers, thread_name_prefix="nanhunt-loader")
        ahead: Deque[Tuple[NDArray[np.float32], NDArray[np.int32], List[Future[SampleRef]]]] = deque()
        waiting = iter(groups)
        try:
            while True:
                for slots in waiting:
                    data, label = self._blank(len(slots))
                    ahead.append((data, label, [executor.submit(self._fill, *job) for job in _jobs(slots, data, label)]))
                    if len(ahead) > self.prefetch:
                        break
                if not ahead:
                    return
                data, label, rows = ahead.popleft()
                yield Batch(data, label, tuple(row.result() for row in rows))
        finally:
            for _, _, rows in ahead:
                for row in rows:
                    row.cancel()
            executor.shutdown(wait=True)


def _jobs(
    slots: List[Slot], data: "NDArray[np.float32]", label: "NDArray[np.int32]"
) -> Iterator[Tuple[Slot, "NDArray[np.float32]", "NDArray[np.int32]", int]]:
    for row, slot in enumerate(slots):
        yield slot, data, label, row
