"""Notes of what an update does, and copies of what it is about to overwrite where it may go wrong.

An ordinary update of an ordinary rule cannot make anything non-finite of finite arrays: `adam_update` with an epsilon, moderate
numbers and a moderate learning rate. So nothing is noted of it but the names of its operators. Notes and copies are taken where
the rule divides without a safeguard, as seen in its operators the last time; where an attribute is extreme, as seen before the
operator runs; or where the check before the update has read huge numbers.
"""

import math
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np
from mxnet import nd

from nanhunt.backends.mxnet import operators
from nanhunt.backends.mxnet.arrays import bytes_of
from nanhunt.backends.mxnet.state import listed
from nanhunt.backends.update import OTHER, VIEW, Step, Update, leading_to

_USUAL_BYTES = 16 << 20
"""Most memory for copies in an update whose rule is risky."""

_ALARMED_BYTES = 256 << 20
"""The same where numbers are huge already, so that this update or one soon after is likely the last."""

_MOST_ALARMS, _GROWTH = 8, 1e4
"""So many updates in a row, unless the numbers (squares) have grown by so much since the first of them."""

_HELD_BYTES = 4 << 20
_SMALL_BYTES = 64 << 10
"""Arrays up to this size are held, so that no other takes their identity, up to so much memory."""

_MOST_STEPS = 20000

_RISKY = ("div", "reciprocal", "sqrt", "cbrt", "norm", "power", "log", "exp", "rmspropalex", "lars", "sum_sq")
"""Parts of names of operators that have a pole, an edge or a range beside which nothing guards."""

_GUARDS = ("epsilon", "eps", "beta")
"""Attributes that keep a divisor from 0."""

_EXTREME = 1e6

TO_DTYPE = "__dtype__"
"""Attribute of a copy: the dtype of what it wrote, which it has no attribute for."""


class Note(NamedTuple):
    """One operator call; see `Step`."""

    name: str
    keys: Sequence[str]
    values: Sequence[Any]
    inputs: Tuple[int, ...]
    outputs: Tuple[int, ...]
    source: str
    drawn: bool


class UpdateNotes:
    """The last update.

    Args:
        copy: copies an array, queued, past all hooks.
        line: `file.py:line` of the program's call.
    """

    def __init__(self, copy: Callable[[Any], Any], line: Callable[[], str]) -> None:
        self._copy = copy
        self._line = line
        self._alarming = False
        self._alarms, self._nearness = 0, 0.0
        self._risky = True  # as long as no update was seen
        self._stale = True
        self._writing = False
        self._forget()

    def _forget(self) -> None:
        self._notes: List[Note] = []
        self._cells: Dict[int, int] = {}
        self._count = 0
        self._copies: Dict[int, Any] = {}
        self._roles: Dict[int, int] = {}
        self._held: List[Any] = []
        self._stored: Dict[Any, Tuple[Any, Any]] = {}
        self._held_bytes = 0
        self._copied_bytes = 0
        self._source = ""

    def expect(self, nearness: float) -> None:
        """How near the end of their range the numbers are that the check before the next update has read; 1 is near.

        Where they stay large without growing, as scaled gradients in half precision do, that is how this training is.
        """
        if not nearness >= 1:
            self._alarms = 0
        elif self._alarms == 0 or nearness > _GROWTH * self._nearness:
            self._alarms, self._nearness = 1, nearness
        else:
            self._alarms += 1
        self._alarming = 0 < self._alarms <= _MOST_ALARMS

    def iteration_ended(self) -> None:
        """What is noted from here on is another iteration's update."""
        self._stale = True

    def begin(self, source: str = "") -> None:
        """An update, or a further part of it, is about to run, called at `source` (empty: each operator says its own)."""
        # What the program did by hand before the optimizer's update, such as scaling gradients, is no part of it.
        by_hand = not self._stale and not self._source
        if self._stale or (source and by_hand):
            self._writing = self._alarming or self._risky or (by_hand and self._writing)
            self._risky, self._stale = False, False
            self._forget()
            self._limit = _ALARMED_BYTES if self._alarming else _USUAL_BYTES
        self._source = source

    @property
    def writing(self) -> bool:
        """Whether notes are taken."""
        return self._writing

    def run(
        self, name: str, keys: Sequence[str], values: Sequence[Any], arrays: Sequence[Any], out: Any, call: Callable[[], Any]
    ) -> Any:
        """Run one operator of the update, with notes of it."""
        if _is_risky(name, keys, values, arrays):
            self._risky = self._writing = True
        if not self._writing or len(self._notes) >= _MOST_STEPS:
            return call()
        inputs = tuple([self._read(each) for each in arrays])
        found = call()
        drawn = operators.draws(name, {})
        outputs = tuple([self._wrote(each, out is not None) for each in listed(found)])
        for cell, array in zip(outputs, listed(found)) if drawn else ():
            self._keep(cell, array)
        if name == "_copyto" and outputs:
            keys, values = [*keys, TO_DTYPE], [*values, np.dtype(listed(found)[0].dtype).name]
        self._notes.append(Note(name, keys, values, inputs, outputs, self._source or self._line(), drawn))
        return found

    def view(self, how: str, array: Any, found: Any, arguments: Sequence[Any]) -> None:
        """A view was made."""
        if self._writing and found is not array:
            if how == "_slice":
                begin = arguments[0] or 0
                begin += array.shape[0] if begin < 0 else 0
                arguments = (begin, begin + found.shape[0])
            source = self._read(array)
            cell = self._wrote(found, False)
            self._hold(found)
            keys = ["how", *("argument%d" % k for k in range(len(arguments)))]
            self._notes.append(Note(VIEW, keys, [how, *arguments], (source,), (cell,), "", False))

    def store(self, index: Any, weight: Any, gradient: Any) -> None:
        """An updater is called with these, which a key-value store may own: held, so that no other takes their identity."""
        if self._writing:
            self._stored[index] = (weight, gradient)

    def stored(self, index: Any) -> Tuple[Any, Any]:
        """What the updater was called with; None where it was not."""
        return self._stored.get(index, (None, None))

    def _read(self, array: Any) -> int:
        cell = self._cells.get(id(array))
        if cell is None:
            cell = self._new(array)
            self._keep(cell, array)
            self._hold(array)
        return cell

    def _wrote(self, array: Any, in_place: bool) -> int:
        cell = self._cells.get(id(array)) if in_place else None
        if cell is None:
            cell = self._new(array)
            self._hold(array)
        return cell

    def _new(self, array: Any) -> int:
        self._count += 1
        self._cells[id(array)] = self._count
        return self._count

    def _keep(self, cell: int, array: Any) -> None:
        size = bytes_of(array)
        if self._copied_bytes + size <= self._limit:
            self._copied_bytes += size
            self._copies[cell] = self._copy(array)

    def _hold(self, array: Any) -> None:
        size = bytes_of(array)
        if size <= _SMALL_BYTES and self._held_bytes + size <= _HELD_BYTES:
            self._held_bytes += size
            self._held.append(array)

    def update_of(self, tensor: Any, roles: Mapping[int, str]) -> Optional[Tuple[Update, Dict[str, Any]]]:
        """How the array came to its values, and the copies that it takes by name; None where that was not noted in full.

        Args:
            roles: `id` of an array to its name: `weight/…`, `gradient/…`, `state/…`.
        """
        target = self._cells.get(id(tensor))
        if target is None:
            return None
        steps = leading_to((target,), tuple(step_of(each) for each in self._notes))
        names = {self._cells[key]: name for key, name in roles.items() if key in self._cells}
        kept: Dict[int, str] = {}
        made: Set[int] = set()
        for each in steps:
            for cell in each.inputs + (each.outputs if each.drawn else ()):
                if cell in made or cell in kept:
                    continue
                if cell not in self._copies:
                    return None
                kept[cell] = names.get(cell, "%s/%d" % (OTHER, cell))
            made.update(each.outputs)
        if not steps:
            return None
        seen = {cell for each in steps for cell in each.inputs + each.outputs}
        named = {cell: name for cell, name in names.items() if cell in seen}
        sparse = tuple(cell for cell in sorted(kept) if self._copies[cell].stype == "row_sparse")
        return Update(target, steps, kept, named, str(tensor.context), sparse), {
            name: self._copies[cell] for cell, name in kept.items()
        }


