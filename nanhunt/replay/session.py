"""One dumped iteration, ready to run: its graph, its arrays, its seed."""

from typing import Dict, Mapping, Optional

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.backends.graph import Graph, Leaf
from nanhunt.dump.record import Record
from nanhunt.errors import DumpDamagedError, ReplayError


class Session:
    """A Record and the backend to run it on.

    Raises:
        DumpDamagedError: the graph cannot be read, or an array that it needs is not in the dump.
        ReplayError: the iteration holds something that cannot be run again.
    """

    def __init__(self, record: Record, backend: Backend) -> None:
        self.record = record
        self.backend = backend
        try:
            self.graph = Graph.from_json(record.graph)
        except ValueError as error:
            raise DumpDamagedError("the dump's op graph cannot be read: %s" % error) from error
        missing = sorted({n.leaf.name for n in self.graph.nodes if n.leaf is not None and n.leaf.group == "missing"})
        if missing:
            raise ReplayError(
                "the iteration read %d arrays that were not seen when it ran (%s), so it cannot be run again"
                % (len(missing), ", ".join(missing[:3]))
            )
        if not self.graph.heads:
            raise ReplayError(
                "the dump holds no op graph: the iteration never reached backward, so there is nothing to run again"
            )

    @property
    def seed(self) -> Optional[int]:
        """The framework's seed for this iteration."""
        value = self.record.iteration.get("seed")
        return None if value is None else int(value)

    def leaf(self, leaf: Leaf) -> np.ndarray:
        """The array that the leaf had when the iteration began."""
        record = self.record
        try:
            if leaf.group == "batch":
                return record.batch["%s/%s" % (leaf.device, leaf.name)]
            own = "%s/%s/%s" % (leaf.device, leaf.group, leaf.name)
            if own in record.devices:
                return record.devices[own]
            groups: Dict[str, Mapping[str, np.ndarray]] = {"parameters": record.parameters, "aux": record.aux}
            return groups[leaf.group][leaf.name]
        except KeyError as error:
            raise DumpDamagedError(
                "the dump lacks the array %s %r that its op graph needs" % (leaf.group, leaf.name)
            ) from error
