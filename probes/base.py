"""The interface of a probe: which tensors it looks at, and at which moment of an iteration."""

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence, Tuple


@dataclass(frozen=True)
class Watched:
    """One tensor that a probe looks at.

    Attributes:
        kind: `input`, `parameter`, `optimizer`, `activation`, `loss`, `gradient` or `aux`.
        name: the array's name, or the path of the block that returned it.
        device: such as `cpu(0)`.
        tensor: the framework's array.
        node: name of the recorded node that made it; empty where it is none.
        output: which of that node's outputs.
    """

    kind: str
    name: str
    device: str
    tensor: Any
    node: str = ""
    output: int = 0


@dataclass(frozen=True)
class IterationView:
    """What a probe may see of the iteration under way.

    Attributes:
        batch: named arrays by (device, name).
        parameters, aux: `nanhunt.backends.base.State` of every parameter and running statistic on every device.
        optimizer: state arrays by (device, name).
        heads: losses that were differentiated, by device.
        first: nothing is known of the iteration before: what it left was not looked at, or was not finite.
        activation: the block output that was just returned; None outside the forward.
    """

    batch: Mapping[Tuple[str, str], Any]
    parameters: Sequence[Any]
    aux: Sequence[Any]
    optimizer: Mapping[Tuple[str, str], Any]
    heads: Sequence[Watched] = ()
    first: bool = True
    activation: Any = None


class Probe:
    """Names the tensors to be checked; how, and what follows from it, is the sentinel's business.

    Each method returns the tensors to be looked at when it is called; the tensors are reduced at once on their device, and read
    at the iteration's end. Nothing here may wait for the device.
    """

    name = ""

    def begin(self, view: IterationView) -> Iterable[Watched]:
        """Before the forward: what the iteration starts from."""
        return ()

    def forward(self, view: IterationView) -> Iterable[Watched]:
        """After each leaf block: `view.activation`."""
        return ()

    def loss(self, view: IterationView) -> Iterable[Watched]:
        """When `backward` is called: `view.heads`."""
        return ()

    def end(self, view: IterationView) -> Iterable[Watched]:
        """After the backward: `view.heads` tells on which devices."""
        return ()
