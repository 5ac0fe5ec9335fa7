"""The run-up of a dump as curves: loss, learning rate, gradient norm, and the size of every layer, iteration by iteration."""

from typing import List, Tuple

import numpy as np

from nanhunt.diagnose.growth import growth_of
from nanhunt.dump.runup import RunUp
from nanhunt.report.chart import Chart, Series, chart_of

_LAYERS = (
    ("activation", "activations of each layer"),
    ("gradient", "gradient of each parameter"),
    ("parameter", "each parameter"),
    ("optimizer", "each array of the optimizer"),
    ("aux", "each running statistic"),
)


def charts_of(run_up: RunUp) -> Tuple[Chart, ...]:
    """The charts that have something to show, with the tensor and the iteration in which growth began pointed out."""
    steps = [int(step) for step in run_up.step]
    if len(steps) < 2:
        return ()
    first = growth_of(run_up).first
    onset = steps[first.since] if first is not None else None
    made = [chart_of("loss", steps, [Series("loss", run_up.loss)], onset=onset)]
    known = np.isfinite(run_up.lr)
    if len(np.unique(run_up.lr[known])) > 1:
        made.append(chart_of("learning rate", steps, [Series("learning rate", run_up.lr, known)], onset=onset))
    made.append(chart_of("gradient norm", steps, [Series("gradient norm", run_up.gradient_norm)], onset=onset))
    for kind, title in _LAYERS:
        columns = run_up.of_kind(kind)
        series = [Series(_name(run_up, k), run_up.sizes[:, k], run_up.read[:, k]) for k in columns]
        if any(run_up.read[:, k].sum() > 2 for k in columns) or len(steps) < 3:
            there = [run_up.tensors[k] == first.tensor for k in columns] if first is not None else []
            pointed = series[there.index(True)].name if True in there else ""
            made.append(chart_of(title, steps, series, pointed, onset))
    charts: List[Chart] = [each for each in made if each is not None]
    return tuple(charts)


def _name(run_up: RunUp, column: int) -> str:
    """One column of `sizes` in words: unique among those of its kind."""
    tensor, several = run_up.tensors[column], len({each.device for each in run_up.tensors}) > 1
    return "%s%s (%s)" % (tensor.name, " on %s" % tensor.device if several else "", tensor.measure)
