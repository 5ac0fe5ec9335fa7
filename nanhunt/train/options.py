"""What `nanhunt train` can be told: the parser's options, the frozen result, and what values can work together."""

import argparse
import math
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Optional, Sequence

from nanhunt.data.choices import (
    FIRST,
    GRAYS,
    KEEP,
    LIKES,
    NONE,
    OVERLAPS,
    REPLICATE,
    RESIZES,
    SHORT_SIDE,
    boundary_width,
    check_choice,
    check_resize,
)
from nanhunt.data.source import Source, add_source_options
from nanhunt.errors import UsageError
from nanhunt.watching.options import WatchOptions, add_watch_options

MODELS = ("fcn", "psp", "deeplab", "deeplabplus", "deeplabplusv3b", "icnet", "fastscnn", "danet")
"""What GluonCV's `get_segmentation_model` knows; the last two since 0.8."""

BACKBONES = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnest50",
    "resnest101",
    "resnest200",
    "resnest269",
)

OPTIMIZERS = ("sgd", "adam")
KVSTORES = ("device", "local", "nccl", "dist_sync", "dist_device_sync", "dist_async", "dist_sync_device")
DTYPES = ("float32", "float16")

MHP_CLASSES = 19
"""LV-MHP-v1 labels are 0..18. GluonCV 0.7 says NUM_CLASS = 18, later versions 19."""

CROP_STEP = {"psp": 8, "deeplab": 8, "deeplabplus": 8, "deeplabplusv3b": 8, "icnet": 16, "fastscnn": 32}
"""What the crop size must be a multiple of. These networks resize features to crop/8 (psp, deeplab), crop/16 (icnet) or crop/32
(fastscnn) by whole-number division and then join them with features of a strided convolution, which rounds up."""

SMALLEST_CROP = {"icnet": 32, "fastscnn": 192}
"""icnet resizes to crop/32, fastscnn pools crop/32 into 6x6 bins."""


