"""Gradients that are non-finite although the forward is in order: singular, or hidden by a mask."""

import mxnet as mx
import pytest
from mxnet import nd
from small import COLUMN, HAS_NUMPY, check, column, finding_of, scale

DIV = ("elemwise_div", "broadcast_div")
SINGULAR = {
    "sqrt": (lambda h: nd.sqrt(h - 1).sum(), "sqrt"),
    "cbrt": (lambda h: nd.cbrt(h - 1).sum(), "cbrt"),
    "power": (lambda h: ((h - 1) ** 0.3).sum(), "_power_scalar"),
    "0 to the power 0": (lambda h: ((h - 1) ** 0).sum(), "_power_scalar"),
    "arcsin": (lambda h: nd.arcsin(h / 4).sum(), "arcsin"),
    "arccos": (lambda h: nd.arccos(h / 4).sum(), "arccos"),
    "arccosh": (lambda h: nd.arccosh(h).sum(), "arccosh"),
    "norm": (lambda h: nd.norm(h * 0), "norm"),
    "norm of a row": (lambda h: nd.norm(nd.concat(h - 1, h - 1, dim=1), axis=1).sum(), "norm"),
    "prod": (lambda h: nd.prod(h - 1), "prod"),
    "distance": (lambda h: nd.sqrt(nd.sum(nd.square(h - h))), "sqrt"),
    "hypot": (lambda h: nd.broadcast_hypot(h - 1, (h - 1) * 2).sum(), ("broadcast_hypot", "_hypot")),
    "exponent of 0": (lambda h: nd.broadcast_power(h * 0, h).sum(), "broadcast_power"),
    "divisor close to 0": (lambda h: nd.broadcast_div(h * 1e-30, h * 1e-30).sum(), DIV),
    "log close to 0": (lambda h: nd.log(h * 1e-40).sum(), "log"),
    "sqrt behind a factor of 0 of its own": (lambda h: (nd.sqrt(h - 1) * nd.sqrt(h - 1)).sum(), "sqrt"),
}


@pytest.mark.parametrize("name", sorted(SINGULAR))
def test_singular(tmp_path, name):
    loss_of, op = SINGULAR[name]
    found = finding_of(tmp_path, scale(), loss_of, COLUMN)
    check(found, op, "backward", "gradient-singularity")
    assert not found.spread.loss and found.spread.gradients
    assert any(step.startswith("gradient that arrives") for step in found.chain)


@pytest.mark.skipif(not HAS_NUMPY, reason="this MXNet has no NumPy arrays")
@pytest.mark.parametrize("name, op", [("sqrt", "_npi_sqrt"), ("cbrt", "_npi_cbrt"), ("arccosh", "_npi_arccosh")])
def test_the_numpy_operators(tmp_path, name, op):
    found = finding_of(
        tmp_path,
        scale(),
        lambda h: getattr(mx.np, name)(h.as_np_ndarray() - (0 if name == "arccosh" else 1)).sum().as_nd_ndarray(),
        COLUMN,
    )
    check(found, op, "backward", "gradient-singularity")


MASKED = {
    "where over log": (lambda h: nd.where(h > 1, nd.log(nd.relu(h - 1)), h * 0).sum(), "log"),
    "where over sqrt": (lambda h: nd.where(h > 1, nd.sqrt(h - 1), h * 0).sum(), "sqrt"),
    "where over sqrt of a negative": (lambda h: nd.where(h > 1, nd.sqrt(h - 2), h * 0).sum(), "sqrt"),
    "where over a division": (lambda h: nd.where(h > 1, 1 / (h - 1), h * 0).sum(), "_rdiv_scalar"),
    "mask over sqrt": (lambda h: (nd.sqrt(h - 1) * (h > 1)).sum(), "sqrt"),
    "mask over a power": (lambda h: (((h - 1) ** 0.5) * (h > 1)).sum(), "_power_scalar"),
    "maximum over log": (lambda h: nd.maximum(nd.log(nd.relu(h - 1)), -100).sum(), "log"),
    "clip over log": (lambda h: nd.clip(nd.log(nd.relu(h - 1)), -100, 0).sum(), "log"),
    "slice over sqrt": (lambda h: nd.sqrt(h - 1)[1:].sum(), "sqrt"),
    "weight 0": (lambda h: (nd.sqrt(h - 1) * 0).sum() + h.sum(), "sqrt"),
    "where over arccos": (lambda h: nd.where(h < 4, nd.arccos(h / 4), h * 0).sum(), "arccos"),
}


@pytest.mark.parametrize("name", sorted(MASKED))
def test_masked(tmp_path, name):
    loss_of, op = MASKED[name]
    x = column(3, 4, 1) if name.endswith("negative") else COLUMN
    found = finding_of(tmp_path, scale(), loss_of, x)
    check(found, op, "backward", "masked-branch")
    assert not found.spread.loss and found.spread.gradients


def test_where_over_exp(tmp_path):
    found = finding_of(tmp_path, scale(), lambda h: nd.where(h < 3, nd.exp(h * 40 - 70), h).sum(), COLUMN)
    check(found, "exp", "backward", "masked-branch")


HEALTHY = {
    "where before log": lambda h: nd.where(h > 1, nd.log(nd.where(h > 1, h - 1, h * 0 + 1)), h * 0).sum(),
    "sqrt off 0": lambda h: nd.sqrt(h - 1 + 1e-6).sum(),
    "square": lambda h: ((h - 1) ** 2).sum(),
    "abs at 0": lambda h: nd.abs(h - 1).sum(),
    "prod": lambda h: nd.prod(h),
    "mask over exp": lambda h: (nd.exp(h) * (h > 1)).sum(),
}


@pytest.mark.parametrize("name", sorted(HEALTHY))
def test_healthy_cousins(tmp_path, name):
    assert finding_of(tmp_path, scale(), HEALTHY[name], COLUMN, lr=1e-30) is None


def test_a_nan_that_a_maximum_drops_by_accident_is_accused_in_the_forward(tmp_path):
    found = finding_of(tmp_path, scale(), lambda h: nd.maximum(nd.sqrt(h - 2), 0).sum(), COLUMN)
    check(found, "sqrt", "forward", "sqrt-of-negative")