def step_of(note: Note) -> Step:
    attributes = {str(k): str(v) for k, v in zip(note.keys, note.values)}
    return Step(note.name, attributes, note.inputs, note.outputs, note.source, note.drawn)


def _is_risky(name: str, keys: Sequence[str], values: Sequence[Any], arrays: Sequence[Any]) -> bool:
    if name != "_div_scalar" and any(part in name for part in _RISKY):
        return True
    for key, value in zip(keys, values):
        for each in value if isinstance(value, (list, tuple)) else (value,):
            if not isinstance(each, (float, int)):
                continue
            if not math.isfinite(each) or abs(each) >= _EXTREME:
                return True
            if key in _GUARDS:
                half = bool(arrays) and arrays[0].dtype == np.float16
                if each < (1e-7 if half else 1e-18):
                    return True
            elif each == 0 and (key == "lr" or (key == "scalar" and name == "_div_scalar")):
                return True
    return False


Visit = Callable[[int, List[np.ndarray], List[np.ndarray]], None]


def run_update(
    update: Update,
    values: Callable[[str], np.ndarray],
    visit: Optional[Visit],
    array_of: Callable[[np.ndarray, str], Any],
) -> Dict[int, Any]:
    """Run its steps; the arrays by cell. See Backend.run_update."""
    cells: Dict[int, Any] = {}

    def cell(number: int) -> Any:
        if number not in cells:
            array = array_of(values(update.kept[number]), update.device)
            cells[number] = array.tostype("row_sparse") if number in update.sparse else array
        return cells[number]

    for place, step in enumerate(update.steps):
        inputs = [cell(each) for each in step.inputs]
        if step.op == VIEW:
            arguments = [int(step.attributes["argument%d" % k]) for k in range(len(step.attributes) - 1)]
            how = step.attributes["how"]
            view = inputs[0].reshape(tuple(arguments)) if how == "reshape" else getattr(inputs[0], how)(*arguments)
            cells[step.outputs[0]] = view
            continue
        before = [each.asnumpy() for each in inputs] if visit is not None else []
        if step.drawn:
            outputs = [cell(each) for each in step.outputs]
        else:
            there = [cell(each) if each in cells or each in update.kept else None for each in step.outputs]
            given = [each for each in there if each is not None]
            # Written in place, unless it is fresh; in a list as it was given.
            if step.op == "_copyto" and not given:
                outputs = [inputs[0].astype(step.attributes[TO_DTYPE])]
            else:
                out = None if len(given) != len(there) else given[0] if len(given) == 1 else given
                outputs = operators.invoke(step.op, inputs, step.attributes, out)
                if given and out is None:
                    raise ValueError("an update writes into some of its outputs only")
            cells.update(zip(step.outputs, outputs))
        if visit is not None:
            nd.waitall()
            visit(place, before, [cells[each].asnumpy() for each in step.written])
    return cells
