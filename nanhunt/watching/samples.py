"""Which sample of a batch stands in which row of which device, where the program did not say so itself."""

from typing import Any, Dict, List, Mapping, Tuple

from nanhunt.backends.base import BatchPosition


def samples_of(position: BatchPosition, batch: Mapping[Tuple[str, str], Any]) -> List[Dict[str, Any]]:
    """One entry for each sample, with its row where the shards add up to the batch; as in `Record.iteration`.

    Args:
        batch: the arrays that went into the network by (device, name).
    """
    rows: Dict[str, int] = {}
    for (device, _), tensor in batch.items():
        if tensor.shape:
            rows[device] = max(rows.get(device, 0), int(tensor.shape[0]))
    places = [(device, row) for device in sorted(rows) for row in range(rows[device])]
    if len(places) != len(position.indices):
        places = [("", -1)] * len(position.indices)
    paths = position.paths or ("",) * len(position.indices)
    return [
        {"index": index, "path": path, "device": device, "row": row, "draws": {}}
        for index, path, (device, row) in zip(position.indices, paths, places)
    ]
