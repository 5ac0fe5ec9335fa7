"""The run-up in a dump: what each of the last iterations looked like, as plain arrays with a list of names."""

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from nanhunt.dump.record import Record
from nanhunt.errors import DumpDamagedError

PREFIX = "runup/"
"""How the names of its arrays in `Record.history` begin."""

TENSORS = "tensors"
"""Key of `Record.runup`: the columns of `sizes`."""

_COLUMNS: Mapping[str, Any] = {
    "epoch": np.int64,
    "iteration": np.int64,
    "step": np.int64,
    "seed": np.int64,
    "loss": np.float64,
    "lr": np.float64,
    "gradient_norm": np.float64,
}
"""Arrays with one value an iteration."""

Measure = str
"""`norm`: the 2-norm of the tensor. `rms`: the root of the mean of its squares. `mean`: the largest mean of a channel, as its
absolute value."""


class Followed(NamedTuple):
    """A tensor that was looked at in the iterations of a run-up.

    Attributes:
        kind: `activation`, `gradient`, `parameter`, `aux`, `optimizer`, `loss` or `input`.
        name: of a block, a parameter, an array.
        device: such as `cpu(0)`.
        measure: what its size is; see Measure.
    """

    kind: str
    name: str
    device: str
    measure: Measure


@dataclass(frozen=True)
class RunUp:
    """The iterations before a finding, oldest first; the last one is the one that was dumped.

    Attributes:
        tensors: the columns of `sizes`, m of them, in the order of execution.
        epoch, iteration, step: int64 (n,).
        seed: int64 (n,), of the framework's generator; -1 where it was left alone.
        loss: float64 (n,), mean over the elements of what was differentiated; NaN where that is not known, too.
        lr: float64 (n,), learning rate of the update that ended the iteration; NaN where it is not known.
        gradient_norm: float64 (n,), 2-norm of all gradients together, as backward gave them.
        sample_index: int64 (n, most in a batch), -1 where there is none or it is not known.
        sizes: float32 (n, m); NaN where the tensor is NaN or was not read.
        read: bool (n, m), whether it was read in that iteration. Parameters that are certainly finite are not, for example.
    """

    tensors: Tuple[Followed, ...]
    epoch: np.ndarray
    iteration: np.ndarray
    step: np.ndarray
    seed: np.ndarray
    loss: np.ndarray
    lr: np.ndarray
    gradient_norm: np.ndarray
    sample_index: np.ndarray
    sizes: np.ndarray
    read: np.ndarray

    def __len__(self) -> int:
        return len(self.step)

    def of_kind(self, kind: str) -> List[int]:
        """Columns of `sizes` of the tensors of that kind."""
        return [k for k, each in enumerate(self.tensors) if each.kind == kind]

    def to_record(self) -> Tuple[Dict[str, Any], Dict[str, np.ndarray]]:
        """What goes into `Record.runup`, and what into `Record.history`."""
        names = [*_COLUMNS, "sample_index", "sizes", "read"]
        tensors = [[each.kind, each.name, each.device, each.measure] for each in self.tensors]
        return {TENSORS: tensors}, {PREFIX + name: getattr(self, name) for name in names}


def run_up_of(record: Record) -> Optional[RunUp]:
    """The run-up that a dump holds; None where it holds none, as those of earlier versions do.

    Raises:
        DumpDamagedError: its arrays and its names do not belong together.
    """
    if TENSORS not in record.runup or PREFIX + "step" not in record.history:
        return None
    try:
        tensors = tuple(Followed(*map(str, each)) for each in record.runup[TENSORS])
        columns = {name: np.asarray(record.history[PREFIX + name], dtype) for name, dtype in _COLUMNS.items()}
        samples = np.asarray(record.history[PREFIX + "sample_index"], np.int64)
        sizes = np.asarray(record.history[PREFIX + "sizes"], np.float32)
        read = np.asarray(record.history[PREFIX + "read"], bool)
    except (KeyError, TypeError, ValueError) as error:
        raise DumpDamagedError("the dump's run-up cannot be read: %s; make a new dump" % error) from error
    count = len(columns["step"]) if columns["step"].ndim == 1 else -1
    whole = (count, len(tensors))
    shapes = [each.shape == (count,) for each in columns.values()] + [sizes.shape == whole, read.shape == whole]
    if not all(shapes) or samples.ndim != 2 or len(samples) != count:
        raise DumpDamagedError("the dump's run-up is not whole: its arrays have different lengths; make a new dump")
    return RunUp(tensors, sample_index=samples, sizes=sizes, read=read, **columns)


def padded(lists: Sequence[Sequence[int]]) -> np.ndarray:
    """Lists of sample indices as int64 (how many, longest), with -1 behind the shorter ones."""
    table = np.full((len(lists), max(map(len, lists), default=0)), -1, np.int64)
    for row, each in enumerate(lists):
        table[row, : len(each)] = each
    return table
