"""Roots, norms and powers at the edge of their domain."""

from typing import Iterator

from nanhunt.backends.graph import Node
from nanhunt.preflight.base import NOTE, POSSIBLE, Check, Remark, Subject
from nanhunt.preflight.ranges import Range, number, place_of, severity_of

_ROOTS = ("sqrt", "cbrt", "rsqrt", "rcbrt")


class Root(Check):
    """The gradient of sqrt at 0 is infinite, and 0 times it NaN: a zero vector's norm, a deviation of equal values."""

    name = "root-without-eps"

    def look(self, subject: Subject) -> Iterator[Remark]:
        graph, ranges = subject.graph, subject.ranges
        if graph is None or ranges is None:
            return
        for node in graph.nodes:
            if node.op in _ROOTS or (node.op == "_power_scalar" and _fractional(node)):
                found = ranges[node.inputs[0]]
                if _reaches(found, node.op):
                    what = "its gradient is infinite there" if node.op in ("sqrt", "cbrt", "_power_scalar") else "1/0"
                    saw = "%s of %s, which can be 0: %s" % (node.op.strip("_").replace("_scalar", ""), found.says, what)
                    yield self.say(severity_of(found), found.sure, place_of(node), saw, "add an eps inside the root")
            elif node.op == "norm" and node.attributes.get("ord", "2") == "2" and not ranges[node.inputs[0]].low > 0:
                saw = "norm of a vector that may be 0 as a whole: its gradient is 0/0 there"
                yield self.say(NOTE, POSSIBLE, place_of(node), saw, "take sqrt(sum(square(x)) + eps)")


def _reaches(found: Range, op: str) -> bool:
    return found.low <= 0 <= found.high if op in ("cbrt", "rcbrt") else found.low <= 0


def _fractional(node: Node) -> bool:
    exponent = number(node, "scalar", 1.0)
    return exponent < 1 and exponent != 0
