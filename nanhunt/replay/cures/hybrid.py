"""hybrid: the whole iteration compiled into one graph, as `hybridize()` would, and the gradients of the two compared."""

from nanhunt.replay.cures.base import Change, NotHere, Situation, Trial
from nanhunt.replay.cures.compiling import compiled, gradients_compared, many_consumers, result_of


class Hybrid(Change):
    """On MXNet before 1.7 a compiled graph sums the gradients of a value with five to seven consumers wrongly."""

    name = "hybrid"
    summary = "the iteration compiled into one graph, as hybridize() does"
    words = ()

    def attempt(self, situation: Situation) -> Trial:
        session = situation.session
        if any(node.symbol is not None for node in session.graph.nodes):
            raise NotHere("parts of the iteration are compiled already; see imperative")
        graph = compiled(session.graph, session.backend.environment(), session.backend.draws)
        one, other = situation.raw(graph), situation.raw(session.graph)
        did = "compiled into one graph: %s" % gradients_compared(session.backend, one, other)
        did += many_consumers(session.backend.environment(), session.graph, one, other, session.backend)
        return Trial(self.label, did, result_of(situation, (graph, one), (session.graph, other)))
