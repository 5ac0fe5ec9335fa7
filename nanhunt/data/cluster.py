"""Look at the samples of a dataset on a Dask cluster: the same checks in the same parts, gathered in the same order."""

from collections import deque
from typing import TYPE_CHECKING, Any, Deque, Iterator

from nanhunt.data.walking import Job, Looker, Part, chunks
from nanhunt.errors import NanhuntError, UsageError

if TYPE_CHECKING:
    from distributed import Client

PART = 64
"""Samples in a task: a task costs the scheduler about a millisecond."""

PATIENCE = 10
"""Seconds in which a scheduler has to answer."""

AHEAD = 4
"""Tasks handed out ahead for each thread of the cluster; of a part that is done, only what was found is kept."""


def walk_cluster(job: Job, address: str) -> Iterator[Part]:
    """Parts in the order of the split, looked at by the workers of the scheduler at `address`, such as `tcp://host:8786`.

    The workers need nanhunt, and see the dataset at the same path.

    Raises:
        UsageError: Dask is not installed, or the address is none.
        NanhuntError: no scheduler answers, it has no worker, or a worker fails.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(f"Expected Dask for --dask, found none ({error}); pip install nanhunt[dask].") from error
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:  # a TimeoutError is an OSError in the versions that raise it
        reason = " ".join(str(error).split()) or type(error).__name__
        raise NanhuntError(
            f"Expected a Dask scheduler at {address}, found none ({reason}); start one with `dask scheduler`."
        ) from error
    return _parts(client, job)


def _parts(client: "Client", job: Job) -> Iterator[Part]:
    ahead: Deque[Any] = deque()
    try:
        threads = sum(client.nthreads().values())
        if not threads:
            where = client.scheduler.address
            raise NanhuntError(f"Expected workers at {where}, found none; start some with `dask worker {where}`.")
        everywhere = client.scatter(job, broadcast=True, hash=False)
        waiting = iter(chunks(len(job.index), PART))
        while True:
            for positions in waiting:
                ahead.append(client.submit(look, everywhere, positions.start, positions.stop, pure=False))
                if len(ahead) >= threads * AHEAD:
                    break
            if not ahead:
                return
            yield _result(ahead.popleft())
    finally:
        client.cancel(list(ahead))
        client.close()


def _result(future: Any) -> Part:
    try:
        part: Part = future.result()
        return part
    except NanhuntError:
        raise
    except Exception as error:  # whatever a worker raised, or its death
        raise NanhuntError(
            f"Expected every worker to look at its part, found {type(error).__name__}: {error}; "
            "the workers need this version of nanhunt and the dataset at the same path."
        ) from error


def look(job: Job, start: int, stop: int) -> Part:
    """A task: what is found in the entries from `start` to before `stop`."""
    return Looker(job).look(range(start, stop))
