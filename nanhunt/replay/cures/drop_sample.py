"""drop-sample: another sample in place of the one that the first bad element belongs to; and which other samples carry it."""

from typing import Dict, FrozenSet, List, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Leaf
from nanhunt.errors import UsageError
from nanhunt.replay.cures.base import Change, ChangesNothing, NotPossible, Outcome, Situation, Trial, Variant
from nanhunt.replay.cures.rewrite import Rewrite

_MOST_ALONE = 16
"""Largest batch whose samples are each run alone."""


class DropSample(Change):
    """Without a value, the sample that the finding names; if that is not enough, all that are non-finite on their own."""

    name = "drop-sample"
    takes = "ROW[,ROW]"
    summary = "another sample of the batch in place of the offending one"
    words = ("leave out", "drop the sample", "remove the sample", "remove or repair", "exclude")

    def __init__(self, value: Optional[str] = None) -> None:
        super().__init__(value)
        self._rows: Optional[FrozenSet[int]] = None
        if value is not None:
            if not all(each.strip().isdigit() for each in value.split(",")):
                raise UsageError("--try drop-sample takes rows of the batch such as drop-sample=0,3, found %r" % value)
            self._rows = frozenset(int(each) for each in value.split(","))

    def attempt(self, situation: Situation) -> Trial:
        producer = situation.producer
        situation.baseline()
        device = producer.device if producer is not None and producer.device else next(iter(_devices(situation)), "cpu(0)")
        names = _names(situation, device)
        batch = _batch_size(situation, device, names)
        if batch < 2:
            raise ChangesNothing("the batch is one sample")
        rows = self._rows
        if rows is None:
            if producer is None or producer.sample is None:
                raise NotPossible("the bad element belongs to no single sample; name one: drop-sample=ROW")
            rows = frozenset((producer.sample,))
        if not rows < frozenset(range(batch)):
            raise NotPossible("the batch on %s has rows 0 to %d, and one of them has to stay" % (device, batch - 1))
        without, how = _without(situation, device, batch, rows)
        did = "without %s%s" % (_shown(rows, names), how)
        if without.finite:
            return Trial(self.label, did, "finite", _control(situation, device, batch, rows, names))
        if self._rows is not None or batch > _MOST_ALONE:
            return Trial(self.label, did, without.words())
        bad = [row for row in range(batch) if not _without(situation, device, batch, _but(row, batch))[0].finite]
        if not bad:
            return Trial(self.label, did + "; each sample alone is finite: it takes several together", without.words())
        if len(bad) == batch:
            return Trial(self.label, did + "; each of the %d samples alone shows it" % batch, without.words())
        carriers = frozenset(bad) | rows
        did += "; on their own these are non-finite too: %s" % _shown(carriers, names)
        if carriers < frozenset(range(batch)):
            rest, _ = _without(situation, device, batch, carriers)
            label = "%s=%s" % (self.name, ",".join(str(row) for row in sorted(carriers)))
            if rest.finite:
                return Trial(label, "without %s, which all carry it" % _shown(carriers, names), "finite")
        return Trial(self.label, did, without.words())


def _control(situation: Situation, device: str, batch: int, rows: FrozenSet[int], names: Dict[int, str]) -> str:
    """Whether it is this sample that matters: with statistics over the batch, leaving out any other may do as well."""
    others = frozenset(row for row in range(batch) if row not in rows)
    if len(rows) > 1:
        return "the other %d do not carry it" % len(others)
    instead = frozenset((min(others),))
    control, _ = _without(situation, device, batch, instead)
    if control.finite:
        return (
            "but with %s replaced instead it is finite too: it hangs on the whole batch (its statistics, or its sums)"
            % _shown(instead, names)
        )
    return "the other %d do not carry it (with %s replaced instead: %s)" % (
        len(others),
        _shown(instead, names),
        control.words(),
    )


def _but(row: int, batch: int) -> FrozenSet[int]:
    return frozenset(range(batch)) - {row}


def _devices(situation: Situation) -> List[str]:
    return sorted({node.leaf.device for node in situation.graph.nodes if node.leaf and _of_batch(situation, node.leaf)})


def _of_batch(situation: Situation, leaf: Optional[Leaf]) -> bool:
    return bool(situation.explanation.evidence.batch_name(leaf))


def _names(situation: Situation, device: str) -> Dict[int, str]:
    samples = situation.session.record.iteration.get("samples") or ()
    return {int(each["row"]): str(each.get("path") or "") for each in samples if each.get("device") == device}


def _batch_size(situation: Situation, device: str, names: Dict[int, str]) -> int:
    """Samples on the device: as many as the dump names, else the leading length that most arrays of the batch share."""
    if names:
        return len(names)
    lengths: List[int] = []
    for leaf in {node.leaf for node in situation.graph.nodes}:
        if leaf is not None and _of_batch(situation, leaf) and leaf.device == device:
            array = situation.values(leaf)
            if array.ndim and not leaf.name.startswith("computed_"):
                lengths.append(array.shape[0])
    return max(lengths, key=lambda n: (lengths.count(n), n)) if lengths else 0


def _shown(rows: FrozenSet[int], names: Dict[int, str]) -> str:
    return ", ".join("sample %d%s" % (row, " (%s)" % names[row] if names.get(row) else "") for row in sorted(rows))


def _without(situation: Situation, device: str, batch: int, rows: FrozenSet[int]) -> Tuple[Outcome, str]:
    """The iteration with another sample in the place of these rows.

    Not with fewer rows: where a graph holds the batch size, MXNet's kernels read beyond a smaller array, and that can end the
    process.
    """
    rewrite = Rewrite(situation.graph)
    if not situation.session.python_code:  # whose recorded outputs have rows as well
        rewrite.everything()
    graph = rewrite.graph()
    kept = [row for row in range(batch) if row not in rows]

    def belongs(leaf: Leaf, array: np.ndarray) -> bool:
        return _of_batch(situation, leaf) and leaf.device == device and array.ndim > 0 and array.shape[0] == batch

    def stood_in(leaf: Leaf) -> np.ndarray:
        array = situation.values(leaf)
        instead = [kept[0] if row in rows else row for row in range(batch)]
        return np.ascontiguousarray(array[instead]) if belongs(leaf, array) else array

    return situation.run(Variant(graph, stood_in, "")), " (sample %d again in its place)" % kept[0]
