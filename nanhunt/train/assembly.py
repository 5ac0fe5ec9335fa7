"""From options to all that a training loop needs: devices, data, network, loss, optimizer, schedule, position."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from nanhunt.data.loader import BatchLoader
from nanhunt.diagnose.finding import Position
from nanhunt.errors import UsageError
from nanhunt.train.checkpoint import Continuation, Setting, load_checkpoint
from nanhunt.train.data import Data
from nanhunt.train.devices import Devices, choose_devices
from nanhunt.train.distributed import Member, ServersRate
from nanhunt.train.loss import make_loss
from nanhunt.train.loss_scale import LossScale
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
        scale: of the loss, or None.
        stand_for: devices whose samples are a joint batch on one context, else 1; the loss of each would have been averaged
            over its own pixels alone, so that their gradient is that many times as large.
        data: what a dump says about the dataset, so that a batch can be made again.
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
    data: Mapping[str, Any]
    scale: Optional[LossScale] = None
    stand_for: int = 1


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A network and what to validate it on; attributes as of Training."""

    contexts: Tuple[Any, ...]
    net: Any
    validation: BatchLoader


def assemble_training(options: TrainOptions, say: Say, member: Optional[Member] = None) -> Training:
    """Build a training run, resumed where the options say so.

    Args:
        member: this worker, in a distributed run.
        say: told in one line about each thing that is not as the options read.

    Raises:
        UsageError: the options cannot work on this machine.
        DataError: the dataset is not whole.
        NanhuntError: a checkpoint cannot be read.
    """
    devices = _devices(options, say)
    contexts = devices.contexts
    check_gradient_sums(options, contexts)
    data = Data(options, say)
    loader = data.training_loader(member.part if member is not None else (0, 1))
    _warn_of_labels(options, loader, say)
    validation = data.validation_loader() if options.validate and (member is None or member.rank == 0) else None
    net = build_model(options, contexts, say)
    setting = Setting(options.seed, options.batch_size, options.dataset, data.settings(loader))
    continuation = _resume(options, net, setting, say)
    start = Position(options.start_epoch, 0, steps_before(loader, options.start_epoch))
    if continuation is not None:
        start = continuation.position
    schedule = make_schedule(options, loader)
    trainer = make_trainer(options, net, len(contexts), member, schedule, start.step)
    if member is not None and not member.updates_itself:
        if options.clip_grad is not None:
            say("--clip-grad: each worker clips its own gradient, before the servers add them up")
        say("the servers have the optimizer's arrays: checkpoints are without them")
    if continuation is not None and not continuation.restore(net, trainer):
        say(f"{options.resume} has no {options.optimizer} state: it starts from zero")
    described = data.describe(loader)
    scale = LossScale(options.loss_scale) if options.loss_scale is not None else None
    if scale is not None and scale.dynamic:
        trainer._amp_loss_scaler = scale  # where a Trainer has that of mxnet.contrib.amp, and watching looks for it
    return Training(
        contexts,
        net,
        make_loss(options),
        trainer,
        loader,
        validation,
        schedule,
        start,
        setting,
        described,
        scale,
        devices.stand_for,
    )


def assemble_evaluation(options: TrainOptions, say: Say) -> Evaluation:
    """Build what `--eval` needs.

    Raises:
        UsageError, DataError, NanhuntError: as `assemble_training`.
    """
    contexts = _devices(options, say).contexts
    validation = Data(options, say).validation_loader()
    net = build_model(options, contexts, say)
    if options.resume is not None:
        load_checkpoint(options.resume, net)
    elif not options.pretrained:
        say("no --resume: evaluating a network that was not trained")
    return Evaluation(contexts, net, validation)


def make_schedule(options: TrainOptions, loader: BatchLoader) -> Schedule:
    """The learning rate over all epochs of the loader."""
    return Schedule(
        options.lr, steps_before(loader, options.epochs), steps_before(loader, options.warmup_epochs), options.lr_mode
    )


def steps_before(loader: BatchLoader, epoch: int) -> int:
    """Iterations of all epochs before `epoch`."""
    return sum(loader.len_epoch(each) for each in range(epoch))


def make_trainer(
    options: TrainOptions,
    net: Any,
    devices: int,
    member: Optional[Member] = None,
    schedule: Optional[Schedule] = None,
    start: int = 0,
) -> Any:
    """A `gluon.Trainer`; its learning rate is set at every iteration.

    With several devices the key-value store updates: before 1.7 MXNet counts an update on each device as one more step of Adam.

    Args:
        member: this worker, in a distributed run; `schedule` and the step that it begins at are then for the servers.

    Raises:
        UsageError: this build has no such key-value store.
    """
    import mxnet as mx

    settings: Dict[str, Any] = {"learning_rate": options.lr, "wd": options.weight_decay}
    if options.optimizer == "sgd":
        settings["momentum"] = options.momentum
    if options.dtype == "float16":
        settings["multi_precision"] = True
    if options.no_wd:
        for parameter in net.collect_params(".*beta|.*gamma|.*bias").values():
            parameter.wd_mult = 0.0
    kvstore: Any = "local" if options.no_cuda else options.kvstore
    on_kvstore = True if devices > 1 else None
    if member is not None and schedule is not None:
        kvstore, on_kvstore = member.store, not member.updates_itself
        if on_kvstore:
            settings["lr_scheduler"] = ServersRate(schedule, start, member.size if member.peers.alone else 1)
    try:
        if devices > 1 and member is None:
            kvstore = mx.kv.create(kvstore)
        parameters = net.collect_params()
        return mx.gluon.Trainer(parameters, options.optimizer, settings, kvstore=kvstore, update_on_kvstore=on_kvstore)
    except mx.base.MXNetError as error:
        raise UsageError(f"Expected a key-value store for --kvstore {options.kvstore}, could not make one here.") from error


def _devices(options: TrainOptions, say: Say) -> Devices:
    devices = choose_devices(options)
    if devices.note is not None:
        say(devices.note)
    return devices


def _warn_of_labels(options: TrainOptions, loader: BatchLoader, say: Say) -> None:
    labels = len(loader.dataset.classes)
    if options.num_class < labels:
        say(
            f"warning: --num-class {options.num_class} with labels 0..{labels - 1}: labels from {options.num_class} up match "
            "no channel; the loss takes them for the last one and their gradient pulls all logits down"
        )


def _resume(options: TrainOptions, net: Any, now: Setting, say: Say) -> Optional[Continuation]:
    if options.resume is None:
        return None
    continuation = load_checkpoint(options.resume, net)
    if continuation is None:
        say(f"{options.resume} holds parameters only: starting at epoch {options.start_epoch}")
        return None
    for differs in continuation.setting.differences(now):
        say(f"warning: {options.resume} was saved with {differs}: it sees other batches")
    at = continuation.position
    say(f"resumed from {options.resume}: epoch {at.epoch} iteration {at.iteration}, {at.step} iterations done")
    return continuation
