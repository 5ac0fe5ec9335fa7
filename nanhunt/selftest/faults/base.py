"""What a planted fault is, and what nanhunt is expected to say of it."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional, Tuple

import numpy as np

from nanhunt.backends.planting import Plant, Planted
from nanhunt.diagnose.finding import Finding
from nanhunt.train.trial import Change, Loss, Trial

AT = 1
"""The iteration in which faults begin; the one before is as ever."""


@dataclass(frozen=True)
class Expected:
    """What the finding has to say.

    Attributes:
        causes: any of these.
        phase: the producer's; empty for any.
        ops: the producer's operator, any of these; none for any.
        block: the producer's block or array; None for any.
        index: position of the first bad element; None for any.
        file: the sample's image file; None for any.
        step: the iteration.
    """

    causes: Tuple[str, ...]
    phase: str = ""
    ops: Tuple[str, ...] = ()
    block: Optional[str] = None
    index: Optional[Tuple[int, ...]] = None
    file: Optional[str] = None
    step: int = AT

    def wrong_place(self, finding: Finding) -> str:
        """What the finding names otherwise, in words; empty where the place is right."""
        producer = finding.producer
        if producer is None:
            return "no place"
        checks = (
            ("iteration", finding.iteration.step, finding.iteration.step == self.step),
            ("phase", producer.phase, producer.phase == (self.phase or producer.phase)),
            ("operator", producer.op, not self.ops or producer.op in self.ops),
            ("name", producer.block, self.block is None or producer.block.split("/")[0] == self.block),
            ("index", list(producer.index), self.index is None or producer.index == self.index),
            ("file", producer.file, self.file is None or producer.file == self.file),
        )
        return "; ".join("%s %s" % (name, found) for name, found, right in checks if not right)


class Fault:
    """One fault; a subclass a file.

    Attributes:
        name: as the report and `--only` call it.
        does: what is done to the training, in a few words.
        does_to_program: the same of `plant`; empty where it is the same.
        expects: what is to be found, in a trial and in a program. A fault that is found in another place in each has none, and
            methods of its own that say so.
    """

    name: str
    does: str
    does_to_program = ""
    expects: Expected

    def expected(self, trial: Trial) -> Expected:
        """What is to be found."""
        return self.expects

    def change(self, trial: Trial) -> Change:
        """How it is planted."""
        raise NotImplementedError

    def expected_of(self, planted: Planted) -> Expected:
        """What is to be found in a program in which that was planted."""
        return self.expects

    def plant(self) -> Plant:
        """How it is planted into a program."""
        raise NotImplementedError


class Term(Fault):
    """A fault that is added to the loss."""

    def term(self, operators: Any, array: Any) -> Any:
        """What is added.

        Args:
            operators: the framework's, called as `operators.exp(array)`.
            array: of any shape (N, …), made from the parameters; the prediction, or the loss itself.

        Returns:
            One value a row, (N,).
        """
        raise NotImplementedError

    def change(self, trial: Trial) -> Change:
        return Change(loss=changed(lambda loss, outputs, label: loss(*outputs, label) + self.term(trial.operators, outputs[0])))

    def plant(self) -> Plant:
        def with_term(operators: Any, head: Any) -> Any:
            # The numbers of the terms are those of float32.
            single = np.dtype(head.dtype) == np.float32
            term = self.term(operators, head if single else head.astype("float32"))
            rows = term.reshape((head.shape[0],) + (1,) * (len(head.shape) - 1))
            return head + (rows if single else rows.astype(head.dtype))

        return Plant(AT, head=with_term)


def changed(make: Callable[[Loss, Tuple[Any, ...], Any], Any]) -> Callable[[Loss], Loss]:
    """Another loss from the second call on a device on.

    Args:
        make: of the loss, the outputs and the label: one value a sample.
    """

    def of(loss: Loss) -> Loss:
        calls: Dict[str, int] = {}

        def planted(*arguments: Any) -> Any:
            outputs, label = arguments[:-1], arguments[-1]
            calls[str(label.context)] = number = calls.get(str(label.context), -1) + 1
            return make(loss, outputs, label) if number >= AT else loss(*arguments)

        return planted

    return of


def per_sample(array: Any) -> Any:
    """Mean over all but the first axis, (N,)."""
    return array.reshape((array.shape[0], -1)).mean(axis=1)
