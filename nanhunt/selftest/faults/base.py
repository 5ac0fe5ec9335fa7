"""What a planted fault is, and what nanhunt is expected to say of it."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional, Tuple

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
        sample: row of the batch; None for any.
        file: its image file; None for any.
        step: the iteration.
    """

    causes: Tuple[str, ...]
    phase: str = ""
    ops: Tuple[str, ...] = ()
    block: Optional[str] = None
    sample: Optional[int] = None
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
            ("row", producer.sample, self.sample is None or producer.sample == self.sample),
            ("file", producer.file, self.file is None or producer.file == self.file),
        )
        return "; ".join("%s %s" % (name, found) for name, found, right in checks if not right)


class Fault:
    """One fault; a subclass a file.

    Attributes:
        name: as the report and `--only` call it.
        does: what is done to the training, in a few words.
    """

    name: str
    does: str

    def expected(self, trial: Trial) -> Expected:
        """What is to be found."""
        raise NotImplementedError

    def change(self, trial: Trial) -> Change:
        """How it is planted."""
        raise NotImplementedError


def with_term(term: Callable[[Any], Any]) -> Callable[[Loss], Loss]:
    """The loss plus a term of the prediction, from the second call on a device on.

    Args:
        term: of the prediction (N, C, H, W): one value a sample, (N,).
    """
    return changed(lambda loss, outputs, label: loss(*outputs, label) + term(outputs[0]))


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
