"""What a change is, the iteration that it is tried on, and what comes of it."""

import contextlib
import math
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, ClassVar, Dict, List, Mapping, Optional, Tuple

import numpy as np

from nanhunt.backends.base import GraphRun, OutputVisit
from nanhunt.backends.graph import Graph, Leaf, Node, Port
from nanhunt.diagnose.evidence import OperatorFacts
from nanhunt.diagnose.finding import Fix, Producer
from nanhunt.errors import NanhuntError, UsageError
from nanhunt.replay.explain import Explanation
from nanhunt.replay.session import Session

Values = Callable[[Leaf], np.ndarray]


class NotPossible(Exception):
    """The change cannot be made to this iteration; the message says why."""


class NotHere(NotPossible):
    """There is nothing in this iteration that the change could be made to; a ladder leaves it out."""


class ChangesNothing(Exception):
    """The change can be made, but cannot have an effect on this iteration; the message says why."""


FINITE_AS_IT_IS = "run again, the iteration is finite as it is"
"""Why no change can be told to cure anything, such as in a finding on a label."""


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    Attributes:
        bad: (where, value) of what was non-finite; where is `loss`, `gradients`, `running statistics` or an operator's output.
        loss: mean over all loss elements.
        norm: 2-norm over all gradients.
    """

    bad: Tuple[Tuple[str, str], ...]
    loss: float
    norm: float

    @property
    def finite(self) -> bool:
        """Whether everything was."""
        return not self.bad

    def words(self) -> str:
        """`finite`, or `still <what> in <where>`."""
        if self.finite:
            return "finite"
        by_value: Dict[str, List[str]] = {}
        for where, value in self.bad:
            by_value.setdefault(value, []).append(where)
        return "still " + ", ".join("%s in %s" % (value, _joined(places)) for value, places in by_value.items())


@dataclass(frozen=True)
class Variant:
    """A changed iteration.

    Attributes:
        graph, values: what runs, and on which arrays.
        did: what was changed, with its numbers.
        outputs: ports that stand for the producer's outputs.
    """

    graph: Graph
    values: Values
    did: str
    outputs: Tuple[Port, ...] = ()


@dataclass(frozen=True)
class Trial:
    """One row: what was changed, what came out.

    Attributes:
        change: as it can be given to `--try`.
        did: in words.
        result: `finite`, `still ...`, `changes nothing: ...` or `not possible: ...`.
        note: what else came out, with numbers; may be empty.
    """

    change: str
    did: str
    result: str
    note: str = ""

    @property
    def cures(self) -> bool:
        """Whether everything was finite."""
        return self.result == "finite"

    def fix(self) -> Fix:
        """The row of a Finding."""
        return Fix("%s: %s%s" % (self.change, self.did, "; " + self.note if self.note else ""), True, self.result)


class Situation:
    """The iteration, what is known about it, and what it gives unchanged.

    Args:
        dump: the file; None where there is none (then nothing can be run in another process).

    Attributes:
        seconds: spent in runs so far.
        watched: of the last run, the worst value in each output that its Variant named.
        checksums: of all that the unchanged iteration gives, by name, once something has asked for them.
    """

    def __init__(self, session: Session, explanation: Explanation, dump: Optional[Path] = None) -> None:
        self.session, self.explanation, self.dump = session, explanation, dump
        self.graph = session.opened
        self.seconds = 0.0
        self._kept: Dict[Leaf, np.ndarray] = {}
        self._baseline: Optional[Outcome] = None
        self.watched: Dict[Port, str] = {}
        self.checksums: Dict[str, int] = {}

    @property
    def producer(self) -> Optional[Producer]:
        """Of the finding."""
        return self.explanation.finding.producer

    def values(self, leaf: Leaf) -> np.ndarray:
        """A leaf's array, read from the dump once."""
        if leaf not in self._kept:
            self._kept[leaf] = self.session.leaf(leaf)
        return self._kept[leaf]

    def operator(self) -> Tuple[int, Node]:
        """The producing operator.

        Raises:
            NotHere: none did: it was there before anything ran, or it is not known.
        """
        origin = self.explanation.origin
        if origin is None:
            raise NotHere("the operator that produced it is not known")
        node = self.graph.nodes[origin.node]
        if node.leaf is not None:
            raise NotHere("no operator produced it: %s was non-finite before the iteration began" % node.leaf.name)
        if not node.inputs and node.outputs:
            raise NotHere("what %s read is not in the dump, only what it gave" % node.op)
        return origin.node, node

    def culprits(self) -> List[int]:
        """The producer, and all operators of its kind that made something non-finite of finite inputs in the same phase."""
        first, node = self.operator()
        phase = self.producer.phase if self.producer is not None else "forward"
        others = [
            each.node
            for each in self.explanation.evidence.operators
            if each.phase == phase
            and self.graph.nodes[each.node].op == node.op
            and each.inputs_finite
            and not each.outputs_finite
            and (phase == "forward" or self._forward_finite(each.node))
        ]
        return [first] + [each for each in others if each != first]

    def _forward_finite(self, node: int) -> bool:
        facts = self.forward_of(node)
        return facts is None or (facts.inputs_finite and facts.outputs_finite)

    def forward_of(self, node: int) -> Optional[OperatorFacts]:
        """What a node read and gave in the forward."""
        return next((each for each in self.explanation.evidence.forward() if each.node == node), None)

    def raw(self, graph: Graph, values: Optional[Values] = None, visit: Optional[OutputVisit] = None) -> GraphRun:
        """Run a graph.

        Raises:
            ReplayError: the framework refused it.
        """
        began = time.perf_counter()
        try:
            return self.session.backend.run(graph, values or self.values, self.session.gradient, self.session.seed, visit)
        finally:
            self.seconds += time.perf_counter() - began

    def run(self, variant: Variant) -> Outcome:
        """Run a changed iteration and look at all that it gave."""
        host = self.session.backend.to_numpy
        self.watched = {}

        def visit(port: Port, tensor: object) -> None:
            if port in variant.outputs:
                self.watched[port] = worst(host(tensor))

        found = outcome_of(variant.graph, self.raw(variant.graph, variant.values, visit), host)
        if found.bad:
            return found
        bad = {"the output of %s" % variant.graph.nodes[port[0]].op: value for port, value in self.watched.items() if value}
        return Outcome(tuple(bad.items()), found.loss, found.norm)

    def baseline(self) -> Outcome:
        """What the unchanged iteration gives, its compiled parts opened up.

        Raises:
            ChangesNothing: it is finite.
        """
        if self._baseline is None:
            origin = self.explanation.origin
            ports = ((origin.node, 0),) if origin is not None else ()
            self._baseline = self.run(Variant(self.graph, self.values, "", ports))
        if self._baseline.finite:
            compiled = any(node.symbol is not None for node in self.session.graph.nodes)
            raise ChangesNothing(
                "run operator by operator the iteration is finite already (see imperative)" if compiled else FINITE_AS_IT_IS
            )
        return self._baseline