@dataclass(frozen=True)
class TrainOptions(WatchOptions):
    """One training run as asked for. Field names are the options' long names, those of switches say what is so.

    Attributes:
        num_class: channels of the prediction.
        ngpus: devices, GPUs or CPU contexts; None is every GPU, or one CPU context.
        device: `auto`, `gpu` or `cpu`.
        loss_scale: `dynamic` or a number, as text; None is no scale.
        clip_grad: largest global norm of the gradient that is applied; None is no limit.
        max_iterations: iterations in all, those before a resumed checkpoint included; None is no limit.
        seed: of initial values, order, augmentation and Dropout.
        watch: whether every iteration is checked.
        preflight: whether the training is looked at before it begins.
    """

    model: str = "fcn"
    model_zoo: Optional[str] = None
    pretrained: bool = False
    backbone: str = "resnet50"
    pretrained_base: bool = True
    dataset: str = "synthetic-mhp"
    data_root: Optional[Path] = None
    images: Optional[Path] = None
    masks: Optional[Path] = None
    train_list: Optional[Path] = None
    val_list: Optional[Path] = None
    num_class: int = MHP_CLASSES
    like: Optional[str] = None
    skip: Optional[Path] = None
    gray: str = REPLICATE
    overlap: str = FIRST
    boundary: str = KEEP
    resize: Optional[str] = None
    crop: bool = True
    workers: int = 0
    base_size: int = 520
    crop_size: int = 480
    train_split: str = "train"
    shuffle: bool = True
    aux: bool = False
    aux_weight: float = 0.5
    epochs: int = 50
    start_epoch: int = 0
    max_iterations: Optional[int] = None
    batch_size: int = 16
    test_batch_size: int = 16
    optimizer: str = "sgd"
    lr: float = 1e-3
    lr_mode: str = "poly"
    warmup_epochs: int = 0
    momentum: float = 0.9
    weight_decay: float = 1e-4
    no_wd: bool = False
    clip_grad: Optional[float] = None
    mode: str = "imperative"
    device: str = "auto"
    no_cuda: bool = False
    ngpus: Optional[int] = None
    kvstore: str = "device"
    dtype: str = "float32"
    loss_scale: Optional[str] = None
    syncbn: bool = False
    resume: Optional[Path] = None
    checkname: str = "default"
    save_dir: Optional[Path] = None
    logging_file: str = "train.log"
    log_interval: int = 20
    evaluate: bool = False
    validate: bool = True
    watch: bool = True
    preflight: bool = True

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> "TrainOptions":
        """The options out of what `add_options` made the parser read, checked.

        Raises:
            UsageError: as `check_options`.
        """
        given = {field.name: getattr(arguments, field.name) for field in fields(cls)}
        if given["num_class"] is None:
            given["num_class"] = Source(given["dataset"], like=given["like"]).classes()
        options = cls(**given)
        check_options(options)
        return options

    @property
    def source(self) -> Source:
        """Where the data is."""
        lists = self.images, self.masks, self.train_list, self.val_list
        return Source(self.dataset, self.data_root, *lists, self.num_class or None, self.like)

    @property
    def network(self) -> str:
        """Name of the network, for messages: `psp resnet50`, or the model zoo's name."""
        return self.model_zoo if self.model_zoo is not None else f"{self.model} {self.backbone}"

    @property
    def folder(self) -> Path:
        """Where checkpoints and the log go."""
        if self.save_dir is not None:
            return self.save_dir
        network = Path(self.model_zoo) if self.model_zoo is not None else Path(self.model, self.backbone)
        return Path("runs", self.dataset) / network / self.checkname

    @property
    def dumps(self) -> Path:
        """Where dumps go."""
        return self.dump_dir if self.dump_dir is not None else self.folder / "dumps"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of GluonCV's segmentation training script and our own; loads no framework."""
    add = _Group(parser.add_argument_group("model"))
    add.value("model", f"network: {', '.join(MODELS)}")
    add.value("backbone", "such as resnet18, resnet50, resnet101, resnet152")
    add.switch("no-pretrained-base", "random weights instead of a downloaded backbone", "pretrained_base")
    add.value("model-zoo", "a network of GluonCV's model zoo, in place of --model and --backbone", metavar="NAME")
    add.switch("pretrained", "with --model-zoo: download its trained weights")
    add.switch("aux", "auxiliary loss")
    add.value("aux-weight", "of the auxiliary loss", type=float, metavar="W")
    add.value("mode", "hybrid compiles the network", choices=("imperative", "hybrid"))
    add.value("dtype", "of data, network and loss", choices=DTYPES)
    add.value(
        "loss-scale",
        "for float16: dynamic, or a number; gradients are computed so many times too large, and the loss in float32",
        metavar="SCALE",
    )

    group = parser.add_argument_group("data")
    add_source_options(group, _DEFAULT.dataset)
    add = _Group(group)
    add.value("like", f"{' or '.join(LIKES)}: read LV-MHP-v1 as that does, mistakes included", metavar="VERSION")
    add.value("skip", "file of entries to leave out, as `inspect-data --write-skip` makes it", type=Path, metavar="FILE")
    add.value("gray", "images of one channel: it three times, or with the mean chroma of the colour images", choices=GRAYS)
    add.value("overlap", "whose a pixel is that several persons cover, in the order of their ids", choices=OVERLAPS)
    add.value("boundary", "keep, or ignore[:WIDTH]: leave pixels at borders between labels out of the loss", metavar="HOW")
    add.value("resize", f"before augmentation: {', '.join(RESIZES)}; {SHORT_SIDE} for mhp, {NONE} for others", metavar="HOW")
    add.switch("no-crop", "with --resize direct or aspect: the whole picture at --crop-size, neither scaled nor cut", "crop")
    add.value("train-split", "what to train on: train, val, test or all", metavar="SPLIT")
    add.value("base-size", "pixels that --resize and the augmentation go by", type=int, metavar="PIXELS")
    add.value("crop-size", "both sides of what the network is fed", type=int, metavar="PIXELS")
    add.value("batch-size", "samples of an iteration, over all devices", type=int, metavar="N")
    add.value("test-batch-size", "samples of a validation batch, over all devices", type=int, metavar="N")
    add.switch("no-shuffle", "take the samples in the order of the list", "shuffle")
    add.value("workers", "loader threads", type=int, metavar="N")

    add = _Group(parser.add_argument_group("training"))
    add.value("epochs", "epochs of the whole run", type=int, metavar="N")
    add.value("start-epoch", "first epoch, from 0", "--start_epoch", type=int, metavar="N")
    add.value("max-iterations", "stop after N iterations in all", type=int, metavar="N")
    add.value("optimizer", "sgd or adam")
    add.value("lr", "learning rate", type=float)
    add.value("lr-mode", "poly falls to 0 over the run, power 0.9", choices=("poly", "constant"))
    add.value("warmup-epochs", "linear from 0", type=int, metavar="N")
    add.value("momentum", "of sgd", type=float, metavar="M")
    add.value("weight-decay", "of all parameters", type=float, metavar="W")
    add.switch("no-wd", "no weight decay on biases, beta and gamma")
    add.value("clip-grad", "scale the gradient down to a global norm of X", type=float, metavar="X")
    add.switch("syncbn", "normalise over the samples of all devices")
    add.value("seed", "of initial values, order, augmentation and Dropout", type=int)

    add = _Group(parser.add_argument_group("devices"))
    add.value("device", "auto takes GPUs where there are any", choices=("auto", "gpu", "cpu"))
    add.value("ngpus", "devices, GPUs or CPU contexts; all GPUs, at least 1, if not given", type=int, metavar="N")
    add.switch("no-cuda", "one CPU context and a local kvstore")
    add.value("kvstore", "how devices exchange gradients: device, local, nccl or dist_*")

    add = _Group(parser.add_argument_group("checkpoints and log"))
    add.value("resume", "go on from a checkpoint, or start from a GluonCV .params file", type=Path, metavar="FILE")
    add.value("checkname", "last folder of the default --save-dir", metavar="NAME")
    add.value("save-dir", "runs/<dataset>/<model>/<backbone>/<checkname> if not given", type=Path, metavar="DIR")
    add.value("logging-file", "in --save-dir", metavar="NAME")
    add.value("log-interval", "log every N-th iteration", type=int, metavar="N")
    add.switch("eval", "only validate", "evaluate")
    add.switch("no-val", "no validation after each epoch", "validate")

    add = _Group(add_watch_options(parser, "<save-dir>/dumps"))
    add.switch("no-watch", "train without any check", "watch")
    add.switch("no-preflight", "do not look at the training before it begins", "preflight")


