"""Logarithms of what can be 0 or less."""

from typing import Iterator

from nanhunt.preflight.base import Check, Remark, Subject
from nanhunt.preflight.checks.log_of_softmax import SOFTMAX
from nanhunt.preflight.ranges import PASSING, place_of, severity_of, source_of

_EDGES = {"log": 0.0, "log2": 0.0, "log10": 0.0, "log1p": -1.0}


class Logarithm(Check):
    """log(0) is -inf, and its gradient 1/0."""

    name = "log-without-eps"

    def look(self, subject: Subject) -> Iterator[Remark]:
        graph, ranges = subject.graph, subject.ranges
        if graph is None or ranges is None:
            return
        for node in graph.nodes:
            if node.op not in _EDGES:
                continue
            port = node.inputs[0]
            if graph.nodes[source_of(graph, port, PASSING)[0]].op in SOFTMAX:
                continue  # said by log-of-softmax
            found, edge = ranges[port], _EDGES[node.op]
            if found.low <= edge:
                saw = "%s of %s, which can be %g" % (node.op, found.says, max(found.low, edge) if found.known else edge)
                yield self.say(severity_of(found), found.sure, place_of(node), saw, "add an eps, or bound it from below (clip)")
