"""A Record is everything about one iteration that a dump holds, independent of the file."""

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Sequence

import numpy as np

Arrays = Mapping[str, "np.ndarray[Any, Any]"]
"""Name to array. May be lazy: the writer asks for one array at a time and keeps none, so that a dump does not double
the process's memory. Names may hold any character, `/` too."""

Json = Any


@dataclass(frozen=True)
class Record:
    """One iteration, ready to be written or just read.

    Attributes:
        reason: why it was taken: `non-finite`, `bad-label` or `hang`.
        finding: a Finding in its JSON form.
        environment: framework, versions, CPU, MXNET_* / OMP_* variables, command line, git commit; JSON values.
        iteration: `epoch`, `iteration`, `step`, `lr`, `seed` (the framework's seed for this iteration, or null), `warnings`
            (docs/warnings.md; only where there were any), `data` (docs/data.md; how the batch was made, where that is known),
            and `samples`: one JSON object per sample of the whole batch, in order, with `index` (int), `path` (str), `device`
            (str), `row` (int, the place in that device's batch) and `draws` (object: the augmentation as drawn).
        batch: the arrays that went in; names are `<device>/<array>`, e.g. `cpu(0)/data`.
        parameters, aux: pre-step state of the first device by parameter name. Running statistics are in `aux`.
        optimizer: optimizer state arrays, e.g. `<parameter>/0` for momentum.
        devices: what differs from the first device: `<device>/parameters/<name>`, `<device>/aux/<name>`.
        optimizer_settings: class name and hyperparameters; JSON.
        graph: the recorded op graph; JSON.
        observed: one JSON object per probed tensor, in execution order.
        gradients: what gradient arrays held before the iteration, where they are added to: `<device>/<parameter>`.
        history: the run-up and what an update read, name to array; may be empty.
        runup: what belongs to the arrays of the run-up; JSON, empty where there are none.
    """

    reason: str
    finding: Mapping[str, Json]
    environment: Mapping[str, Json]
    iteration: Mapping[str, Json]
    batch: Arrays
    parameters: Arrays
    aux: Arrays
    optimizer: Arrays = field(default_factory=dict)
    devices: Arrays = field(default_factory=dict)
    optimizer_settings: Mapping[str, Json] = field(default_factory=dict)
    graph: Mapping[str, Json] = field(default_factory=dict)
    observed: Sequence[Mapping[str, Json]] = ()
    gradients: Arrays = field(default_factory=dict)
    history: Arrays = field(default_factory=dict)
    runup: Mapping[str, Json] = field(default_factory=dict)

    def arrays(self) -> Dict[str, Arrays]:
        """The groups of arrays by the name of the field."""
        names = ("batch", "parameters", "aux", "optimizer", "devices", "gradients", "history")
        return {name: getattr(self, name) for name in names}
