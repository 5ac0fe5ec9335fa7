"""The training loop: every iteration watched, logged, resumable."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.data.loader import Batch
from nanhunt.diagnose.finding import Finding, Position
from nanhunt.errors import DataError, NonFiniteError, PeerError
from nanhunt.train.assembly import Training, assemble_evaluation, assemble_training
from nanhunt.train.batches import Shard, describe_samples, open_epoch, shards
from nanhunt.train.checkpoint import epoch_name, iteration_name, save_checkpoint
from nanhunt.train.clip import clip_gradients
from nanhunt.train.distributed import Member, own_seed
from nanhunt.train.interrupts import Interrupts
from nanhunt.train.live import Status
from nanhunt.train.log import RunLog, iteration_line, validation_line
from nanhunt.train.options import TrainOptions
from nanhunt.train.preflight import preflight
from nanhunt.train.validation import evaluate
from nanhunt.watching.hunt import Hunt
from nanhunt.watching.iteration import seed_of
from nanhunt.watching.start import watch

OnFinding = Callable[[Finding, Optional[Path]], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        position: the next iteration that would have run.
        findings: what was found, the first one first.
        signal: number of the signal that ended it, or None.
        checkpoint: the last one written, or None.
    """

    position: Position
    findings: Tuple[Finding, ...] = ()
    signal: Optional[int] = None
    checkpoint: Optional[Path] = None


def train(options: TrainOptions, log: RunLog, on_finding: OnFinding, member: Optional[Member] = None) -> Outcome:
    """Train until the epochs, `max_iterations`, a finding or a signal end it.

    Args:
        on_finding: called with each finding and its dump, after the iteration's line was logged; also with a hang, from another
            thread, before the process ends.
        member: this worker, in a distributed run.

    Raises:
        UsageError: the options cannot work on this machine.
        PreflightError: the run is certain to fail.
        DataError: a sample cannot be read; a checkpoint is written before.
        NanhuntError: a checkpoint cannot be read or written.
        PeerError: another worker is gone.
    """
    training = assemble_training(options, log.line, member)
    if options.preflight:
        preflight(training, options, log.line)
    return Loop(options, training, log, on_finding, member).run()


def validate(options: TrainOptions, log: RunLog) -> Outcome:
    """Evaluate the network on the validation split, once.

    Raises:
        UsageError, DataError, NanhuntError: as `train`.
    """
    parts = assemble_evaluation(options, log.line)
    with Interrupts() as interrupts:
        figures = evaluate(
            parts.net, parts.validation, parts.contexts, options.num_class, options.dtype, lambda: bool(interrupts)
        )
    if not interrupts:
        log.line(validation_line(options.start_epoch, *figures))
    return Outcome(Position(options.start_epoch), signal=interrupts.received)


