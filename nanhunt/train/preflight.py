"""Preflight of a training: its structure first, then one forward and backward of one sample a device, undone."""

from dataclasses import replace
from typing import Any, Callable, List, Optional

from nanhunt.backends.base import LoaderFacts, load
from nanhunt.backends.mxnet.synchronised import sync_layers
from nanhunt.data.loader import Batch
from nanhunt.errors import DataError, PreflightError
from nanhunt.machine import cores, shared_memory
from nanhunt.preflight.base import ERROR, NOTE, Remark, Subject
from nanhunt.preflight.checks import examine
from nanhunt.preflight.dry import dry_step
from nanhunt.preflight.facts import arrays_of, labels_of
from nanhunt.preflight.program import refusal
from nanhunt.train.assembly import Training
from nanhunt.train.batches import open_epoch, shards
from nanhunt.train.options import TrainOptions
from nanhunt.watching.hang.asking import within

PATIENCE = 60.0
"""Seconds for the first batch. A file that cannot be read to its end, on a network's disk say, is the watchdog's to tell."""

Say = Callable[[str], None]


def preflight(training: Training, options: TrainOptions, say: Say) -> None:
    """Look, and tell of errors and warnings in one line each.

    Raises:
        PreflightError: the run is certain to fail.
    """
    remarks = look(training, options)
    for each in remarks:
        if each.severity not in (ERROR, NOTE):
            say(f"preflight: {each}")
    errors = [each for each in remarks if each.severity == ERROR]
    if errors:
        raise PreflightError(refusal(errors))


def look(training: Training, options: TrainOptions) -> List[Remark]:
    """All remarks. The training is left to the last bit as it was.

    Nothing is run where the structure is certain to hang, and no iteration where the first batch cannot be read: the run says
    why itself.
    """
    subject = _at_rest(training, options)
    remarks = examine(subject)
    batch = None if any(each.severity == ERROR for each in remarks) else _first_batch(training)
    if batch is None:
        return remarks
    seen = dry_step(load(), training.net, training.trainer, lambda: _step(training, batch, options.dtype))
    labels = labels_of(batch.label, options.num_class)
    return examine(
        replace(
            subject,
            graph=seen.graph,
            loss_scale=training.scale.loss_scale if training.scale is not None else 1.0,
            labels=labels,
        )
    )


def _at_rest(training: Training, options: TrainOptions) -> Subject:
    from nanhunt.backends.mxnet.state import states_of, trainer_settings

    schedule = training.schedule
    settings = dict(trainer_settings(training.trainer, ""), learning_rate=options.lr)
    return Subject(
        devices=tuple(str(each) for each in training.contexts),
        layers=tuple(sync_layers([training.net])),
        arrays=arrays_of(load(), states_of(training.net.collect_params().values())),
        optimizer=settings,
        warmup=schedule.warmup_steps,
        steps=schedule.total_steps,
        loaders=(LoaderFacts(options.workers, True, 0),),
        cores=cores(),
        shared_memory=shared_memory(),
    )


def _first_batch(training: Training) -> Optional[Batch]:
    """That with which the run begins; batches depend on nothing that reading one changes. None where there is none in time."""

    def first() -> Optional[Batch]:
        with open_epoch(training.loader, training.start.epoch, training.start.iteration) as batches:
            return next(batches, None)

    _, batch = within(PATIENCE, first)
    if isinstance(batch, BaseException) and not isinstance(batch, DataError):
        raise batch
    return batch if isinstance(batch, Batch) else None


def _step(training: Training, batch: Batch, dtype: str) -> None:
    from mxnet import autograd

    parts = shards(batch, training.contexts, dtype)
    with autograd.record():
        losses: List[Any] = [training.loss(*training.net(part.data[:1]), part.label[:1]) for part in parts]
    autograd.backward(losses)
