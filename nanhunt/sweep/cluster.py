"""Run a sweep on a Dask cluster: each run is a task that runs `nanhunt train` on a worker and brings its result back."""

import time
import uuid
from contextlib import suppress
from typing import Any, Dict, Sequence, Tuple

from nanhunt.errors import UsageError
from nanhunt.sweep import state
from nanhunt.sweep.child import Child, Task
from nanhunt.sweep.engine import LOOK_EVERY, Audience, Outcome, Setup, Stopped, kept, signals_raise
from nanhunt.sweep.plan import Run
from nanhunt.sweep.result import FAILED, Result

CONNECT = 10.0
"""Seconds to wait for the scheduler."""

STOP_EVERY = 1.0
"""Seconds between a task's looks at whether the sweep was stopped."""


def run_there(runs: Sequence[Run], setup: Setup, audience: Audience, address: str) -> Outcome:
    """Run what is not finished yet on the cluster. The results are kept in `setup.folder` here; all else stays in the folder of
    that name on each worker.

    Raises:
        UsageError: `dask` is not installed, there is no such scheduler, or another sweep has the folder.
        NanhuntError: the folder cannot be written.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=CONNECT)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"Expected a Dask scheduler at --dask {address}, found none ({reason}).") from error
    with client, state.locked(setup.folder):
        results, left = kept(runs, setup, audience)
        stop = f"nanhunt-stop-{uuid.uuid4().hex}"
        futures = {
            client.submit(run_task, setup.task(run), setup.command, stop, key=f"nanhunt-{run.key}-{stop[-8:]}", pure=False): run
            for run in left
        }
        try:
            with signals_raise():
                _collect(distributed, futures, setup, audience, results)
        except Stopped as stopped:
            distributed.Event(stop, client=client).set()
            with suppress(Stopped, distributed.TimeoutError):
                with signals_raise():
                    distributed.wait(list(futures), timeout=30)
            _collect_done(futures, setup, audience, results)
            client.cancel(list(futures))
            return Outcome(results, stopped.number)
    return Outcome(results)


def run_task(task: Task, command: Tuple[str, ...], stop: str) -> Result:
    """One run, on a worker: in a process of its own, looked at until it has ended or the sweep was stopped."""
    from distributed import Event

    state.begin(task.folder)
    child = Child(task, command)
    event = Event(stop)
    looked = time.monotonic()
    try:
        while True:
            result = child.poll()
            if result is not None:
                return result
            time.sleep(LOOK_EVERY)
            if time.monotonic() - looked > STOP_EVERY:
                looked = time.monotonic()
                if event.is_set():
                    child.terminate()
                    return child.wait()
    except BaseException:
        child.kill()
        raise


def _collect(distributed: Any, futures: Dict[Any, Run], setup: Setup, audience: Audience, results: Dict[str, Result]) -> None:
    for run in futures.values():
        audience.started(run)
    for future in distributed.as_completed(list(futures)):
        _take(future, futures.pop(future), setup, audience, results)


def _collect_done(futures: Dict[Any, Run], setup: Setup, audience: Audience, results: Dict[str, Result]) -> None:
    for future in [each for each in futures if each.done()]:
        _take(future, futures.pop(future), setup, audience, results)


def _take(future: Any, run: Run, setup: Setup, audience: Audience, results: Dict[str, Result]) -> None:
    try:
        result = future.result()
    except Exception as error:  # whatever the worker raised, or that it was lost: this run's failure, not the sweep's
        lines = str(error).strip().splitlines()
        result = Result(FAILED, error=f"{type(error).__name__}: {lines[0] if lines else ''}")
    state.keep(setup.folder / run.key, result, setup.timeout)
    results[run.key] = result
    audience.ended(run, result, False)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise UsageError("Expected Dask for --dask, found that it is not installed: pip install nanhunt[dask].") from error
    return distributed