class Loop:
    """Runs a Training once."""

    def __init__(
        self, options: TrainOptions, training: Training, log: RunLog, on_finding: OnFinding, member: Optional[Member] = None
    ) -> None:
        self._options = options
        self._member = member
        self._training = training
        self._log = log
        self._on_finding = on_finding
        self._position = training.start
        self._interrupts = Interrupts(log.live.stick) if log.live is not None else Interrupts()
        self._hunt: Optional[Hunt] = None
        self._unlogged: Optional[Callable[[], None]] = None
        self._loss: Optional[float] = None
        self._left = self._iterations_left()
        self._checkpoint: Optional[Path] = None

    def run(self) -> Outcome:
        """Train; see `train`."""
        hunt = self._watch() if self._options.watch else None
        try:
            with ExitStack() as stack:
                stack.enter_context(self._interrupts)
                if hunt is not None:
                    self._hunt = stack.enter_context(hunt)
                self._epochs()
        except NonFiniteError as error:
            # on_finding was told, and the outcome carries it. The update was withheld, so the run can go on from before it.
            if not (error.finding.spread.parameters or error.finding.spread.optimizer):
                self._save(iteration_name(self._position))
        except PeerError:
            self._save(iteration_name(self._position))
            raise
        findings = tuple(hunt.findings) if hunt is not None else ()
        return Outcome(self._position, findings, self._interrupts.received, self._checkpoint)

    def _iterations_left(self) -> int:
        """Of the run, if nothing ends it before."""
        loader, at, limit = self._training.loader, self._position, self._options.max_iterations
        left = sum(loader.len_epoch(epoch) for epoch in range(at.epoch, self._options.epochs)) - at.iteration
        return left if limit is None else min(left, limit - at.step)

    def _watch(self) -> Hunt:
        options = self._options
        return watch(
            self._training.net,
            self._training.trainer,
            dump_dir=options.dumps,
            on_nonfinite=options.on_nonfinite,
            keep_dumps=options.keep_dumps,
            seed=own_seed(options.seed, self._member),
            explain=options.explain,
            probes=options.probes(),
            on_finding=self._found,
            on_notice=self._log.line,
            budget=options.budget,
            measure=self._log.live is not None,
            history=options.history,
            snapshot_every=options.snapshot_every,
            history_batches=options.history_batches,
            remakes_batches=True,
            history_memory=options.history_memory,
            history_spill=options.history_spill,
            peers=self._member.peers if self._member is not None else None,
            hang_timeout=options.hang_timeout,
            on_hang=self._on_finding,
        )

    def _found(self, finding: Finding, dump: Optional[Path]) -> None:
        if self._unlogged is not None:
            self._unlogged()
        self._on_finding(finding, dump)

    def _epochs(self) -> None:
        while self._position.epoch < self._options.epochs and not self._stops():
            epoch = self._position.epoch
            try:
                whole = self._epoch(epoch)
            except DataError:
                self._save(iteration_name(self._position))
                raise
            if not whole:
                self._save(iteration_name(self._position))
                return
            self._position = Position(epoch + 1, 0, self._position.step)
            self._end_of_epoch(epoch)

    def _epoch(self, epoch: int) -> bool:
        """Run the rest of an epoch; false if it was ended before its last iteration."""
        iterations = self._training.loader.len_epoch(epoch)
        with open_epoch(self._training.loader, epoch, self._position.iteration) as batches:
            for batch in batches:
                at = self._position
                self._iteration(batch, iterations)
                self._position = Position(epoch, at.iteration + 1, at.step + 1)
                if self._stops():
                    break
        return self._position.iteration >= iterations

    def _iteration(self, batch: Batch, iterations: int) -> None:
        from mxnet import autograd

        training, at = self._training, self._position
        lr = training.schedule.lr(at.step)
        if self._member is None or self._member.updates_itself:
            training.trainer.set_learning_rate(lr)
        parts = shards(batch, training.contexts, self._options.dtype)
        self._begin(batch, parts, lr)
        with autograd.record():
            losses = [self._loss_of(part) for part in parts]
        autograd.backward(losses)

        def log_line() -> None:
            self._unlogged = None
            self._loss = mean_loss(losses)
            self._log.line(iteration_line(at.epoch, at.iteration, iterations, self._loss, lr))

        self._unlogged = log_line
        if at.iteration % self._options.log_interval == 0:
            log_line()
        vitals = None
        if self._hunt is not None:
            self._hunt.check(training.scale.handles if training.scale is not None else None)
            vitals = self._hunt.vitals()
        self._update(len(batch.samples))
        self._unlogged = None
        self._left -= 1
        self._log.show(
            Status(
                at.epoch,
                self._options.epochs,
                at.iteration,
                iterations,
                self._left,
                len(batch.samples),
                lr,
                vitals.loss if vitals is not None and vitals.loss is not None else self._loss,
                vitals.gradient_norm if vitals is not None else None,
                vitals.watching if vitals is not None else None,
            )
        )

    def _loss_of(self, part: Shard) -> Any:
        """One value a sample."""
        training = self._training
        outputs = training.net(part.data)
        if training.scale is None:
            return training.loss(*outputs, part.label)
        with training.scale.in_loss():
            return training.loss(*(each.astype("float32") for each in outputs), part.label)

    def _update(self, rows: int) -> None:
        """Apply the gradients of a batch of so many rows."""
        training, member = self._training, self._member
        size = rows * (member.size if member is not None else 1) / training.stand_for
        if training.scale is not None:
            size *= training.scale.loss_scale
        parameters = list(training.net.collect_params().values())
        summed = member is not None and member.updates_itself
        if summed:
            training.trainer.allreduce_grads()
        if training.scale is not None and training.scale.leaves_out(parameters):
            return
        if self._options.clip_grad is not None:
            # Once they are summed each device has the sum over all of them.
            clip_gradients(parameters, size * (len(training.contexts) if summed else 1), self._options.clip_grad)
        if summed:
            training.trainer.update(size)
        else:
            training.trainer.step(size)

    def _begin(self, batch: Batch, parts: Sequence[Shard], lr: float) -> None:
        """Seed the framework's generator for this iteration, and say to the hunt what goes in."""
        at = self._position
        if self._hunt is None:
            import mxnet as mx

            mx.random.seed(seed_of(own_seed(self._options.seed, self._member), at.step))
            mx.nd.waitall()
            return
        inputs = {part.device: {"data": part.data, "label": part.label} for part in parts}
        host = {part.device: {"data": batch.data[part.rows], "label": batch.label[part.rows]} for part in parts}
        described = describe_samples(batch, parts)
        self._hunt.next_batch(inputs, at.epoch, at.iteration, at.step, lr, described, self._training.data, host)

    def _end_of_epoch(self, epoch: int) -> None:
        mean_iou = 0.0
        if self._member is not None:
            self._member.peers.busy(True)
        training = self._training
        if training.validation is not None and not self._interrupts:
            self._log.note("validation")
            pixel_accuracy, mean_iou = evaluate(
                training.net,
                training.validation,
                training.contexts,
                self._options.num_class,
                self._options.dtype,
                lambda: bool(self._interrupts),
            )
            if not self._interrupts:
                self._log.line(validation_line(epoch, pixel_accuracy, mean_iou))
        self._save(iteration_name(self._position) if self._interrupts else epoch_name(epoch, mean_iou))

    def _save(self, name: str) -> None:
        if self._member is not None and self._member.rank:
            return  # all have the same parameters; worker 0 saves them
        path = self._options.folder / name
        save_checkpoint(path, self._training.net, self._training.trainer, self._position, self._training.setting)
        self._checkpoint = path

    def _stops(self) -> bool:
        limit = self._options.max_iterations
        return bool(self._interrupts) or (limit is not None and self._position.step >= limit)


def mean_loss(losses: List[Any]) -> float:
    """Mean over the samples of all devices; nan and inf as they come out.

    Args:
        losses: one NDArray (n,) a device.
    """
    with np.errstate(invalid="ignore"):
        return float(np.concatenate([each.asnumpy().reshape(-1) for each in losses]).astype(np.float64).mean())
