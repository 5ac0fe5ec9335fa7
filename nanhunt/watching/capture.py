"""Make a Record of the iteration that just ran; its arrays are copied to the host one at a time, when the writer asks."""

import os
import subprocess
import sys
from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt import __version__
from nanhunt.backends.base import Backend, Capture, OptimizerState, State
from nanhunt.diagnose.evidence import facts_of
from nanhunt.dump.record import Record
from nanhunt.dump.runup import RunUp
from nanhunt.replay.compare import checksum
from nanhunt.watching.sentinel import Reading


class HostCopies(Mapping[str, np.ndarray]):
    """Framework tensors by name, each copied to the host when it is asked for; what is there already as it is."""

    def __init__(self, tensors: Mapping[str, Any], to_numpy: Callable[[Any], np.ndarray]) -> None:
        self._tensors = tensors
        self._to_numpy = to_numpy

    def __getitem__(self, name: str) -> np.ndarray:
        tensor = self._tensors[name]
        return tensor if isinstance(tensor, np.ndarray) else self._to_numpy(tensor)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)


def make_record(
    backend: Backend,
    reason: str,
    iteration: Mapping[str, Any],
    capture: Capture,
    parameters: Sequence[State],
    aux: Mapping[Tuple[str, str], Any],
    gradients: Mapping[Tuple[str, str], Any],
    optimizer: OptimizerState,
    named: Mapping[Tuple[str, str], Any],
    readings: Sequence[Reading],
    changed: Callable[[Any], bool],
    run_up: Optional[RunUp] = None,
) -> Record:
    """See Record.

    Args:
        changed: whether the program has written into an array since its check was queued, as far as that was seen.
        aux, gradients: copies from before the step, by (name, device).
        named: the batch's arrays by (device, name).
        run_up: the iterations before, and this one.
    """
    backend.wait()
    first: Dict[str, Any] = OrderedDict()
    others: Dict[str, Any] = {}
    for state in parameters:
        if state.name not in first:
            first[state.name] = state.tensor
        elif not _same(backend, first[state.name], state.tensor):
            others["%s/parameters/%s" % (state.device, state.name)] = state.tensor
    statistics: Dict[str, Any] = OrderedDict()
    for (name, device), copy in aux.items():
        if name not in statistics:
            statistics[name] = copy
        else:
            others["%s/aux/%s" % (device, name)] = copy
    batch = {"%s/%s" % key: tensor for key, tensor in dict(capture.batch).items() if tensor is not None}
    batch.update({"%s/%s" % key: tensor for key, tensor in named.items()})

    def host(tensors: Mapping[str, Any]) -> HostCopies:
        return HostCopies(tensors, backend.to_numpy)

    names, history = run_up.to_record() if run_up is not None else ({}, {})
    return Record(
        reason=reason,
        finding={},
        environment=environment_of(backend),
        iteration=iteration,
        batch=host(batch),
        parameters=host(first),
        aux=host(statistics),
        optimizer=host(optimizer.arrays),
        devices=host(others),
        gradients=host({"%s/%s" % (device, name): copy for (name, device), copy in gradients.items()}),
        optimizer_settings=optimizer.settings,
        graph=capture.graph.to_json(),
        observed=observe(backend, readings, changed),
        history=history,
        runup=names,
    )


def with_history(record: Record, tensors: Mapping[str, Any], backend: Backend) -> Record:
    """The record with more arrays in its history, copied when they are asked for."""
    before = record.history._tensors if isinstance(record.history, HostCopies) else record.history
    return replace(record, history=HostCopies({**before, **tensors}, backend.to_numpy))


def _same(backend: Backend, a: Any, b: Any) -> bool:
    return checksum(backend.to_numpy(a)) == checksum(backend.to_numpy(b))


def observe(backend: Backend, readings: Sequence[Reading], changed: Callable[[Any], bool]) -> List[Dict[str, Any]]:
    """The entries of `/observed`: exact statistics and a checksum where the tensor is as it was when its check was queued.

    Of one that is gone, or that the program has changed since (gradients that it clipped), there is its reduction alone.
    """
    there = [each for each in readings if each.watched.tensor is not None and not changed(each.watched.tensor)]
    reductions = [backend.reduce(each.watched.tensor, plain=True) for each in there]
    queued = [(reading, reduction) for reading, reduction in zip(there, reductions) if reduction is not None]
    now = backend.read([reduction for _, reduction in queued])
    intact = {id(reading) for (reading, _), values in zip(queued, now) if values.tobytes() == reading.values.tobytes()}
    # BatchNorm updates its statistics in a way that the check's reduction may not have waited for.
    intact.update(id(each) for each in readings if each.watched.kind == "aux")
    return [_entry(backend, each, id(each) in intact) for each in readings]


def _entry(backend: Backend, reading: Reading, intact: bool) -> Dict[str, Any]:
    watched = reading.watched
    entry: Dict[str, Any] = {
        "kind": watched.kind,
        "name": watched.name,
        "device": watched.device,
        "node": watched.node,
        "output": watched.output,
        "shape": list(reading.shape),
        "dtype": reading.dtype,
        "plain": watched.plain,
        "fingerprint": None if intact else checksum(reading.values),
        "nonfinite": reading.alarm,
        "checksum": None,
    }
    if not intact:
        finite = reading.values[np.isfinite(reading.values)]
        entry["reduced"] = {"size": int(reading.values.size), "finite": int(finite.size)}
        if finite.size:
            entry["reduced"].update(min=float(finite.min()), max=float(finite.max()))
        return entry
    array = backend.to_numpy(watched.tensor)
    facts = facts_of(array)
    entry.update(facts.to_json(), nonfinite=not facts.finite, checksum=checksum(array))
    return entry


def environment_of(backend: Backend) -> Dict[str, Any]:
    """The framework's environment, with nanhunt's version, the command line and the commit of the code that runs."""
    folder = os.getcwd()
    return dict(backend.environment(), nanhunt=__version__, command=list(sys.argv), folder=folder, git_commit=_commit(folder))


@lru_cache(maxsize=None)
def _commit(folder: str) -> str:
    """Asked once: in Python 3.7 git begins as a fork of this process, for which MXNet stops and starts its engine's threads."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.decode("ascii", "replace").strip()


def certainly_bad(observed: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a tensor is non-finite by exact count. An input may be a mask, or NaN where nothing was measured: what it does
    shows whether it matters."""
    return any(each["nonfinite"] and each["checksum"] is not None and each["kind"] != "input" for each in observed)
