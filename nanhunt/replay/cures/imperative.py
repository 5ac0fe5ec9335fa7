"""imperative: compiled parts of the iteration opened up, operator by operator, and the gradients of the two compared."""

from nanhunt.replay.cures.base import Change, NotHere, Situation, Trial
from nanhunt.replay.cures.compiling import gradients_compared, many_consumers, result_of


class Imperative(Change):
    """Mathematically the same; where the gradients are not, the compiled graph computes them wrongly."""

    name = "imperative"
    summary = "hybridized parts run operator by operator"
    words = ("hybridize", "imperatively")

    def attempt(self, situation: Situation) -> Trial:
        session = situation.session
        if all(node.symbol is None for node in session.graph.nodes):
            raise NotHere("nothing in the iteration is compiled: it ran operator by operator")
        compiled, opened = situation.raw(session.graph), situation.raw(situation.graph)
        did = "compiled parts opened up: %s" % gradients_compared(session.backend, compiled, opened)
        did += many_consumers(session.backend.environment(), situation.graph, compiled, opened, session.backend)
        return Trial(self.label, did, result_of(situation, (situation.graph, opened), (session.graph, compiled)))
