"""The interface of a probe: which tensors it looks at, at which moment of an iteration, with what reduction, and what it says.

docs/probes.md shows how a package brings a probe of its own.
"""

from typing import TYPE_CHECKING, AbstractSet, Any, Iterable, Mapping, NamedTuple, Optional, Sequence, Tuple

if TYPE_CHECKING:
    import numpy as np


class Watched(NamedTuple):
    """One tensor that a probe looks at.

    Attributes:
        kind: `input`, `parameter`, `optimizer`, `activation`, `loss`, `gradient` or `aux`.
        name: the array's name, or the path of the block that returned it.
        device: such as `cpu(0)`.
        tensor: the framework's array.
        node: name of the recorded node that made it; empty where it is none.
        output: which of that node's outputs.
        plain: it is known to lie in memory element after element; what a convolution made need not.
    """

    kind: str
    name: str
    device: str
    tensor: Any
    node: str = ""
    output: int = 0
    plain: bool = False


class IterationView(NamedTuple):
    """What a probe may see of the iteration under way.

    Attributes:
        batch: named arrays by (device, name).
        parameters, aux: `nanhunt.backends.base.State` of every parameter and running statistic on every device.
        optimizer: state arrays by (device, name).
        implied: those of `optimizer` that the update adds to a parameter, which shows what is not finite in them.
        heads: losses that were differentiated, by device.
        first: nothing is known of these arrays from the iteration before: what it left was not looked at, or was not finite.
        activation: the block output that was just returned; None outside the forward.
    """

    batch: Mapping[Tuple[str, str], Any]
    parameters: Sequence[Any]
    aux: Sequence[Any]
    optimizer: Mapping[Tuple[str, str], Any]
    heads: Sequence[Watched] = ()
    first: bool = True
    activation: Any = None
    implied: AbstractSet[Tuple[str, str]] = frozenset()


MOMENTS = ("begin", "forward", "loss", "end")
"""The methods of a Probe that name tensors, in the order in which an iteration comes to them."""


class Probe:
    """Names the tensors to be checked and, if it wants more than the check for NaN and Inf, reduces and judges them itself.

    What it looks at, and when: each of `begin`, `forward`, `loss` and `end` returns the tensors to be looked at at that moment.
    They are reduced at once on their device, and all reductions are read together when the iteration ends. Nothing here may
    wait for the device (`asnumpy`, `asscalar`, `float`): it would cost every iteration.

    Whatever a probe looks at is checked for NaN and Inf; a non-finite value is a finding, with or without the two below.

    Its reduction, and its verdict: optional, and meant for each other. They add to that check and never replace it.

    Attributes:
        name: what messages and `--no-probe` call it; for a probe from an entry point, the entry point's name.
        standing: what `begin` and `end` name follows from `view.parameters`, `aux`, `optimizer`, `first` and the devices of
            `heads`, and from nothing else. They are asked again only when one of these is another object.
    """

    name = ""
    standing = False

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

    def reduce(self, tensor: Any) -> Any:
        """What `verdict` needs to know of the tensor, as the framework's array: 1-D, at most `MOST_VALUES` long, on its device.

        Called with recording off, for tensors of any dtype. A probe that does not define it gets the sentinel's own reduction,
        of which only this is promised: it is not finite if the tensor is not.
        """
        raise NotImplementedError

    def verdict(self, watched: Watched, values: "np.ndarray") -> Optional[str]:
        """One sentence with the numbers if something is wrong; the user is told it as a warning, and the run goes on.

        Args:
            watched: the tensor; of an activation the array itself is gone, and `watched.tensor` is None.
            values: the reduction, read: 1-D.
        """
        return None


MOST_VALUES = 4096
"""All reductions of an iteration are copied to the host."""
