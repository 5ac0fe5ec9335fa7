"""How large activations and gradients are, out of the values as they were copied."""

import math
from typing import Any, Dict, Hashable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from nanhunt.dump.runup import Followed
from nanhunt.probes import Watched
from nanhunt.watching.sentinel import Readings


class _Activations(NamedTuple):
    """Where the activations lie in one copy.

    Attributes:
        edges: where each begins and ends; the last end is left out if it is the copy's own.
        owners: whose each is.
        shares: 1 over the number of elements where the value is a sum of squares, else 1.
        squares: whether it is one.
    """

    of: Hashable
    edges: np.ndarray
    owners: Sequence[Watched]
    shares: np.ndarray
    squares: np.ndarray


class _Squares(NamedTuple):
    """Where sums of squares lie."""

    of: Hashable
    begin: int
    end: int
    owners: Sequence[Watched]


class _Way(NamedTuple):
    """How the values of an iteration lie."""

    places: Sequence[Any]
    activations: List[_Activations]
    gradients: List[_Squares]
    others: List[_Squares]
    order: Mapping[int, int]


class Row(NamedTuple):
    """The sizes of all tensors of one iteration, as they lie."""

    way: _Way
    activations: List[np.ndarray]
    squares: List[np.ndarray]

    def by_tensor(self) -> Dict[Followed, float]:
        """What was made several times in the iteration stands there each time; of what stays in memory, the last reading."""
        found: Dict[Followed, float] = {}
        for lie, values in zip(self.way.others, self.squares):
            for watched, square in zip(lie.owners, values):
                _put(found, watched, "norm", math.sqrt(square) if square >= 0 else math.nan)
        rows: Dict[int, Tuple[Watched, str, float]] = {}
        for activations, sizes in zip(self.way.activations, self.activations):
            for watched, squared, size in zip(activations.owners, activations.squares, sizes):
                before = rows.get(id(watched), (watched, "", 0.0))[2]
                rows[id(watched)] = (watched, "rms" if squared else "mean", float(np.maximum(before, size)))
        for watched, measure, size in sorted(rows.values(), key=lambda each: self.way.order[id(each[0])]):
            _put(found, watched, measure, size)
        return found


KINDS = ("input", "parameter", "optimizer", "loss", "gradient", "aux")
"""Kinds of tensors of which the sum of squares is read."""

MOST_WAYS = 32
"""Two networks that are trained in turn have two; iterations that look at a part each have as many as there are parts."""


