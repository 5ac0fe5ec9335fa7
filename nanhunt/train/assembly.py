"""From options to all that a training loop needs: devices, data, network, loss, optimizer, schedule, position."""

from dataclasses import dataclass
from typing import Any, Callable, Optional, Tuple

from nanhunt.data.datasets import open_index
from nanhunt.data.loader import BatchLoader
from nanhunt.data.reading import IndexedDataset
from nanhunt.data.transform import TrainTransform, ValTransform
from nanhunt.diagnose.finding import Position
from nanhunt.errors import DataError, UsageError
from nanhunt.train.checkpoint import Continuation, Setting, load_checkpoint
from nanhunt.train.devices import choose_devices
from nanhunt.train.loss import make_loss
from nanhunt.train.models import build_model, check_gradient_sums
from nanhunt.train.options import TrainOptions
from nanhunt.train.schedule import Schedule

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Training:
    """A training run, ready to go on.

    Attributes:
        contexts: MXNet contexts, one or more.
        net: takes data, returns a tuple of logits.
        loss: called as `loss(*net(data), label)`; one value a sample.
        trainer: `gluon.Trainer` over the network's parameters.
        loader: batches to train on.
        validation: batches to validate on, or None.
        schedule: the learning rate.
        start: the first iteration to run.
        setting: kept in checkpoints.
    """

    contexts: Tuple[Any, ...]
    net: Any
    loss: Any
    trainer: Any
    loader: BatchLoader
    validation: Optional[BatchLoader]
    schedule: Schedule
    start: Position
    setting: Setting


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A network and what to validate it on; attributes as of Training."""

    contexts: Tuple[Any, ...]
    net: Any
    validation: BatchLoader


def assemble_training(options: TrainOptions, say: Say) -> Training:
    """Build a training run, resumed where the options say so.

    Args:
        say: told in one line about each thing that is not as the options read.

    Raises:
        UsageError: the options cannot work on this machine.
        DataError: the dataset is not whole.
        NanhuntError: a checkpoint cannot be read.
    """
    contexts = _contexts(options, say)
    check_gradient_sums(options, contexts)
    loader = training_loader(options)
    _warn_of_labels(options, loader, say)
    validation = validation_loader(options) if options.validate else None
    net = build_model(options, contexts, say)
    continuation = _resume(options, net, say)
    trainer = make_trainer(options, net, len(contexts))
    if continuation is None:
        start = Position(options.start_epoch, 0, steps_before(loader, options.start_epoch))
    else:
        start = continuation.position
        if not continuation.restore(net, trainer):
            say(f"{options.resume} has no {options.optimizer} state: it starts from zero")
    setting = Setting(options.seed, options.batch_size, options.dataset)
    return Training(
        contexts, net, make_loss(options), trainer, loader, validation, make_schedule(options, loader), start, setting
    )


def assemble_evaluation(options: TrainOptions, say: Say) -> Evaluation:
    """Build what `--eval` needs.

    Raises:
        UsageError, DataError, NanhuntError: as `assemble_training`.
    """
    contexts = _contexts(options, say)
    validation = validation_loader(options)
    net = build_model(options, contexts, say)
    if options.resume is not None:
        load_checkpoint(options.resume, net)
    elif not options.pretrained:
        say("no --resume: evaluating a network that was not trained")
    return Evaluation(contexts, net, validation)


def training_loader(options: TrainOptions) -> BatchLoader:
    """Batches of the training split, augmented.

    Raises:
        UsageError: no such dataset, or it is smaller than a batch.
        DataError: it is not whole.
    """
    dataset = _open(options, options.train_split)
    transform = TrainTransform(options.base_size, options.crop_size, options.source.resize)
    return BatchLoader(dataset, transform, options.batch_size, options.shuffle, options.seed, options.workers)


def validation_loader(options: TrainOptions) -> BatchLoader:
    """Batches of the split `val`, in order.

    Raises:
        UsageError: no such dataset.
        DataError: it is not whole, or has nothing to validate on.
    """
    try:
        dataset = _open(options, "val")
    except DataError as error:
        raise DataError(str(error) if options.evaluate else f"{error}\nTo train without validation: --no-val.") from error
    transform = ValTransform(options.base_size, options.crop_size, options.source.resize)
    return BatchLoader(dataset, transform, options.test_batch_size, False, options.seed, options.workers, last_batch="keep")


def _open(options: TrainOptions, split: str) -> IndexedDataset:
    return open_index(options.source.index(split), options.dataset)


def make_schedule(options: TrainOptions, loader: BatchLoader) -> Schedule:
    """The learning rate over all epochs of the loader."""
    return Schedule(
        options.lr, steps_before(loader, options.epochs), steps_before(loader, options.warmup_epochs), options.lr_mode
    )


def steps_before(loader: BatchLoader, epoch: int) -> int:
    """Iterations of all epochs before `epoch`."""
    return sum(loader.len_epoch(each) for each in range(epoch))


def make_trainer(options: TrainOptions, net: Any, devices: int) -> Any:
    """A `gluon.Trainer`; its learning rate is set at every iteration.

    With several devices the key-value store updates: before 1.7 MXNet counts an update on each device as one more step of Adam.

    Raises:
        UsageError: this build has no such key-value store.
    """
    import mxnet as mx

    settings = {"learning_rate": options.lr, "wd": options.weight_decay}
    if options.optimizer == "sgd":
        settings["momentum"] = options.momentum
    if options.dtype == "float16":
        settings["multi_precision"] = True
    if options.no_wd:
        for parameter in net.collect_params(".*beta|.*gamma|.*bias").values():
            parameter.wd_mult = 0.0
    kvstore = "local" if options.no_cuda else options.kvstore
    on_kvstore = True if devices > 1 and "dist" not in kvstore else None
    try:
        if devices > 1 or "dist" in kvstore:
            kvstore = mx.kv.create(kvstore)
        parameters = net.collect_params()
        return mx.gluon.Trainer(parameters, options.optimizer, settings, kvstore=kvstore, update_on_kvstore=on_kvstore)
    except mx.base.MXNetError as error:
        raise UsageError(f"Expected a key-value store for --kvstore {options.kvstore}, could not make one here.") from error


def _contexts(options: TrainOptions, say: Say) -> Tuple[Any, ...]:
    devices = choose_devices(options)
    if devices.note is not None:
        say(devices.note)
    return devices.contexts


def _warn_of_labels(options: TrainOptions, loader: BatchLoader, say: Say) -> None:
    labels = len(loader.dataset.classes)
    if options.num_class < labels:
        say(
            f"warning: --num-class {options.num_class} with labels 0..{labels - 1}: labels from {options.num_class} up match "
            "no channel; the loss takes them for the last one and their gradient pulls all logits down"
        )


def _resume(options: TrainOptions, net: Any, say: Say) -> Optional[Continuation]:
    if options.resume is None:
        return None
    continuation = load_checkpoint(options.resume, net)
    if continuation is None:
        say(f"{options.resume} holds parameters only: starting at epoch {options.start_epoch}")
        return None
    now = Setting(options.seed, options.batch_size, options.dataset)
    if continuation.setting != now:
        say(f"warning: {options.resume} was saved with {continuation.setting}, this run has {now}: it sees other batches")
    at = continuation.position
    say(f"resumed from {options.resume}: epoch {at.epoch} iteration {at.iteration}, {at.step} iterations done")
    return continuation