def worst(array: np.ndarray) -> str:
    """`nan`, `+inf`, `-inf`, or nothing where all is finite."""
    array = np.asarray(array)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ""
    return "nan" if np.isnan(array).any() else "+inf" if np.isposinf(array).any() else "-inf"


def outcome_of(graph: Graph, run: GraphRun, host: Callable[[object], np.ndarray]) -> Outcome:
    """Everything that a run gave, looked at exactly."""
    losses = set(graph.losses)
    heads = [np.asarray(value) for port, value in zip(graph.heads, run.heads) if port in losses]
    gradients = [host(each) for each in run.gradients.values()] + [host(each) for each in run.returned.values()]
    found = (
        ("loss", heads),
        ("gradients", gradients),
        ("running statistics", [host(each) for each in run.aux.values()]),
    )
    bad = []
    for where, arrays in found:
        values = {worst(each) for each in arrays} - {""}
        if values:
            bad.append((where, "nan" if "nan" in values else sorted(values)[0]))
    flat = np.concatenate([each.astype(np.float64).ravel() for each in heads]) if heads else np.zeros(1)
    return Outcome(tuple(bad), float(flat.mean()), norm_of(gradients))


def norm_of(arrays: List[np.ndarray]) -> float:
    """2-norm over all arrays together."""
    total = 0.0
    for each in arrays:
        flat = each.ravel()
        with np.errstate(over="ignore", invalid="ignore"):
            square = float(np.dot(flat, flat)) if flat.dtype.itemsize >= 4 else math.inf
        if not math.isfinite(square):
            with np.errstate(over="ignore", invalid="ignore"):
                square = float(np.square(flat.astype(np.float64)).sum())
        total += square
    return math.sqrt(total) if total == total else math.nan


