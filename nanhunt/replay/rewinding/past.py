"""One past iteration as a Session: the graph it ran, its batch, and the state that the walk has come to."""

from typing import Dict, Mapping, Optional, Tuple

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.backends.canonical import Name
from nanhunt.backends.graph import Graph, Leaf
from nanhunt.dump.record import Record
from nanhunt.dump.rewind import PastIteration
from nanhunt.errors import DumpDamagedError
from nanhunt.replay.session import Session

State = Dict[str, Dict[str, np.ndarray]]
"""Group (`dump.rewind.STATE`) to name to array."""


class PastSession(Session):
    """An iteration on the way.

    Args:
        record: of the dump.
        state: as it is when the iteration begins.
        past: the iteration; None for the dumped one.
        same: it ran what the dumped iteration ran: the graph is that one's, which all that is known about it speaks of.
        names: of the dumped iteration's arrays, as they are called in past ones.
    """

    def __init__(
        self,
        record: Record,
        backend: Backend,
        state: State,
        past: Optional[PastIteration],
        same: bool,
        names: Mapping[Name, str],
    ) -> None:
        super().__init__(record, backend)
        self._state, self._past, self._names = state, past, names if same else {}
        if past is not None and not same:
            self.graph: Graph = past.graph

    @property
    def seed(self) -> Optional[int]:
        return super().seed if self._past is None else self._past.seed

    def gradient(self, leaf: Leaf) -> Optional[np.ndarray]:
        return self._state["gradients"].get(leaf.name) if leaf.grad_req == "add" else None

    def leaf(self, leaf: Leaf) -> np.ndarray:
        if leaf.group != "batch":
            try:
                return self._state[leaf.group][leaf.name]
            except KeyError:
                raise DumpDamagedError("the snapshot lacks %s, which the iteration reads" % leaf.name) from None
        if self._past is None:
            return super().leaf(leaf)
        key: Tuple[str, str] = (leaf.device, leaf.name)
        try:
            return self._past.batch["%s/%s" % (leaf.device, self._names.get(key, leaf.name))]
        except KeyError:
            raise DumpDamagedError("the batch of step %d lacks %s" % (self._past.step, leaf.name)) from None
