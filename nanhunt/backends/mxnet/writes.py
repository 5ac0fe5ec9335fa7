"""Notes of all that is written into parameters, gradients and optimizer states between a backward and the next iteration.

Not only what the optimizer does: a program may clip its gradients, average its weights, or write its update out. Arrays that
have a role are not copied, since whoever runs the notes again has them; others are held, and copied if they turn out to matter.
"""

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple

import numpy as np

from nanhunt.backends.mxnet import operators
from nanhunt.backends.mxnet.arrays import bytes_of, device_of
from nanhunt.backends.mxnet.state import listed
from nanhunt.backends.mxnet.updating import TO_DTYPE, Note, step_of
from nanhunt.backends.update import OTHER, VIEW, Update, leading_to

_MOST_NOTES = 20000
_MOST_BYTES = 16 << 20
"""Of arrays without a role, in one iteration."""

Roles = Mapping[int, str]
"""`id` of an array to its name: `weight/…`, `gradient/…`, `state/…`."""


class WriteNotes:
    """Of one iteration.

    Args:
        copy: copies an array, queued, past all hooks.

    Attributes:
        on: whether notes are wanted.
        active: whether they are taken now.
    """

    def __init__(self, copy: Callable[[Any], Any]) -> None:
        self._copy = copy
        self._roles: Roles = {}
        self.on = False
        self.reset()

    def begin(self, roles: Roles) -> None:
        """A backward has run: what is written from here on is noted."""
        self.reset()
        self._roles = roles
        self.active = self.on

    def pause(self) -> None:
        """A forward begins."""
        self.active = False

    def reset(self) -> None:
        """Forget the iteration."""
        self.active = False
        self._roles = {}
        self._notes: List[Note] = []
        self._cells: Dict[int, int] = {}
        self._first: Dict[int, Any] = {}
        self._count = 0
        self._why_not = ""

    def run(self, name: str, keys: Sequence[str], values: Sequence[Any], arrays: Sequence[Any], out: Any, call: Any) -> Any:
        """Run one operator, with a note of it."""
        inputs = tuple([self._read(each) for each in arrays])
        for each in listed(out):
            cell = self._read(each)
            if self._first.get(cell) is each and id(each) not in self._roles:
                self._first[cell] = self._copy(each)  # it is overwritten now
        found = call()
        outputs = tuple([self._wrote(each, out is not None) for each in listed(found)])
        drawn = operators.draws(name, {})
        if drawn:
            self._first.update((cell, self._copy(each)) for cell, each in zip(outputs, listed(found)))
        if name == "_copyto" and outputs:
            keys, values = [*keys, TO_DTYPE], [*values, np.dtype(listed(found)[0].dtype).name]
        if len(self._notes) < _MOST_NOTES:
            self._notes.append(Note(name, keys, values, inputs, outputs, "", drawn))
        else:
            self._why_not = "it takes more than %d operators" % _MOST_NOTES
        return found

    def view(self, how: str, array: Any, found: Any, arguments: Sequence[Any]) -> None:
        """A view was made."""
        if found is array:
            return
        if how == "_slice":
            begin = arguments[0] or 0
            begin += array.shape[0] if begin < 0 else 0
            arguments = (begin, begin + found.shape[0])
        keys = ["how", *("argument%d" % k for k in range(len(arguments)))]
        self._notes.append(Note(VIEW, keys, [how, *arguments], (self._read(array),), (self._wrote(found, False),), "", False))

    def copied_into(self, array: Any) -> None:
        """Values came from NumPy."""
        if id(array) in self._roles:
            self._why_not = "the program copied values from NumPy into %s" % self._roles[id(array)]
        self._cells.pop(id(array), None)

    def _read(self, array: Any) -> int:
        cell = self._cells.get(id(array))
        if cell is None:
            cell = self._new(array)
            self._first[cell] = array
        return cell

    def _wrote(self, array: Any, in_place: bool) -> int:
        cell = self._cells.get(id(array)) if in_place else None
        return self._new(array) if cell is None else cell

    def _new(self, array: Any) -> int:
        self._count += 1
        self._cells[id(array)] = self._count
        return self._count

    def taken(self, roles: Roles) -> Tuple[Optional[Update], Dict[str, Any], str]:
        """The notes of an iteration that is over, copies of the arrays that they need, and why there are none.

        Args:
            roles: as they are now: the optimizer may have made its states in the update.
        """
        notes, first = self._notes, self._first
        cells = {cell: roles[key] for key, cell in self._cells.items() if key in roles}
        steps = tuple(step_of(each) for each in notes)
        if any(id(array) not in self._roles for array in first.values()):
            steps = leading_to(cells, steps)
        kept: Dict[int, str] = {}
        made: Set[int] = set()
        others: Dict[str, Any] = {}
        for each in steps:
            for cell in each.inputs + each.outputs:
                if cell in made or cell in kept or cell not in first:
                    continue
                kept[cell] = self._roles.get(id(first[cell])) or "%s/%d" % (OTHER, cell)
                if kept[cell].startswith(OTHER):
                    others[kept[cell]] = first[cell]
            made.update(each.outputs)
        if sum(map(bytes_of, others.values())) > _MOST_BYTES:
            self._why_not = "it reads more than %d MB of arrays that are neither parameter nor gradient" % (_MOST_BYTES >> 20)
        if self._why_not:
            return None, {}, self._why_not
        copies = {name: self._copy(array) for name, array in others.items()}
        sparse = tuple(cell for cell in kept if getattr(first[cell], "stype", "default") == "row_sparse")
        device = device_of(next(iter(first.values()))) if first else ""
        return Update(0, steps, kept, cells, device, sparse), copies, ""
