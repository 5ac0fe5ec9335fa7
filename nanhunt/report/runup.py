"""The run-up of a dump as charts: loss, learning rate, gradient norm, and the size of every layer, iteration by iteration."""

from typing import List, Optional, Tuple

import numpy as np

from nanhunt.dump.runup import RunUp
from nanhunt.report.chart import Chart, Series, chart_of

_LAYERS = (
    ("activation", "activations of each layer"),
    ("gradient", "gradient of each parameter"),
    ("parameter", "each parameter"),
    ("optimizer", "each array of the optimizer"),
    ("aux", "each running statistic"),
)


def charts_of(run_up: RunUp, first: str = "", onset: Optional[int] = None) -> Tuple[Chart, ...]:
    """The charts that have something to show.

    Args:
        first: the tensor where growth began, as `name_of` writes it.
        onset: the step at which it did.
    """
    steps = [int(step) for step in run_up.step]
    if len(steps) < 2:
        return ()
    made = [chart_of("loss", steps, [Series("loss", run_up.loss)], onset=onset)]
    if len(np.unique(run_up.lr[np.isfinite(run_up.lr)])) > 1:
        known = np.isfinite(run_up.lr)
        made.append(chart_of("learning rate", steps, [Series("learning rate", run_up.lr, known)], onset=onset))
    made.append(chart_of("gradient norm", steps, [Series("gradient norm", run_up.gradient_norm)], onset=onset))
    for kind, title in _LAYERS:
        series = [Series(name_of(run_up, k), run_up.sizes[:, k], run_up.read[:, k]) for k in run_up.of_kind(kind)]
        if any(each.read.sum() > 2 for each in series if each.read is not None) or len(steps) < 3:
            made.append(chart_of(title, steps, series, first, onset))
    charts: List[Chart] = [each for each in made if each is not None]
    return tuple(charts)


def name_of(run_up: RunUp, column: int) -> str:
    """One column of `sizes` in words: unique among those of its kind."""
    tensor = run_up.tensors[column]
    several = len({each.device for each in run_up.tensors}) > 1
    return "%s%s (%s)" % (tensor.name, " on %s" % tensor.device if several else "", tensor.measure)