class _Group:
    """One group of options, whose defaults are those of TrainOptions."""

    def __init__(self, group: Any) -> None:
        self._add = group.add_argument

    def value(self, name: str, says: str, *others: str, **settings: Any) -> None:
        default = getattr(_DEFAULT, name.replace("-", "_"))
        text = says if default is None else f"{says} (default: %(default)s)"
        self._add(f"--{name}", *others, default=default, help=text, **settings)

    def switch(self, name: str, says: str, field: str = "") -> None:
        """A switch that turns the field (of the same name, if not given) over."""
        field = field or name.replace("-", "_")
        default = getattr(_DEFAULT, field)
        self._add(f"--{name}", dest=field, default=default, action="store_false" if default else "store_true", help=says)


_DEFAULT = TrainOptions(workers=min(16, os.cpu_count() or 1))


def check_options(options: TrainOptions) -> None:
    """Refuse what cannot work, before anything heavy is loaded.

    Raises:
        UsageError: naming the option, what it takes and what was given.
    """
    options.check_watching(remakes=True)
    options.probes()
    _check_names(options)
    _check_data(options)
    _check_numbers(options)
    _check_crop(options)
    if options.loss_scale is not None:
        from nanhunt.train.loss_scale import check_loss_scale

        check_loss_scale(options.loss_scale, options.kvstore)
    if options.pretrained and options.model_zoo is None:
        raise UsageError(
            "Expected --model-zoo with --pretrained, found none; --pretrained fetches the weights of a model zoo entry."
        )
    if options.device == "gpu" and options.no_cuda:
        raise UsageError("Expected one of --device gpu and --no-cuda, found both.")
    if options.resume is not None and not options.resume.is_file():
        raise UsageError(f"Expected a checkpoint at --resume {options.resume}, found no such file.")
    if options.ngpus is not None and options.batch_size < options.ngpus:
        raise too_small_a_batch(options.batch_size, options.ngpus)


