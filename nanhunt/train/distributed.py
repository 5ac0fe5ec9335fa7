"""This process as one worker of a distributed run of `nanhunt train`."""

import os
from dataclasses import dataclass
from typing import Any, Callable, Optional, Tuple

from nanhunt.errors import UsageError
from nanhunt.train.options import TrainOptions
from nanhunt.watching.peers.job import WORKER, job_of
from nanhunt.watching.peers.peers import Peers, serve_beside


@dataclass(frozen=True, eq=False)
class Member:
    """One worker.

    Attributes:
        store: the key-value store that all share.
        rank: from 0.
        size: workers in all.
        peers: the others.
    """

    store: Any
    rank: int
    size: int
    peers: Peers

    @property
    def part(self) -> Tuple[int, int]:
        """See `BatchLoader`."""
        return (self.rank, self.size)

    @property
    def updates_itself(self) -> bool:
        """Whether each worker updates its own copy of the parameters; else the servers do, and have the optimizer's arrays."""
        return "async" not in self.store.type and "device" not in self.store.type


def serve(options: TrainOptions) -> None:
    """In a scheduler or server: serve, and do not return. To be called before the framework is imported.

    Raises:
        UsageError: the option and the environment do not fit.
    """
    job = job_of(os.environ)
    distributed = "dist" in options.kvstore and not options.evaluate
    if job is None or not job.source.startswith("DMLC"):
        if distributed:
            raise UsageError(
                f"Expected DMLC_ROLE and the other variables of MXNet's launcher for --kvstore {options.kvstore}, found none; "
                "start it with `nanhunt launch -n WORKERS -- train …` or MXNet's launch.py."
            )
    elif not distributed:
        raise UsageError(
            f"Expected --kvstore dist_sync, dist_device_sync or dist_async in a job of {job.size} workers, "
            f"found {options.kvstore}{' with --eval' if options.evaluate else ''}."
        )
    elif job.role != WORKER:
        serve_beside(job)
        import mxnet  # noqa: F401  it serves while it is imported, and exits


def join(options: TrainOptions, notice: Callable[[str], None]) -> Optional[Member]:
    """The worker that this process is; None where it trains alone.

    Raises:
        UsageError: there is no such key-value store here.
    """
    job = job_of(os.environ)
    if job is None or not job.source.startswith("DMLC"):
        return None
    import mxnet as mx

    try:
        store = mx.kv.create(options.kvstore)
    except mx.base.MXNetError as error:
        raise UsageError(f"Expected a key-value store for --kvstore {options.kvstore}, could not make one here.") from error
    peers = Peers(job, notice)
    peers.rank, peers.alone = int(store.rank), "async" in store.type
    return Member(store, int(store.rank), int(store.num_workers), peers)


def own_seed(seed: int, member: Optional[Member]) -> int:
    """The seed of what a worker draws in its iterations: its own, so that workers drop out other units."""
    return seed if member is None else (seed + 0x9E3779B1 * member.rank) % 2**32


class ServersRate:
    """The learning rate where servers update: they count the updates, and hear of no rate of a worker's.

    Called with the number of updates, as a scheduler of MXNet's optimizers; sent to the servers, pickled.

    Args:
        schedule: the run's.
        start: steps that were done before.
        updates: how many updates one step is: with `dist_async` one a worker.
    """

    def __init__(self, schedule: Any, start: int, updates: int) -> None:
        self._schedule = schedule
        self._start = start
        self._updates = updates
        self.base_lr = schedule.base_lr

    def __call__(self, num_update: int) -> float:
        return float(self._schedule.lr(self._start + max(0, num_update - 1) // self._updates))
