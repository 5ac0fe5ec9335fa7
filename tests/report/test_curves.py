"""Curves of a run-up: scales, gaps, what is not finite, and where growth began."""

import re

import numpy as np

from nanhunt.dump.runup import Followed, RunUp
from nanhunt.report.chart import HEIGHT, WIDTH, Series, chart_of
from nanhunt.report.curves import charts_of

COUNT = 24


def run_up(first_step=0, growing=True):
    step = np.arange(COUNT) + first_step
    noise = np.random.RandomState(0).rand(3, COUNT) * 0.05 + 1
    sizes = np.stack([noise[0], noise[1], noise[2]], axis=1)
    if growing:
        sizes[12:, 1] *= 3.0 ** np.arange(1, COUNT - 11)
        sizes[16:, 2] *= 2.0 ** np.arange(1, COUNT - 15)
    names = (("activation", "a"), ("activation", "b"), ("gradient", "w"))
    tensors = tuple(Followed(kind, name, "cpu(0)", "rms") for kind, name in names)
    read = np.ones((COUNT, 3), bool)
    loss = np.where(np.arange(COUNT) < COUNT - 1, 1.0, np.nan)
    lr = np.linspace(0.1, 0.2, COUNT)
    sizes = sizes.astype("float32")
    return RunUp(tensors, step * 0, step, step, step, loss, lr, np.ones(COUNT), step[:, None], sizes, read)


def test_the_layer_and_the_iteration_where_growth_began_are_pointed_out():
    charts = {chart.title.partition(" (")[0]: chart for chart in charts_of(run_up(first_step=100))}
    assert list(charts) == ["loss", "learning rate", "gradient norm", "activations of each layer", "gradient of each parameter"]
    layers = charts["activations of each layer"]
    assert layers.curves[-1].kind == "first" and layers.label == "b (rms)" and layers.title.endswith("(log scale)")
    assert all(curve.kind != "first" for curve in charts["gradient of each parameter"].curves)
    onset = (layers.onset - layers.left) / (layers.right - layers.left) * (COUNT - 1)
    assert abs(onset - 12) <= 1.01


def test_where_nothing_grew_nothing_is_pointed_out():
    assert all(chart.onset is None for chart in charts_of(run_up(growing=False)))


def test_what_is_not_finite_is_a_dot_and_ends_the_curve():
    loss = charts_of(run_up())[0]
    assert [text for _, text in loss.bad] == ["step 23: 1 not finite, or with squares that are not"]
    assert loss.bad[0][0] == loss.right and loss.curves[0].path.count("L") == COUNT - 2


def test_everything_lies_inside():
    values = np.array([0.0, 1e-30, 1.0, 1e30, np.inf, -0.0])
    for scale in (values, -values, np.full(6, 5.0)):
        chart = chart_of("x", range(6), [Series("x", scale)])
        numbers = [float(each) for each in re.findall(r"[-\d.e]+", chart.curves[0].path.replace("h0", ""))]
        assert all(0 <= x <= WIDTH for x in numbers[::2]) and all(0 <= y <= HEIGHT for y in numbers[1::2])
        assert 1 <= len(chart.up) <= 12 and all(0 <= y <= HEIGHT for y, _ in chart.up)


def test_an_iteration_that_was_not_read_is_passed_over():
    chart = chart_of("x", range(4), [Series("x", np.array([1.0, np.nan, 2.0, 3.0]), np.array([True, False, True, True]))])
    assert chart.curves[0].path.count("M") == 1 and chart.bad == ()


def test_nothing_finite_is_no_chart():
    assert chart_of("x", range(2), [Series("x", np.array([np.nan, np.inf]))]) is None
    assert chart_of("x", [], []) is None