def too_small_a_batch(batch_size: int, devices: int) -> UsageError:
    """The error for a batch that leaves a device without a sample."""
    return UsageError(
        f"Expected at least one sample for each of {devices} devices, found --batch-size {batch_size}; "
        "raise it or lower --ngpus."
    )


def _check_names(options: TrainOptions) -> None:
    _one_of("--optimizer", options.optimizer, OPTIMIZERS)
    _one_of("--kvstore", options.kvstore, KVSTORES)
    if options.model_zoo is None:
        _one_of("--model", options.model, MODELS)
        _one_of("--backbone", options.backbone, BACKBONES)


def _check_numbers(options: TrainOptions) -> None:
    for name, least in (
        ("batch_size", 1),
        ("test_batch_size", 1),
        ("epochs", 1),
        ("start_epoch", 0),
        ("warmup_epochs", 0),
        ("max_iterations", 1),
        ("ngpus", 1),
        ("workers", 0),
        ("log_interval", 1),
        ("num_class", 2),
        ("base_size", 8),
        ("crop_size", 8),
        ("lr", 0),
        ("momentum", 0),
        ("weight_decay", 0),
        ("aux_weight", 0),
    ):
        value = getattr(options, name)
        if value is not None and not (math.isfinite(value) and value >= least):
            raise UsageError(f"Expected --{name.replace('_', '-')} of {least} or more, found {value}.")
    if options.clip_grad is not None and not (math.isfinite(options.clip_grad) and options.clip_grad > 0):
        raise UsageError(f"Expected --clip-grad above 0, found {options.clip_grad}; leave it out for no clipping.")
    if options.start_epoch >= options.epochs:
        raise UsageError(f"Expected --start-epoch below --epochs {options.epochs}, found {options.start_epoch}.")
    if options.warmup_epochs > options.epochs:
        raise UsageError(f"Expected --warmup-epochs of at most --epochs {options.epochs}, found {options.warmup_epochs}.")


def _check_data(options: TrainOptions) -> None:
    options.source.check()
    check_choice("--gray", options.gray, GRAYS)
    check_choice("--overlap", options.overlap, OVERLAPS)
    check_resize(options.resize or options.source.resize, options.crop)
    steps = options.gray, options.overlap, boundary_width(options.boundary), options.resize or SHORT_SIDE, options.crop
    if options.like is not None and steps != (REPLICATE, FIRST, 0, SHORT_SIDE, True):
        raise UsageError(
            f"Expected --like {options.like} without --gray, --overlap, --boundary, --resize and --no-crop: it is as it was."
        )
    if options.skip is not None and not options.skip.is_file():
        raise UsageError(f"Expected a file of entries at --skip {options.skip}, found none.")


def _check_crop(options: TrainOptions) -> None:
    model = options.model if options.model_zoo is None else options.model_zoo.split("_")[0].lower()
    step, least = CROP_STEP.get(model, 1), SMALLEST_CROP.get(model, 8)
    size = options.crop_size
    if size % step or size < least:
        least_said = f" of {least} or more" if least > step else ""
        nearest = max(least, round(size / step) * step)
        raise UsageError(
            f"Expected a multiple of {step}{least_said} for --crop-size with {model}, found {size}; take {nearest}."
        )


def _one_of(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise UsageError(f"Expected {option} out of {', '.join(known)}, found {value!r}.")
