"""Keeps what an iteration was made of beyond its end, without working its graph out: that is done if somebody asks for it."""

import copy
from dataclasses import replace
from typing import Any, Callable, Dict, FrozenSet, Mapping, Sequence, Tuple

from nanhunt.backends.base import Capture, HeldIteration
from nanhunt.backends.mxnet.arrays import bytes_of
from nanhunt.backends.mxnet.executors import ExecutorRun
from nanhunt.backends.mxnet.tape import Tape

Name = Tuple[str, str]


class MXNetHeld(HeldIteration):
    """See HeldIteration.

    Args:
        make: its Capture.
        size: bytes that are kept for it.
        named: (device, name) of the arrays that the program gave.
    """

    def __init__(self, make: Callable[[], Capture], size: int, named: FrozenSet[Name]) -> None:
        self._make = make
        self.bytes = size
        self.named = named

    def capture(self) -> Capture:
        return self._make()


def hold(tape: Tape, executors: Sequence[ExecutorRun], named: Mapping[Name, Any], copy_of: Callable[[Any], Any]) -> MXNetHeld:
    """Copies of the arrays that came from outside, and of the notes; to be called after the last backward."""
    names = frozenset(named)
    if executors:
        # Their arguments are written anew in each iteration, and their outputs are compared with them. It is one node each.
        capture = tape.capture(executors)
        batch = {name: copy_of(array) for name, array in capture.batch.items()}
        capture = replace(capture, batch=batch)
        return MXNetHeld(lambda: capture, sum(map(bytes_of, batch.values())), names)
    copies: Dict[int, Any] = {}

    def copied(array: Any) -> Any:
        if id(array) not in copies:
            copies[id(array)] = copy_of(array)
        return copies[id(array)]

    kept = copy.copy(tape)
    kept.detach(copied)
    return MXNetHeld(lambda: kept.capture(()), sum(map(bytes_of, copies.values())) + kept.held_bytes, names)
