"""batchnorm: BatchNorm, which computes its variance in two passes, in place of SyncBatchNorm, which does it in one."""

from nanhunt.replay.cures.base import GraphChange, NotHere, Situation, Variant
from nanhunt.replay.cures.rewrite import Rewrite

SYNC = "_contrib_SyncBatchNorm"
_SHARED = ("eps", "momentum", "fix_gamma", "use_global_stats", "output_mean_var")


class BatchNorm(GraphChange):
    """Every SyncBatchNorm of the graph, attributes carried over."""

    name = "batchnorm"
    summary = "BatchNorm in place of _contrib_SyncBatchNorm"
    words = ("batchnorm",)

    def vary(self, situation: Situation) -> Variant:
        places = [i for i, node in enumerate(situation.graph.nodes) if node.op == SYNC]
        if not places:
            raise NotHere("there is no %s in the iteration" % SYNC)
        rewrite = Rewrite(situation.graph)
        for i in places:
            attributes = situation.graph.nodes[i].attributes
            rewrite.set(i, op="BatchNorm", attributes={k: attributes[k] for k in _SHARED if k in attributes})
        did = "BatchNorm in place of the %s %s, same eps and momentum" % (len(places), SYNC)
        if any(int(situation.graph.nodes[i].attributes.get("ndev", "1")) > 1 for i in places):
            did += "; each device for itself"
        return Variant(rewrite.graph(), situation.values, did)