class Sizes:
    """Reads sizes of one iteration after the other.

    Where the values of each tensor lie is worked out again only when they lie as in none of the last ways. In between, shapes
    are taken to be the same: where sequences have another length the root mean square is off by the root of the ratio.
    """

    def __init__(self) -> None:
        self._ways: List[_Way] = []
        self._hosts: Mapping[Hashable, np.ndarray] = {}
        self._activations: List[_Activations] = []
        self._gradients: List[_Squares] = []
        self._readings: Optional[Readings] = None
        self._sized: Optional[List[np.ndarray]] = None

    def forget(self) -> None:
        """Let go of all readings."""
        self._ways, self._hosts, self._activations, self._gradients = [], {}, [], []
        self._readings = self._sized = None

    def turn_to(self, readings: Readings) -> None:
        """The iteration that the rest speaks of."""
        if readings is self._readings:
            return
        self._sized = None
        self._hosts, places = readings.copied()
        way = next((each for each in self._ways if each.places == places), None)
        if way is None:
            others = [
                each._replace(owners=[watched._replace(tensor=None) for watched in each.owners])
                for kind in KINDS
                for each in _squares(readings, places, kind)
            ]
            order = {id(each.watched): place for place, each in enumerate(readings.singles("activation"))}
            way = _Way(places, _lie(readings, places), _squares(readings, places, "gradient"), others, order)
            self._ways = [way, *self._ways[: MOST_WAYS - 1]]
        self._way, self._activations, self._gradients = way, way.activations, way.gradients
        self._readings = readings

    def row(self) -> Row:
        """The sizes of all tensors, to be kept."""
        squares = [values.copy() for _, values in self._values(self._way.others)]
        return Row(self._way, self._sizes_of_activations(), squares)

    def largest_activation(self) -> Tuple[float, str]:
        """Of each the root mean square, or the largest mean of a channel; 0 where there is none that is finite."""
        best, owner = 0.0, ""
        for lie, sizes in zip(self._activations, self._sizes_of_activations()):
            place = int(sizes.argmax())
            if not math.isfinite(sizes[place]):
                sizes = np.where(np.isfinite(sizes), sizes, 0)
                place = int(sizes.argmax())
            if sizes[place] > best:
                best, owner = float(sizes[place]), _name(lie.owners[place])
        return best, owner

    def _sizes_of_activations(self) -> List[np.ndarray]:
        if self._sized is None:
            self._sized = []
            for lie in self._activations:
                sizes = np.maximum.reduceat(np.abs(self._hosts[lie.of]), lie.edges)[::2] * lie.shares
                self._sized.append(np.sqrt(sizes, out=sizes, where=lie.squares))
        return self._sized

    def gradient_norm(self) -> float:
        """Of all together."""
        return self._norm(self._gradients)

    def parameter_norm(self) -> float:
        """Of all together."""
        total = self._readings.total("parameter") if self._readings is not None else 0.0
        return math.sqrt(total) if total >= 0 else math.nan

    def largest_gradient(self) -> str:
        """Name and device of that with the largest norm."""
        found = [(values.max(), lie.owners[int(values.argmax())]) for lie, values in self._values(self._gradients)]
        return _name(max(found, key=lambda each: float(each[0]))[1])

    def _norm(self, where: Sequence[_Squares]) -> float:
        # `values.sum()` at half its price.
        total = sum([float(np.add.reduce(values)) for _, values in self._values(where)])
        return math.sqrt(total) if total >= 0 else math.nan

    def _values(self, where: Sequence[_Squares]) -> List[Tuple[_Squares, np.ndarray]]:
        return [(each, self._hosts[each.of][each.begin : each.end]) for each in where]


def _squares(readings: Readings, places: Sequence[Any], kind: str) -> List[_Squares]:
    found = []
    for owners, number in readings.sums_of_squares(kind):
        place = places[number]
        found.append(_Squares(place.of, place.begin, place.begin + place.size, owners))
    return found


def _lie(readings: Readings, places: Sequence[Any]) -> List[_Activations]:
    sizes = {of: len(each) for of, each in readings.copied()[0].items()}
    pieces: List[Tuple[Hashable, int, int, Watched, float]] = []
    for each in readings.singles("activation"):
        place, shape = places[each.looked.number], each.looked.shape
        if 0 in shape:
            continue
        elements = 0.0 if place.size > 1 else math.exp(sum(math.log(length) for length in shape))
        for row in range(place.rows):
            begin = place.begin + row * place.stride
            pieces.append((place.of, begin, begin + place.size, each.watched, elements))
    found = []
    for of in sizes:
        mine = sorted([piece[1:] for piece in pieces if piece[0] == of], key=lambda piece: piece[0])
        if not mine:
            continue
        edges = [edge for begin, end, _, _ in mine for edge in (begin, end)]
        edges = edges[:-1] if edges[-1] == sizes[of] else edges
        elements_of = np.array([elements for _, _, _, elements in mine])
        found.append(
            _Activations(
                of,
                np.array(edges, dtype=np.intp),
                [watched for _, _, watched, _ in mine],
                1 / np.maximum(elements_of, 1),
                elements_of > 0,
            )
        )
    return found


def _put(found: Dict[Followed, float], watched: Watched, measure: str, size: float) -> None:
    name, number = watched.name or watched.node, 1
    tensor = Followed(watched.kind, name, watched.device, measure)
    while tensor in found and tensor.kind in ("activation", "loss"):
        number += 1
        tensor = tensor._replace(name="%s#%d" % (name, number))
    found[tensor] = size


def _name(watched: Watched) -> str:
    return "%s on %s" % (watched.name or watched.node, watched.device)
