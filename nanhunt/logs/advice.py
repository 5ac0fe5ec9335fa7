"""What to run next: a command of nanhunt for this log."""

import shlex
from typing import Dict, List, Optional, Tuple

from nanhunt.logs.log import Log, Run
from nanhunt.logs.series import Series

DATASETS = ("mhp", "mhpv1", "synthetic-mhp")
_VALUES = [
    "dataset",
    "model",
    "model_zoo",
    "backbone",
    "batch_size",
    "base_size",
    "crop_size",
    "train_split",
    "aux_weight",
    "epochs",
    "optimizer",
    "lr",
    "momentum",
    "weight_decay",
    "warmup_epochs",
    "dtype",
    "ngpus",
    "kvstore",
    "workers",
]
_SWITCHES = ("syncbn", "aux", "no_wd", "no_cuda")

Step = Tuple[str, str]
"""A reason and a command, which may be empty."""


def next_steps(log: Log, run: Run, series: Optional[Series], broke_off: bool) -> List[Step]:
    """What to do about a log, the best first.

    Args:
        series: that went non-finite; None where all is finite.
        broke_off: the log ends before its training does.
    """
    if log.context.dumps:
        found = " (nanhunt found: %s)" % log.context.cause if log.context.cause else ""
        why = "the iteration is in a dump already" + found
        return [(why, "nanhunt replay %s" % shlex.quote(path)) for path in log.context.dumps[:3]]
    if series is None or series.first is None:
        looked = training_command(log.context.options, "preflight") if broke_off else None
        why = "it broke off: look whether its structure makes it hang, as SyncBatchNorm does that waits for other devices"
        return [(why, looked)] if looked is not None else []
    command = training_command(log.context.options)
    if command is not None:
        why = "the log's own options, watched: it stops at the first bad iteration, names the operator and writes a dump"
        steps = [(why, command)]
    elif log.context.command is not None:
        steps = [("the log's own command, watched", "nanhunt run %s" % log.context.command)]
    else:
        steps = [("your program, watched (put its name and arguments in)", "nanhunt run train.py")]
    if run.format.framework not in ("mxnet",):
        steps = [(why + "; nanhunt watches MXNet programs only", command) for why, command in steps]
    epoch = series.first.place.epoch
    if epoch:
        steps.append(("to get there sooner, start it from the checkpoint that was saved before epoch %d" % epoch, ""))
    return steps


def training_command(options: Dict[str, str], command: str = "train") -> Optional[str]:
    """`nanhunt train …`, or another command with its options, of what GluonCV's segmentation script was given.

    None where it was another script or dataset.
    """
    if options.get("dataset") not in DATASETS or not {"model", "backbone", "crop_size"} <= set(options):
        return None
    words = ["nanhunt", command]
    for name in _VALUES:
        value = options.get(name, "None")
        if value not in ("None", ""):
            words += ["--" + name.replace("_", "-"), value]
    words += ["--" + name.replace("_", "-") for name in _SWITCHES if options.get(name) == "True"]
    return " ".join(shlex.quote(word) for word in words + ["--log-interval", "1"])
