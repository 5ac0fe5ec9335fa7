"""A loss that takes the logarithm of a softmax."""

from typing import Iterator

from nanhunt.preflight.base import CERTAIN, WARNING, Check, Remark, Subject
from nanhunt.preflight.ranges import PASSING, place_of, source_of

SOFTMAX = ("softmax", "SoftmaxOutput", "SoftmaxActivation")
GAPS = {"float16": 17.3, "float64": 745.1}
GAP = 103.97
"""How far a logit lies below the largest when its probability is 0: -log of the dtype's smallest number, here float32's."""


class LogOfSoftmax(Check):
    """That it is built so is certain; whether a logit ever lies that far below, only training shows."""

    name = "log-of-softmax"

    def look(self, subject: Subject) -> Iterator[Remark]:
        graph = subject.graph
        for node in graph.nodes if graph is not None else ():
            if node.op != "log" or graph is None:
                continue
            softmax = graph.nodes[source_of(graph, node.inputs[0], PASSING)[0]]
            if softmax.op in SOFTMAX:
                gap = GAPS.get(node.dtype, GAP)
                saw = "log of %s: -inf where a logit lies %.5g below the largest" % (softmax.op, gap)
                yield self.say(WARNING, CERTAIN, place_of(node), saw, "compute log_softmax in one operator")
