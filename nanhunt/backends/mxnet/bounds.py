"""How large parameters can be after an update of SGD, as it follows from what was read before it: such need no reading.

An update of SGD adds a gradient times a learning rate, a weight decay and a momentum. If the norms of the three are known, so
is a bound on what comes out. An array that anything else was seen to write into has no bound until it is read again, and one of
which a view was made has none at all. What nobody can see from Python, such as writing through a view that is older than the
watching, shows in what is computed with the array, or when its turn comes to be read all the same.
"""

import math
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from mxnet import nd

from nanhunt.backends.mxnet.arrays import dtype_of
from nanhunt.backends.mxnet.state import listed

MODERATE = 1e6
"""A norm below which a parameter is certainly finite, and its next update nothing to prepare for."""

_ROUNDING = 1.00001
"""Float32 adds 1e-7 of error an operation."""

_READ_AS, _TINY = 2.0, 1e-15
"""A norm is at most so many times the root of a sum of squares, which loses what is small beside the rest, and this: the square
of what is less than 1e-22 is 0."""


class _Rule(NamedTuple):
    """An operator of SGD.

    Attributes:
        stride: arrays for each parameter: weight, gradient and momentum, if it has one.
        several: it updates several parameters at once, and has lists of rates and decays.
    """

    stride: int
    several: bool = False


_RULES = {
    "sgd_update": _Rule(2),
    "sgd_mom_update": _Rule(3),
    "multi_sgd_update": _Rule(2, several=True),
    "multi_sgd_mom_update": _Rule(3, several=True),
}


class _Settings(NamedTuple):
    """Of one call of such an operator, all without their signs.

    Attributes:
        rates, decays: learning rate and weight decay of each parameter.
        rescale: what gradients are multiplied by.
        share: what momentum is multiplied by.
    """

    rates: Sequence[float]
    decays: Sequence[float]
    rescale: float
    share: float


class Bounds:
    """Norms of arrays, read or bounded, by the identity of the array.

    What is read was queued some time before: what was written since then is not learned, and whoever owns this says when an
    iteration begins, and with it the reading.
    """

    def __init__(self) -> None:
        self._arrays: List[Any] = []
        self._known: Set[int] = set()
        self._norms: Dict[int, float] = {}
        self._written: Set[int] = set()
        self._unsure = False
        self._viewed: Set[int] = set()
        self._plain: Set[int] = set()

    def exchanged(self, arrays: Iterable[Any]) -> None:
        """These are all that there are from here on: parameters, gradients and arrays of optimizers."""
        self._arrays, before = list(arrays), self._known
        self._known = {id(each) for each in self._arrays}
        # The arrays of before were held until now, so that the same identity means the same array.
        self._viewed &= before & self._known
        self._norms, self._plain = {}, set()

    def iteration_begins(self) -> None:
        """What is read from here on comes after all writing so far."""
        self._written, self._unsure = set(), False

    def renewed(self, arrays: Iterable[Any]) -> None:
        """They are about to be written anew, and read after that."""
        for each in arrays:
            self._norms.pop(id(each), None)
            self._written.discard(id(each))

    def learn(self, arrays: Iterable[Any], squares: Iterable[float]) -> None:
        """What was read.

        Args:
            squares: of each array the sum of squares.
        """
        if self._unsure:
            return
        for array, square in zip(arrays, squares):
            if square >= 0 and id(array) not in self._written and id(array) not in self._viewed:
                self._norms[id(array)] = _READ_AS * math.sqrt(square) + _TINY

    def moderate(self, array: Any) -> bool:
        """Whether the array is certainly finite, without a look at it."""
        norm = self._norms.get(id(array))
        return norm is not None and norm < MODERATE

    def wrote(self, arrays: Iterable[Any]) -> None:
        """Something other than a rule of SGD writes into them."""
        for each in arrays:
            self._norms.pop(id(each), None)
            self._written.add(id(each))

    def viewed(self, array: Any) -> None:
        """Another array shares its memory from here on."""
        if id(array) in self._known:
            self._norms.pop(id(array), None)
            self._viewed.add(id(array))

    def forget(self) -> None:
        """Anything may be written in this iteration."""
        self._norms, self._unsure = {}, True

    def update(self, name: str, keys: Sequence[str], values: Sequence[Any], arrays: Sequence[Any], out: Any) -> None:
        """An operator of an update runs."""
        rule, written = _RULES.get(name), listed(out)
        if rule is None or len(arrays) != rule.stride * len(written):
            self.wrote(written)
            return
        settings = _settings(rule, dict(zip(keys, values)), len(written))
        for k, target in enumerate(written):
            members = arrays[k * rule.stride : (k + 1) * rule.stride]
            norms = self._after(settings, k, members) if settings is not None and members[0] is target else None
            changed = (members[0], *members[2:])
            self.wrote(changed)
            if norms is not None:
                self._norms.update(zip(map(id, changed), norms))

    def _is_plain(self, array: Any) -> bool:
        if type(array) is nd.NDArray and array.stype == "default" and dtype_of(array) == "float32":
            self._plain.add(id(array))
            return True
        return False

    def _after(self, settings: _Settings, place: int, members: Sequence[Any]) -> Optional[Tuple[float, float]]:
        """Bounds of weight and momentum after the update; None where they are not known."""
        norms = self._norms
        weight, gradient = norms.get(id(members[0])), norms.get(id(members[1]))
        momentum = norms.get(id(members[2])) if len(members) > 2 else 0.0
        if weight is None or gradient is None or momentum is None:
            return None
        for each in members:
            if id(each) not in self._plain and not self._is_plain(each):
                return None
        step = settings.rates[place] * (settings.rescale * gradient + settings.decays[place] * weight) * _ROUNDING
        momentum = (settings.share * momentum + step) * _ROUNDING
        weight = (weight + momentum) * _ROUNDING
        # Where they are not moderate any more they are read again, and until then nothing is made of them.
        return (weight, momentum) if weight < 1e30 and momentum < 1e30 else None


def _settings(rule: _Rule, given: Mapping[str, Any], count: int) -> Optional[_Settings]:
    """Of an operator that updates so many parameters; None where they are not what they should be."""
    try:
        if rule.several:
            rates, decays = given["lrs"], given["wds"]
            if not isinstance(rates, (list, tuple)) or not isinstance(decays, (list, tuple)):
                return None
        else:
            rates, decays = [given["lr"]] * count, [given.get("wd", 0.0)] * count
        rates, decays = [abs(float(each)) for each in rates], [abs(float(each)) for each in decays]
        rescale, share = abs(float(given.get("rescale_grad", 1.0))), abs(float(given.get("momentum", 0.0)))
    except (KeyError, TypeError, ValueError):
        return None
    return _Settings(rates, decays, rescale, share) if len(rates) == len(decays) == count else None
