"""Connectionist temporal classification of a target that no path through the time steps spells."""

from typing import Any


def infeasible_ctc(logits: Any) -> Any:
    """The loss of twice the same symbol in two time steps, (N,): between two equal symbols there is no time for a blank.

    Args:
        logits: of which each sample's first eight values are two steps of four symbols.
    """
    from mxnet import gluon, nd

    samples = logits.shape[0]
    steps = logits.reshape((samples, -1))[:, :8].reshape((samples, 2, 4))
    symbols = nd.array([[1, 1]] * samples, ctx=logits.context, dtype=logits.dtype)
    return gluon.loss.CTCLoss(layout="NTC")(steps, symbols)
