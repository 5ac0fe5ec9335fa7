"""Checkpoints: parameters, optimizer state and position in one file, from which a run goes on to the last bit.

The file is MXNet's own array format with the names of `Block.save_parameters`; what GluonCV does not know has names
beginning with `nanhunt/`, so that `net.load_parameters(file, ignore_extra=True)` reads it. Nothing in it is pickled.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.diagnose.finding import Position
from nanhunt.errors import NanhuntError
from nanhunt.replacing import replacing

VERSION = 1
OWN = "nanhunt/"
_META = OWN + "meta"
_LIST_MAGIC = (0x112).to_bytes(8, "little")
"""First bytes of every file that `mx.nd.save` writes (kMXAPINDArrayListMagic)."""


@dataclass(frozen=True)
class Setting:
    """What a checkpoint's position depends on; another seed or batch size makes other batches of the rest of the epoch.

    Attributes:
        data: split, steps, sizes and the like; empty in checkpoints that do not tell.
    """

    seed: int
    batch_size: int
    dataset: str
    data: Mapping[str, str] = field(default_factory=dict)

    def differences(self, now: "Setting") -> List[str]:
        """What a run has otherwise than this checkpoint, in words."""
        old, new = ({**asdict(each), **each.data} for each in (self, now))
        shared = [name for name in old if name in new and name != "data"]
        return [f"{name} {old[name]}, this run has {new[name]}" for name in shared if old[name] != new[name]]


def epoch_name(epoch: int, mean_iou: float) -> str:
    """File name of the checkpoint after an epoch, as GluonCV's script gives it: `epoch_0012_mIoU_0.4512.params`."""
    return f"epoch_{epoch:04d}_mIoU_{mean_iou:.4f}.params"


def iteration_name(position: Position) -> str:
    """File name of a checkpoint inside an epoch: `epoch_0012_iteration_0035.params`, named by the next iteration."""
    return f"epoch_{position.epoch:04d}_iteration_{position.iteration:04d}.params"


def save_checkpoint(path: Path, net: Any, trainer: Any, position: Position, setting: Setting) -> None:
    """Write everything to a temporary name in the same folder, sync it, and rename it.

    Raises:
        NanhuntError: the file cannot be written.
    """
    import mxnet as mx

    # MXNet 1.4.1: BatchNorm's backward updates the running statistics behind the engine's back, so a read does not wait for it.
    mx.nd.waitall()
    arrays: Dict[str, Any] = dict(_parameter_arrays(net))
    optimizer = _optimizer_arrays(trainer, arrays)
    meta = {"version": VERSION, "position": asdict(position), "setting": asdict(setting), "optimizer": optimizer}
    arrays[_META] = mx.nd.array(np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8), dtype=np.uint8)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            mx.nd.save(str(temporary), arrays)
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
    except (OSError, mx.base.MXNetError) as error:
        raise NanhuntError(
            f"Expected to write the checkpoint {path}, could not ({_reason(error)}); make room or give another --save-dir."
        ) from error


def load_checkpoint(path: Path, net: Any) -> Optional["Continuation"]:
    """Put a checkpoint's parameters into the network.

    Args:
        path: a checkpoint of nanhunt, or a parameter file of GluonCV or `Block.save_parameters`.
        net: of the same architecture, all parameters initialised.

    Returns:
        The rest of the checkpoint; None for a bare parameter file.

    Raises:
        NanhuntError: the file is damaged, or belongs to another network.
    """
    arrays = _read(path)
    own = {name[len(OWN) :]: arrays.pop(name) for name in list(arrays) if name.startswith(OWN)}
    meta = _meta(path, own)
    _set_parameters(path, net, arrays)
    if meta is None:
        return None
    return Continuation(Position(**meta["position"]), Setting(**meta["setting"]), meta["optimizer"], own)


