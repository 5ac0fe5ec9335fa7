"""A dry step: one forward and backward that leave a training exactly as it was."""

from typing import Any, Callable, Mapping, Optional, Sequence, Tuple

from nanhunt.backends.alignment import Alignment
from nanhunt.backends.base import Backend, BatchPosition, Listener, Scaler
from nanhunt.backends.indexing import Indexing
from nanhunt.backends.margins import OnePass
from nanhunt.preflight.base import Subject
from nanhunt.preflight.facts import recorded


def dry_step(backend: Backend, net: Any, trainer: Any, step: Callable[[], None]) -> Subject:
    """What one iteration shows.

    Running statistics are put back; parameters and the optimizer are not touched. Gradient arrays are left with what backward
    wrote into them, and the next backward writes over that. The framework's random stream is drawn from: seed it afterwards.

    Args:
        step: records a forward and runs backward, and no update.
    """
    silent = _Silent()
    instrumentation = backend.instrument(silent, net, trainer, keep_draws=False)
    try:
        states = instrumentation.states()
        backend.wait()
        before = [(each.tensor, backend.copy(each.tensor)) for each in states if each.statistic]
        backend.wait()
        try:
            step()
            backend.wait()
            subject = recorded(backend, instrumentation, states)
        finally:
            with instrumentation.asleep():
                backend.wait()
                for tensor, copy in before:
                    backend.assign(tensor, copy)
                backend.wait()
    finally:
        instrumentation.reset()
        instrumentation.remove()
    return subject


class _Silent(Listener):
    """Wants to know nothing: what was recorded is asked for afterwards."""

    def record_begins(self) -> None:
        pass

    def record_interrupted(self) -> None:
        pass

    def forward_begins(self) -> None:
        pass

    def grew(self) -> None:
        pass

    def inputs(self, named: Mapping[Tuple[str, str], Any]) -> None:
        pass

    def batch(self, position: BatchPosition) -> None:
        pass

    def draws(self, alone: bool) -> None:
        pass

    def activation(self, block: str, node: str, output: int, tensor: Any, plain: bool) -> None:
        pass

    def indices(self, place: str, how: Indexing, tensor: Any) -> None:
        pass

    def targets(self, place: str, how: Alignment, tensors: Sequence[Any]) -> None:
        pass

    def logarithms(self, place: str, dtype: str, smallest: Any) -> None:
        pass

    def one_pass(self, place: str, how: OnePass, mean: Any, variance: Any) -> None:
        pass

    def before_backward(self, heads: Sequence[Any], names: Sequence[Tuple[str, int]]) -> None:
        pass

    def after_backward(self, returned: Mapping[str, Any]) -> None:
        pass

    def may_update(self, scaler: Optional[Scaler], shared: bool) -> bool:
        return True
