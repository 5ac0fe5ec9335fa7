"""Statistics over the batch, frozen as recorded: leaving out samples must not change how the others are normalised."""

from dataclasses import replace
from typing import Any, Dict, List, Optional

import numpy as np

from nanhunt.backends.graph import Graph, Leaf, Node
from nanhunt.replay.minimising.base import Reduced, Target

_OVER_THE_BATCH = ("BatchNorm", "BatchNorm_v1", "CuDNNBatchNorm", "_contrib_SyncBatchNorm")
_SHARED = ("eps", "momentum", "fix_gamma", "axis")


def over_the_batch(node: Node) -> bool:
    """Whether the operator normalises by statistics of the batch that it is given."""
    return node.op in _OVER_THE_BATCH and node.train and node.attributes.get("use_global_stats", "False") not in ("True", "1")


def frozen(target: Target, reduced: Reduced) -> Optional[Reduced]:
    """The same iteration with every such operator as BatchNorm with the recorded batch's statistics as running ones.

    Mathematically the same normalisation, `(x - mean) / sqrt(variance + eps)`, but not bit for bit, so it has to show as well;
    None if it does not.
    """
    places = [i for i, node in enumerate(reduced.graph.nodes) if node.leaf is None and over_the_batch(node)]
    if not places:
        return reduced
    found: Dict[int, List[np.ndarray]] = {}

    def look(node: int, inputs: List[Any]) -> None:
        if node in places:
            data = target.session.backend.to_numpy(inputs[0])
            axis = int(reduced.graph.nodes[node].attributes.get("axis", "1")) % data.ndim
            across = tuple(k for k in range(data.ndim) if k != axis)
            wide = data.astype(np.float64)
            dtype = np.float32 if data.dtype == np.float16 else data.dtype
            found[node] = [each.astype(dtype) for each in (wide.mean(axis=across), wide.var(axis=across))]

    if not target.shows(reduced, look) or set(found) != set(places):
        return None
    nodes, extra = list(reduced.graph.nodes), dict(reduced.extra)
    for i in places:
        node = nodes[i]
        ports = []
        for name, array in zip(("mean", "variance"), found[i]):
            leaf = Leaf("aux", "%s of %s" % (name, node.name), target.device)
            extra[leaf] = array
            ports.append((len(nodes), 0))
            nodes.append(Node(op="null", name=leaf.name, leaf=leaf))
        attributes = {k: v for k, v in node.attributes.items() if k in _SHARED}
        attributes["use_global_stats"] = "True"
        nodes[i] = replace(node, op="BatchNorm", attributes=attributes, inputs=node.inputs[:3] + tuple(ports))
    still = replace(reduced, graph=Graph(tuple(nodes), reduced.graph.backwards), extra=extra)
    return still if target.shows(still) else None
