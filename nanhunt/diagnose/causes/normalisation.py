"""What a normalisation, a root of squares or a weighted mean divides by, worked out in float64."""

from typing import Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Node
from nanhunt.diagnose.causes.operands import plain

_OVER_CHANNELS = ("BatchNorm", "BatchNorm_v1", "SyncBatchNorm", "batch_norm", "BatchNormWithReLU")
SOFTMAXES = ("softmax", "log_softmax", "softmin", "SoftmaxActivation", "SoftmaxOutput", "Softmax", "masked_softmax")


def axes_of(node: Node, ndim: int) -> Optional[Tuple[int, ...]]:
    """The axes over which a normalisation takes its statistics; None for any other operator."""
    name, attributes = plain(node.op), node.attributes
    if name in _OVER_CHANNELS:
        channel = int(attributes.get("axis", 1)) % ndim
        return tuple(k for k in range(ndim) if k != channel)
    if name in ("LayerNorm", "layer_norm"):
        return (int(attributes.get("axis", -1)) % ndim,)
    if name == "InstanceNorm":
        return tuple(range(2, ndim))
    if name == "L2Normalization":
        mode = attributes.get("mode", "instance")
        return (1,) if mode == "channel" else tuple(range(2 if mode == "spatial" else 1, ndim))
    return None


def epsilon(node: Node) -> float:
    """Its eps; the operator's own default where the program gave none."""
    default = "1e-10" if plain(node.op) == "L2Normalization" else "1e-5" if "Layer" in node.op else "1e-3"
    return float(node.attributes.get("eps", default))


def spread(node: Node, x: np.ndarray) -> Optional[np.ndarray]:
    """The variance (for L2Normalization the sum of squares) of each group, broadcastable to x; None for any other operator."""
    axes = axes_of(node, x.ndim) if x.ndim else None
    if not axes:
        return None
    wide = x.astype(np.float64)
    if plain(node.op) == "L2Normalization":
        return np.asarray(np.square(wide).sum(axis=axes, keepdims=True))
    return np.asarray(wide.var(axis=axes, keepdims=True))