class Change(ABC):
    """One change that can be tried.

    Attributes:
        name: for `--try NAME`.
        takes: how its value is written in the help; empty where it takes none.
        summary: one line, for help and docs.
        words: what an advice says if this is the change that it advises; lower case.
    """

    name: ClassVar[str]
    takes: ClassVar[str] = ""
    summary: ClassVar[str]
    words: ClassVar[Tuple[str, ...]] = ()

    def __init__(self, value: Optional[str] = None) -> None:
        """Raises: UsageError: it takes no such value."""
        if value is not None and not self.takes:
            raise UsageError("--try %s takes no value, found %r" % (self.name, value))
        self.value = value

    @property
    def label(self) -> str:
        """As it was given."""
        return self.name if self.value is None else "%s=%s" % (self.name, self.value)

    @abstractmethod
    def attempt(self, situation: Situation) -> Trial:
        """Try it.

        Raises:
            NotPossible, ChangesNothing: see there.
        """

    def number(self, example: str) -> Optional[float]:
        """The value as a positive number; None where there is none.

        Raises:
            UsageError: it is something else.
        """
        if self.value is None:
            return None
        with contextlib.suppress(ValueError):
            number = float(self.value)
            if number > 0 and math.isfinite(number):
                return number
        found = (self.name, self.name, example, self.value)
        raise UsageError("--try %s takes a positive number such as %s=%s, found %r" % found)


class GraphChange(Change):
    """A change that is another graph, or other arrays."""

    @abstractmethod
    def vary(self, situation: Situation) -> Variant:
        """The changed iteration.

        Raises:
            NotPossible, ChangesNothing: see there.
        """

    def attempt(self, situation: Situation) -> Trial:
        variant = self.vary(situation)
        before = situation.baseline()
        after = situation.run(variant)
        return Trial(self.label, variant.did, after.words(), self.remark(situation, before, after))

    def remark(self, situation: Situation, before: Outcome, after: Outcome) -> str:
        """What is worth saying about the numbers that came out."""
        return "loss %.6g" % after.loss if after.finite and not math.isfinite(before.loss) else ""


def attempted(change: Change, situation: Situation) -> Trial:
    """Try a change; whatever the framework does, the answer is a row.

    Raises:
        NotHere: there is nothing to try it on.
    """
    try:
        return change.attempt(situation)
    except NotHere:
        raise
    except NotPossible as why:
        return Trial(change.label, change.summary, "not possible: %s" % why)
    except ChangesNothing as why:
        return Trial(change.label, change.summary, "changes nothing: %s" % why)
    except UsageError:
        raise
    except (NanhuntError, MemoryError) as error:
        reason = str(error) or "not enough memory"
    except Exception as error:  # whatever a framework throws; a change that fails is an answer
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    for _ in range(2):
        # MXNet 1.4.1 hands an error of its queue to whoever waits next as well.
        with contextlib.suppress(Exception):
            situation.session.backend.wait()
    return Trial(change.label, change.summary, "not possible: %s" % _short(reason))


def _short(text: str, most: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "\u2026"


def _joined(words: List[str]) -> str:
    return words[0] if len(words) == 1 else "%s and %s" % (", ".join(words[:-1]), words[-1])


def names_of(arrays: Mapping[str, object], most: int = 3) -> str:
    """Some of the names."""
    shown = list(arrays)[:most]
    return ", ".join(shown) + (", ..." if len(arrays) > most else "")
