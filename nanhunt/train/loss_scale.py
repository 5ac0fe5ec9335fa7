"""A loss scale for half precision: gradients are computed so many times too large, so that small ones do not become 0."""

import math
from contextlib import contextmanager
from typing import Any, Iterator, List, Optional, Sequence

import numpy as np

from nanhunt.backends.base import Scaler
from nanhunt.errors import UsageError

DYNAMIC = "dynamic"

FIRST, MOST, PATIENCE = 2.0**16, 2.0**24, 2000
"""Of `mxnet.contrib.amp`: the scale at the start, the largest, and the iterations without an overflow until it is doubled."""


class LossScale:
    """A scale, and what becomes of it.

    A dynamic one is halved, down to 1, when a gradient of any device overflows, and the update is left out; at 1 an overflow is
    not its doing. A constant one leaves nothing out.

    Args:
        text: `dynamic` or a number.

    Attributes:
        loss_scale: as it stands; the name is that of `mxnet.contrib.amp`, whose place in a Trainer this takes.
        sees_all: it looks at all devices.
    """

    sees_all = True

    def __init__(self, text: str) -> None:
        self.dynamic = text == DYNAMIC
        self.loss_scale = FIRST if self.dynamic else float(text)
        self._clean = 0

    @property
    def handles(self) -> Optional[Scaler]:
        """What a Hunt is told of an iteration's overflows: that they are handled; None where they are not."""
        return Scaler("all", "") if self.dynamic and self.loss_scale > 1 else None

    def leaves_out(self, parameters: Sequence[Any]) -> bool:
        """Whether this update must be left out; sets the scale for the next iteration."""
        if not self.dynamic:
            return False
        if overflowed(parameters):
            self._clean = 0
            lifted = self.loss_scale > 1
            self.loss_scale = max(1.0, self.loss_scale / 2)
            return lifted
        self._clean += 1
        if self._clean >= PATIENCE:
            self._clean, self.loss_scale = 0, min(MOST, self.loss_scale * 2)
        return False

    def has_overflow(self, parameters: Sequence[Any]) -> bool:
        """MXNet's Trainer asks once more: it was looked at before."""
        return False

    @contextmanager
    def in_loss(self) -> Iterator[None]:
        """While a loss of GluonCV is computed: its gradient is that of `SoftmaxOutput`, which ignores what arrives."""
        import mxnet as mx

        before = mx.nd.SoftmaxOutput

        def scaled(*arguments: Any, **options: Any) -> Any:
            options["grad_scale"] = float(options.get("grad_scale", 1.0)) * self.loss_scale
            return before(*arguments, **options)

        mx.nd.SoftmaxOutput = scaled
        try:
            yield
        finally:
            mx.nd.SoftmaxOutput = before


def overflowed(parameters: Sequence[Any]) -> bool:
    """Whether any gradient on any device is not finite."""
    gradients = [each for parameter in parameters if parameter.grad_req != "null" for each in parameter.list_grad()]
    sums: List[Any] = []
    for each in gradients:
        flat = each.reshape((-1,)).astype("float32", copy=False)
        sums.append((flat * 0).sum().reshape((1,)).as_in_context(gradients[0].context))  # 0, or NaN
    import mxnet as mx

    return bool(sums) and not bool(np.isfinite(mx.nd.concat(*sums, dim=0).asnumpy()).all())


def check_loss_scale(text: str, store: str) -> None:
    """Refuse what is no scale, or cannot work with the key-value store.

    Raises:
        UsageError: as it says.
    """
    if text != DYNAMIC:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not 1 <= number < math.inf:
            raise UsageError(f"Expected --loss-scale {DYNAMIC} or a number from 1 on, found {text}.")
    elif "dist" in store and ("async" in store or "device" in store):
        raise UsageError(
            f"Expected --kvstore dist_sync with --loss-scale {DYNAMIC}, found {store}: "
            "its servers update before anybody can look."
        )
