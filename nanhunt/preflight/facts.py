"""What the checks are told of a machine, of arrays, and of an instrumented framework."""

from typing import List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.base import Backend, Instrumentation, State
from nanhunt.backends.opening import opened
from nanhunt.machine import cores, shared_memory
from nanhunt.preflight.base import Array, Labels, Subject


def arrays_of(backend: Backend, states: Sequence[State]) -> Tuple[Array, ...]:
    """Each parameter and statistic, read; nothing is changed."""
    return tuple(_array(backend, each) for each in states)


def _array(backend: Backend, state: State) -> Array:
    values = backend.to_numpy(state.tensor)
    finite = np.isfinite(values)
    bad = int(values.size - np.count_nonzero(finite))
    kept = values[finite] if bad else values
    low, high = (float(kept.min()), float(kept.max())) if kept.size else (None, None)
    return Array(state.name, state.device, values.dtype.name, state.statistic, int(values.size), bad, low, high)


def labels_of(values: "np.ndarray", classes: int, ignored: Optional[int] = -1) -> Labels:
    """Of a batch.

    Args:
        values: integers, of any shape.
        ignored: the label that the loss leaves out.
    """
    counted = values[values != ignored] if ignored is not None else values
    if not counted.size:
        return Labels(0, 0, classes, 0)
    beyond = int(np.count_nonzero((counted < 0) | (counted >= classes)))
    return Labels(int(counted.min()), int(counted.max()), classes, beyond)


def recorded(backend: Backend, instrumentation: Instrumentation, states: Sequence[State]) -> Subject:
    """What an instrumented program has shown when its first backward has run."""
    capture = instrumentation.capture()
    devices: List[str] = sorted({device for device, _ in capture.batch})
    return Subject(
        devices=tuple(devices),
        layers=tuple(instrumentation.sync_layers()),
        graph=opened(capture.graph),
        arrays=arrays_of(backend, states),
        optimizer=instrumentation.optimizer_state().settings,
        loss_scale=instrumentation.loss_scale() or 1.0,
        loaders=tuple(instrumentation.loaders()),
        batch_bytes=sum(backend.size(each) * 4 for each in capture.batch.values()),
        cores=cores(),
        shared_memory=shared_memory(),
    )