class Continuation:
    """What a checkpoint holds beside the parameters.

    Attributes:
        position: the next iteration to run.
        setting: what the checkpoint was saved with.
    """

    def __init__(self, position: Position, setting: Setting, optimizer: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        self.position = position
        self.setting = setting
        self._optimizer = optimizer
        self._arrays = arrays

    def restore(self, net: Any, trainer: Any) -> bool:
        """Put each device's running statistics, momentum, moments and update counts back.

        A device that the checkpoint does not know gets the first one's. To be called when the trainer is made: its key-value
        store begins by copying the first device's statistics to all others.

        Returns:
            False where the optimizer is another one, which then starts from zero.
        """
        updaters = _updaters(trainer)
        self._restore_statistics(net)
        if self._optimizer["class"] != type(trainer._optimizer).__name__:
            return False
        saved: List[Dict[str, Any]] = self._optimizer["states"]
        for place, updater in enumerate(updaters):
            device = place if place < len(saved) else 0
            for index, structure in saved[device].items():
                context = trainer._contexts[place]
                updater.states[int(index)] = self._build(structure, context)
                updater.states_synced[int(index)] = False
        _set_counts(trainer._optimizer, self._optimizer)
        return True

    def _restore_statistics(self, net: Any) -> None:
        for name, parameter in net._collect_params_with_prefix().items():
            for device, data in enumerate(parameter.list_data()):
                saved = self._arrays.get(f"device/{device}/{name}")
                if saved is not None:
                    saved.copyto(data)

    def _build(self, structure: Any, context: Any) -> Any:
        if structure is None:
            return None
        if isinstance(structure, str):
            return self._arrays[structure].as_in_context(context)
        return tuple(self._build(each, context) for each in structure)


def _parameter_arrays(net: Any) -> Iterator[Tuple[str, Any]]:
    """Every parameter under its structural name, on the CPU; where there are several devices, running statistics as their mean
    and, under `nanhunt/device/`, each device's own. In all else devices agree."""
    import mxnet as mx

    for name, parameter in net._collect_params_with_prefix().items():
        each = [array.as_in_context(mx.cpu(0)) for array in parameter.list_data()]
        shared = len(each) == 1 or parameter.grad_req != "null"
        yield name, each[0] if shared else mx.nd.add_n(*each) / len(each)
        if not shared:
            for device, array in enumerate(each):
                yield f"{OWN}device/{device}/{name}", array


def _optimizer_arrays(trainer: Any, arrays: Dict[str, Any]) -> Dict[str, Any]:
    """Add the optimizer's arrays to `arrays`; their structure and the update counts as JSON."""
    import mxnet as mx

    states = []
    for place, updater in enumerate(_updaters(trainer)):
        description = {}
        for index, state in sorted(updater.states.items()):
            leaves: List[Any] = []
            description[str(index)] = _structure(state, f"optimizer/{place}/{index}", leaves)
            arrays.update((OWN + name, array.as_in_context(mx.cpu(0))) for name, array in leaves)
        states.append(description)
    optimizer = trainer._optimizer
    counts = getattr(optimizer, "_all_index_update_counts", None) or {0: optimizer._index_update_count}
    return {"class": type(optimizer).__name__, "states": states, "num_update": optimizer.num_update, "counts": counts}


def _structure(state: Any, name: str, leaves: List[Any]) -> Any:
    """Nested lists of names, None where there is no array; each array is put into `leaves` with its name."""
    if state is None:
        return None
    if isinstance(state, (list, tuple)):
        return [_structure(each, f"{name}/{k}", leaves) for k, each in enumerate(state)]
    leaves.append((name, state))
    return name


def _set_counts(optimizer: Any, description: Mapping[str, Any]) -> None:
    counts = {int(device): {int(k): v for k, v in each.items()} for device, each in description["counts"].items()}
    optimizer.num_update = description["num_update"]
    if hasattr(optimizer, "_all_index_update_counts"):
        optimizer._all_index_update_counts.update(counts)
        optimizer._index_update_count = optimizer._all_index_update_counts[0]
    else:
        optimizer._index_update_count = counts[0]


def _updaters(trainer: Any) -> Sequence[Any]:
    """Where the optimizer's arrays live: with the key-value store if that updates, else one for each device."""
    from nanhunt.backends.mxnet.state import updaters_of

    if not trainer._kv_initialized:
        trainer._init_kvstore()
    if trainer._params_to_init:
        trainer._init_params()
    return updaters_of(trainer)


def _read(path: Path) -> Dict[str, Any]:
    import mxnet as mx

    try:
        with path.open("rb") as opened:
            start = opened.read(len(_LIST_MAGIC))
        if start != _LIST_MAGIC:
            raise NanhuntError(f"Expected a parameter file in {path}, found something else; give a checkpoint to --resume.")
        arrays = mx.nd.load(str(path))
    except OSError as error:
        raise NanhuntError(f"Expected a checkpoint in {path}, could not read it ({_reason(error)}).") from error
    except (mx.base.MXNetError, MemoryError) as error:
        raise NanhuntError(f"Expected a whole checkpoint in {path}, found it cut short or altered; take another.") from error
    if not isinstance(arrays, dict):
        raise NanhuntError(f"Expected named parameters in {path}, found arrays without names; give a checkpoint to --resume.")
    return arrays


def _meta(path: Path, own: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    if "meta" not in own:
        return None
    meta: Dict[str, Any] = json.loads(own["meta"].asnumpy().tobytes().decode())
    if meta["version"] != VERSION:
        raise NanhuntError(f"Expected a checkpoint of version {VERSION} in {path}, found version {meta['version']}.")
    return meta


def _set_parameters(path: Path, net: Any, arrays: Mapping[str, Any]) -> None:
    parameters = net._collect_params_with_prefix()
    missing = sorted(set(parameters) - set(arrays))
    surplus = sorted(set(arrays) - set(parameters))
    if missing or surplus:
        raise NanhuntError(
            f"Expected the parameters of this network in {path}, found "
            + (f"no {missing[0]}" if missing else f"{surplus[0]} beside them")
            + "; give the --model, --backbone and --aux that it was saved with."
        )
    for name, parameter in parameters.items():
        if tuple(arrays[name].shape) != tuple(parameter.shape):
            raise NanhuntError(
                f"Expected {name} of shape {tuple(parameter.shape)} in {path}, found {tuple(arrays[name].shape)}; "
                "give the --backbone and --num-class that it was saved with."
            )
        parameter.set_data(arrays[name])


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
