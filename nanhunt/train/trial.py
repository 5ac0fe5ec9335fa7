"""A few iterations of a Training, over and over from the same state, with something done to them."""

import time
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from nanhunt.data.loader import Batch
from nanhunt.diagnose.finding import Finding
from nanhunt.errors import NonFiniteError
from nanhunt.train.assembly import assemble_training, make_trainer
from nanhunt.train.batches import describe_samples, open_epoch, shards
from nanhunt.train.options import TrainOptions
from nanhunt.watching.start import watch

Loss = Callable[..., Any]
"""Called as `loss(*outputs, label)`; one value a sample."""


@dataclass
class Change:
    """What is done to the iterations of a trial.

    Attributes:
        batch: of (iteration, batch): what goes in instead.
        loss: of the training's own loss: what is differentiated instead.
        begin: called with the iteration, before it begins.
        rate: of (iteration, learning rate): what the update takes instead.
    """

    batch: Callable[[int, Batch], Batch] = lambda iteration, batch: batch
    loss: Callable[[Loss], Loss] = lambda loss: loss
    begin: Callable[[int], None] = lambda iteration: None
    rate: Callable[[int, float], float] = lambda iteration, lr: lr


@dataclass
class Course:
    """How a trial went.

    Attributes:
        findings: the first one first.
        seconds: of each iteration that ended.
    """

    findings: Tuple[Finding, ...] = ()
    seconds: List[float] = field(default_factory=list)


class Trial:
    """A Training and its first batches.

    Args:
        iterations: how many batches; each run goes through them once.

    Raises:
        UsageError, DataError, NanhuntError: as `assemble_training`.
    """

    def __init__(self, options: TrainOptions, iterations: int, say: Callable[[str], None]) -> None:
        self.options = options
        self.training = assemble_training(options, say)
        self.batches: List[Batch] = []
        epoch = 0
        while len(self.batches) < iterations:
            with open_epoch(self.training.loader, epoch) as batches:
                self.batches += islice(batches, iterations - len(self.batches))
            epoch += 1
        self._state = {name: each.data(self.training.contexts[0]).copy() for name, each in self.parameters.items()}

    @property
    def parameters(self) -> Dict[str, Any]:
        """The network's, running statistics included, by name."""
        return dict(self.training.net.collect_params().items())

    def restore(self) -> None:
        """All parameters and statistics as they were in the beginning."""
        for name, each in self.parameters.items():
            each.set_data(self._state[name])
            each.zero_grad()

    @property
    def operators(self) -> Any:
        """The framework's."""
        from mxnet import nd

        return nd

    def rewrite(self, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
        """Give a parameter other values, made of those that it has, on all devices."""
        parameter = self.parameters[name]
        value = change(parameter.data(self.training.contexts[0]).asnumpy())
        parameter.set_data(self.operators.array(value, dtype=parameter.dtype))

    def run(self, change: Change, dump_dir: Optional[Path]) -> Course:
        """Train from the beginning, watched until the first finding.

        Args:
            dump_dir: for its dump; None trains without any watching.
        """
        self.restore()
        training, course = self.training, Course()
        trainer = make_trainer(self.options, training.net, len(training.contexts))
        loss = change.loss(training.loss)
        if dump_dir is None:
            for k, batch in enumerate(self.batches):
                self._iteration(k, batch, trainer, loss, change, None, course)
            return course
        hunt = watch(
            training.net,
            trainer,
            dump_dir=dump_dir,
            keep_dumps=1,
            seed=self.options.seed,
            explain=self.options.explain,
            probes=self.options.probes(),
            on_notice=lambda text: None,
            history=self.options.history,
            hang_timeout=self.options.hang_timeout,
        )
        try:
            with hunt:
                for k, batch in enumerate(self.batches):
                    self._iteration(k, batch, trainer, loss, change, hunt, course)
                    if hunt.findings:
                        break
        except NonFiniteError:
            pass  # it is among the findings
        course.findings = tuple(hunt.findings)
        return course

    def _iteration(self, k: int, batch: Batch, trainer: Any, loss: Loss, change: Change, hunt: Any, course: Course) -> None:
        from mxnet import autograd, nd

        training = self.training
        change.begin(k)
        batch = change.batch(k, batch)
        nd.waitall()
        begin = time.perf_counter()
        lr = change.rate(k, training.schedule.lr(k))
        trainer.set_learning_rate(lr)
        parts = shards(batch, training.contexts, self.options.dtype)
        if hunt is not None:
            inputs = {part.device: {"data": part.data, "label": part.label} for part in parts}
            hunt.next_batch(inputs, 0, k, k, lr, describe_samples(batch, parts))
        with autograd.record():
            losses = [loss(*training.net(part.data), part.label) for part in parts]
        autograd.backward(losses)
        trainer.step(len(batch.samples))
        nd.waitall()
        course.seconds.append(time.perf_counter() - begin)
