"""naive-engine: MXNet's engine without threads of its own."""

from typing import Dict

from nanhunt.backends.synchronised import groups
from nanhunt.replay.cures.base import ChangesNothing, NotPossible, Situation
from nanhunt.replay.cures.elsewhere import Elsewhere, set_already


class NaiveEngine(Elsewhere):
    """Operators run in the order in which they are called, in the thread that calls: no race is possible."""

    name = "naive-engine"
    summary = "MXNET_ENGINE_TYPE=NaiveEngine: every operator at once, in order"

    def variables(self, situation: Situation) -> Dict[str, str]:
        if set_already("MXNET_ENGINE_TYPE", "NaiveEngine"):
            raise ChangesNothing("it runs under the NaiveEngine already")
        if groups(situation.graph):
            raise NotPossible("devices wait for each other in it, and one would wait for ever")
        return {"MXNET_ENGINE_TYPE": "NaiveEngine"}
