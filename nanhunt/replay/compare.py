"""Run the iteration whole and hold it against what was observed, bit by bit."""

import zlib
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Port
from nanhunt.backends.reductions import Reduction
from nanhunt.diagnose.finding import Reproduction
from nanhunt.replay.session import Session

Key = Tuple[str, str, str, str, int]


@dataclass(frozen=True)
class Comparison:
    """What one run gave, tensor by tensor.

    Attributes:
        compared: how many tensors of each kind were compared.
        differing: `kind name (device)` of those that differ, in execution order.
        absent: observed tensors that the run did not give.
        loss: mean over all loss elements of the run.
        gradients_bad: names of the non-finite ones among the gradients that the program changed before they could be looked at
            (clipping, say); None where it changed none.
    """

    compared: Mapping[str, int]
    differing: Tuple[str, ...]
    absent: Tuple[str, ...]
    loss: float
    fingerprints: Mapping[Key, int]
    gradients_bad: Optional[Tuple[str, ...]] = None

    @property
    def identical(self) -> bool:
        return not self.differing and not self.absent and sum(self.compared.values()) > 0

    def reproduction(self) -> Reproduction:
        first = (self.differing + self.absent)[:1]
        return Reproduction(self.identical, sum(self.compared.values()), first[0] if first else None)


def checksum(array: np.ndarray) -> int:
    """CRC-32 of an array's bytes, with every NaN as the same NaN.

    Which bits a NaN has is the processor's choice: `a + b` keeps those of one operand, and of which depends on the registers
    that a vectorised loop happened to use. MXNet's RNN gives others from run to run.
    """
    array = np.ascontiguousarray(array)
    if array.dtype.kind == "f" and np.isnan(array).any():
        array = np.where(np.isnan(array), array.dtype.type(np.nan), array)
    return zlib.crc32(array.tobytes())


def key_of(observed: Mapping[str, Any]) -> Key:
    """What identifies an observed tensor."""
    return (observed["kind"], observed["name"], observed["device"], observed.get("node", ""), int(observed.get("output", 0)))


def run_and_compare(session: Session) -> Comparison:
    """Run the iteration once.

    A tensor is held against its checksum where the whole array was still there when the dump was taken, and against the
    fingerprint of its reduction otherwise.
    """
    observed = list(session.record.observed)
    place = {node.name: i for i, node in enumerate(session.graph.nodes)}
    wanted: Dict[Port, List[Tuple[Key, bool]]] = {}
    for each in observed:
        if each["kind"] == "activation" and each.get("node") in place:
            how = (key_of(each), bool(each.get("plain", False)))
            wanted.setdefault((place[each["node"]], int(each.get("output", 0))), []).append(how)
    reduced: Dict[Key, Reduction] = {}
    arrays: Dict[Key, np.ndarray] = {}

    def visit(port: Port, tensor: Any) -> None:
        for key, plain in wanted.get(port, ()):
            reduction = session.backend.reduce(tensor, plain)
            if reduction is not None:
                reduced[key] = reduction

    run = session.backend.run(session.graph, session.leaf, session.gradient, session.seed, visit)
    for port, value in zip(session.graph.heads, run.heads):
        name = session.graph.nodes[port[0]].name
        for each in observed:
            if each["kind"] == "loss" and each["node"] == name and int(each.get("output", 0)) == port[1]:
                arrays[key_of(each)] = value
    # What no backward came to still holds what an earlier iteration left there: of two networks in turn, the other one's.
    reached = session.graph.made_of(port[0] for port in session.graph.losses)
    leaves = {session.graph.nodes[i].leaf for i in reached}
    by_name = {("gradient", leaf.name, leaf.device): tensor for leaf, tensor in run.gradients.items() if leaf in leaves}
    by_name.update({("aux", leaf.name, leaf.device): tensor for leaf, tensor in run.aux.items()})
    by_name.update({("gradient", name, session.backend.device(tensor)): tensor for name, tensor in run.returned.items()})
    compared: Dict[str, int] = {}
    differing: List[str] = []
    absent: List[str] = []
    fingerprints: Dict[Key, int] = {}
    for key, values in zip(reduced, session.backend.read(list(reduced.values()))):
        fingerprints[key] = checksum(values)
    for each in observed:
        kind, key = each["kind"], key_of(each)
        if kind in ("input", "parameter", "optimizer"):
            continue  # these went in; what the dump holds of them has checksums of its own
        expected: Optional[int] = each.get("checksum")
        if kind == "activation":
            expected, found = each.get("fingerprint"), fingerprints.get(key)
        elif kind == "loss":
            found = checksum(arrays[key]) if key in arrays else None
        elif each.get("checksum") is None:
            expected, found = each.get("fingerprint"), _fingerprint_then(session, each, by_name)
        else:
            tensor = by_name.get((kind, each["name"], each["device"]))
            found = checksum(session.backend.to_numpy(tensor)) if tensor is not None else None
        label = "%s %s (%s)" % (kind, each["name"], each["device"])
        if found is None:
            # A block's output that no loss depends on, or a parameter that no loss reaches.
            if kind == "loss" or (kind == "activation" and each.get("node") in place):
                absent.append(label)
            continue
        fingerprints[key] = found
        compared[kind] = compared.get(kind, 0) + 1
        if found != expected:
            differing.append(label)
    losses = set(session.graph.losses)
    values_of_loss = [value for port, value in zip(session.graph.heads, run.heads) if port in losses]
    loss = np.concatenate([np.asarray(value, dtype=np.float64).ravel() for value in values_of_loss])
    changed = [each for each in observed if each["kind"] == "gradient" and each.get("checksum") is None]
    bad = tuple(
        each["name"]
        for each in changed
        if not np.isfinite(session.backend.to_numpy(by_name.get(("gradient", each["name"], each["device"]), np.zeros(1)))).all()
    )
    return Comparison(compared, tuple(differing), tuple(absent), float(loss.mean()), fingerprints, bad if changed else None)


def _fingerprint_then(session: Session, each: Mapping[str, Any], by_name: Mapping[Tuple[str, str, str], Any]) -> Optional[int]:
    """The fingerprint of a tensor that the program changed after backward gave it."""
    tensor = by_name.get((each["kind"], each["name"], each["device"]))
    reduction = session.backend.reduce(tensor, plain=True) if tensor is not None else None
    return checksum(session.backend.read([reduction])[0]) if reduction is not None else None
