"""Which of the producer's bad elements it was that went on: the one that an operator behind it picked out."""

from typing import Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.graph import Node


def picked_element(consumer: Node, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray]) -> Optional[Tuple[int, ...]]:
    """Index, in the first input of `pick`, of the first non-finite element that it picked; None for any other operator.

    A log of a softmax is -inf in many places that no label names; the loss sees only the picked ones.
    """
    if consumer.op != "pick" or len(inputs) < 2 or not outputs:
        return None
    data, choice, out = inputs[0], inputs[1], outputs[0]
    axis = int(consumer.attributes.get("axis", "-1")) % data.ndim
    bad = ~np.isfinite(out)
    if not bad.any():
        return None
    kept = out.shape if out.ndim == data.ndim else out.shape[:axis] + (1,) + out.shape[axis:]
    place = [int(k) for k in np.unravel_index(int(np.argmax(bad.reshape(kept))), kept)]
    label = int(choice.reshape(kept)[tuple(place)])
    size = data.shape[axis]
    place[axis] = label % size if consumer.attributes.get("mode") == "wrap" else min(max(label, 0), size - 1)
    return tuple(place)
