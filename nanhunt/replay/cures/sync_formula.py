"""SyncBatchNorm's formula, one-pass variance and all, out of operators that have float64 kernels; its own kernel has none."""

from typing import Tuple

from nanhunt.backends.graph import Port
from nanhunt.replay.cures.base import NotPossible
from nanhunt.replay.cures.rewrite import Rewrite


def put_formula(rewrite: Rewrite, place: int, shape: Tuple[int, ...], back: str) -> Port:
    """Put the formula in float64 in place of the node; its output as dtype `back`.

    The node itself still runs, for its running statistics' sake, and nobody reads it.

    Raises:
        NotPossible: the statistics are those of several devices.
    """
    node = rewrite.nodes[place]
    if int(node.attributes.get("ndev", "1")) > 1:
        raise NotPossible("its statistics are those of %s devices together" % node.attributes["ndev"])
    if len(shape) < 2:
        raise NotPossible("the shape of its input is not known")
    across = {"axis": "1", "exclude": "True", "keepdims": "True"}
    channels = {"shape": str((1, -1) + (1,) * (len(shape) - 2))}
    eps = node.attributes.get("eps", "0.001")
    at = iter(range(1, 40))

    def add(op: str, *inputs: Port, **attributes: str) -> Port:
        return rewrite.add(op, inputs, attributes, place, next(at))

    def wide(number: int) -> Port:
        return add("Reshape", add("Cast", node.inputs[number], dtype="float64"), **channels)

    x = add("Cast", node.inputs[0], dtype="float64")
    if node.train and node.attributes.get("use_global_stats", "False") != "True":
        mean = add("mean", x, **across)
        variance = add("elemwise_sub", add("mean", add("square", x), **across), add("square", mean))
    else:
        mean, variance = wide(3), wide(4)
    root = add("sqrt", add("_plus_scalar", variance, scalar=eps))
    value = add("broadcast_div", add("broadcast_sub", x, mean), root)
    if node.attributes.get("fix_gamma", "True") != "True":
        value = add("broadcast_mul", value, wide(1))
    value = add("broadcast_add", value, wide(2))
    value = add("Cast", value, dtype=back)
    rewrite.redirect((place, 0), value)
    return value
