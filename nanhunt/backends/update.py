"""The operators of one parameter's update, as plain data that needs no framework."""

from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Mapping, Set, Tuple

VIEW = "_view"
"""Operator name of a view: its output shares memory with its input. Attributes: `how` and the arguments of that method."""

WEIGHT, GRADIENT, STATE, OTHER = "weight", "gradient", "state", "array"
"""How the names of kept arrays begin: `weight/<parameter>`, `state/<parameter>/<k>`; others are numbered."""


@dataclass(frozen=True)
class Step:
    """One operator call of an update. Arrays are numbered ("cells"), since an update writes them in place.

    Attributes:
        op, attributes: the framework's operator, each attribute as its string.
        inputs, outputs: cells that it read, and cells that it wrote as outputs.
        source: `file.py:line` that called it.
        drawn: its outputs are random numbers, which are kept and not drawn again.
    """

    op: str
    attributes: Mapping[str, str]
    inputs: Tuple[int, ...]
    outputs: Tuple[int, ...]
    source: str = ""
    drawn: bool = False

    @property
    def written(self) -> Tuple[int, ...]:
        """Cells that it may have changed: an operator that is a whole update changes the state that it reads, too."""
        fused = "update" in self.op
        return self.outputs + tuple(each for each in self.inputs if fused and each not in self.outputs)


@dataclass(frozen=True)
class Update:
    """How one array (a parameter, or a state of its optimizer) came to its values.

    Attributes:
        target: its cell.
        steps: in the order in which they ran.
        kept: cell to the name of its array among those kept from before the update.
        names: cell to the name of its array, of all that have one.
        device: where it ran.
        sparse: cells of kept arrays that were stored by rows.
    """

    target: int
    steps: Tuple[Step, ...]
    kept: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    device: str = ""
    sparse: Tuple[int, ...] = ()

    def cells(self, role: str) -> List[int]:
        """Cells of kept arrays that are weights, gradients, states or others."""
        return [cell for cell, name in sorted(self.kept.items()) if name.split("/")[0] == role]

    def to_json(self) -> Dict[str, Any]:
        """Plain JSON values."""
        return {
            "target": self.target,
            "device": self.device,
            "sparse": list(self.sparse),
            "kept": [[cell, name] for cell, name in sorted(self.kept.items())],
            "names": [[cell, name] for cell, name in sorted(self.names.items())],
            "steps": [
                {
                    "op": each.op,
                    "attributes": dict(each.attributes),
                    "inputs": list(each.inputs),
                    "outputs": list(each.outputs),
                    "source": each.source,
                    "drawn": each.drawn,
                }
                for each in self.steps
            ],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Update":
        """The reverse of `to_json`.

        Raises:
            ValueError: the body is none.
        """
        try:
            steps = tuple(
                Step(
                    op=str(each["op"]),
                    attributes={str(k): str(v) for k, v in each["attributes"].items()},
                    inputs=tuple(int(cell) for cell in each["inputs"]),
                    outputs=tuple(int(cell) for cell in each["outputs"]),
                    source=str(each["source"]),
                    drawn=bool(each["drawn"]),
                )
                for each in body["steps"]
            )
            kept, names = ({int(cell): str(name) for cell, name in body[key]} for key in ("kept", "names"))
            sparse = tuple(int(cell) for cell in body["sparse"])
            return cls(int(body["target"]), steps, kept, names, str(body["device"]), sparse)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not an update: %s" % error) from error


def leading_to(targets: Iterable[int], steps: Tuple[Step, ...]) -> Tuple[Step, ...]:
    """Those steps that the values of these cells depend on."""
    root: Dict[int, int] = {}
    for each in steps:
        if each.op == VIEW:
            root[each.outputs[0]] = root.get(each.inputs[0], each.inputs[0])

    def roots(cells: Tuple[int, ...]) -> Set[int]:
        return {root.get(cell, cell) for cell in cells}

    needed, chosen = roots(tuple(targets)), []
    for each in reversed(steps):
        if roots(each.written) & needed:
            needed |= roots(each.inputs)
            chosen.append(each)
    return tuple(reversed(chosen))
