"""Divisions by what can be 0."""

from typing import Iterator

from nanhunt.preflight.base import Check, Remark, Subject
from nanhunt.preflight.ranges import place_of, severity_of

_BY_SECOND = ("broadcast_div", "elemwise_div", "_div")
_BY_FIRST = ("_rdiv_scalar", "reciprocal")


class Division(Check):
    """x/0 is Inf and 0/0 NaN."""

    name = "division-without-eps"

    def look(self, subject: Subject) -> Iterator[Remark]:
        graph, ranges = subject.graph, subject.ranges
        if graph is None or ranges is None:
            return
        for node in graph.nodes:
            port = node.inputs[1] if node.op in _BY_SECOND else node.inputs[0] if node.op in _BY_FIRST else None
            if port is None or graph.nodes[port[0]].leaf is not None:
                continue  # a division by the batch itself or a parameter: inspect-data and the first iteration see its values
            found = ranges[port]
            if found.low <= 0 <= found.high:
                saw = "a division by %s, which can be 0" % found.says
                yield self.say(severity_of(found), found.sure, place_of(node), saw, "add an eps, or bound it from below")
