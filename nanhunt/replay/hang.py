"""Run the iteration of a hang again, with an eye on it: does it come to its end here, and if not, which operator does not?"""

import threading
import time
from dataclasses import dataclass, replace
from typing import Any, List, Optional

from nanhunt.backends.graph import Node, Port
from nanhunt.diagnose.finding import Finding
from nanhunt.replay.session import Session

LIMIT = 30.0
"""Seconds without another operator's result."""


@dataclass(frozen=True)
class Rerun:
    """How it went.

    Attributes:
        ended: whether it came to its end.
        finished: operators of the forward that did.
        operator: the one that did not; None where that is the backward, or where several devices ran at once.
        alone: whether it was waited for after each operator, so that no other can have been in its way.
    """

    ended: bool
    finished: int
    operator: Optional[Node]
    alone: bool


def rerun(session: Session, limit: float = LIMIT) -> Rerun:
    """Run it in another thread, and leave that behind if it comes no further for `limit` seconds.

    After that the framework's engine is stuck: end the process without its exit handlers.

    Raises:
        whatever the replay raises.
    """
    graph, backend = session.graph, session.backend
    order = graph.execution_order
    # Operators of several devices may have to meet: then nothing is waited for in between.
    alone = len({graph.nodes[i].device for i in order if graph.nodes[i].device}) <= 1
    running = _Running()

    def visit(port: Port, tensor: Any) -> None:
        running.begin(port[0])
        if alone:
            backend.wait_for(tensor)
        running.end(port[0])

    def run() -> None:
        try:
            backend.run(graph, session.leaf, session.gradient, session.seed, visit, may_hang=True)
            backend.wait()
        except BaseException as error:
            running.error = error
        running.over = True

    threading.Thread(target=run, name="nanhunt-rerun", daemon=True).start()
    while not running.over and running.quiet() < limit:
        time.sleep(0.05)
    if running.error is not None:
        raise running.error
    stuck = graph.nodes[running.now] if alone and running.now is not None and not running.over else None
    return Rerun(running.over, len(set(running.finished)), stuck, alone)


class _Running:
    def __init__(self) -> None:
        self.now: Optional[int] = None
        self.finished: List[int] = []
        self.error: Optional[BaseException] = None
        self.over = False
        self._moved = time.monotonic()

    def begin(self, node: int) -> None:
        self.now, self._moved = node, time.monotonic()

    def end(self, node: int) -> None:
        self.finished.append(node)
        self.now, self._moved = None, time.monotonic()

    def quiet(self) -> float:
        return time.monotonic() - self._moved


def settled(finding: Finding, done: Rerun) -> Finding:
    """The finding, proven where one operator alone, on its recorded inputs, came to no end."""
    if done.ended or done.operator is None or finding.hang is None:
        return finding
    return replace(
        finding, proof="proven", hang=replace(finding.hang, unfinished=(done.operator.block or done.operator.source,))
    )


def words_of(done: Rerun, limit: float = LIMIT) -> str:
    """How it went, in a sentence."""
    if done.ended:
        return "run again, the iteration comes to its end here: not reproduced"
    if done.operator is not None:
        place = ", ".join(each for each in (done.operator.block, done.operator.source) if each)
        return (
            "run again, it hangs again: %s (%s) gives no result in %.0f s, alone on its recorded inputs; "
            "%d operators before it did"
        ) % (done.operator.op, place, limit, done.finished)
    part = "in the backward" if done.alone else "with all devices at once"
    return "run again, it hangs again, %s: no result in %.0f s" % (part, limit)
