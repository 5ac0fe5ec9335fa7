"""Operands outside a function's domain, and their healthy cousins."""

import mxnet as mx
import pytest
from mxnet import nd
from small import COLUMN, HAS_ERFINV, HAS_NUMPY, check, column, finding_of, scale

DIV = ("elemwise_div", "broadcast_div")
PROGRAMS = {
    "0/0": (lambda h: (h * 0 / (h * 0)).sum(), COLUMN, DIV, "divide-by-zero"),
    "x/0": (lambda h: (1 / (h - 2)).sum(), COLUMN, "_rdiv_scalar", "divide-by-zero"),
    "reciprocal": (lambda h: nd.reciprocal(h - 4).sum(), COLUMN, "reciprocal", "divide-by-zero"),
    "mean over a mask of zeros": (
        lambda h: nd.broadcast_div((h * 0).sum(axis=0, keepdims=True), (h > 9).sum(axis=0, keepdims=True)).sum(),
        COLUMN,
        DIV,
        "divide-by-zero",
    ),
    "x/number": (lambda h: (h / 0).sum(), COLUMN, "_div_scalar", "divide-by-zero"),
    "rsqrt of 0": (lambda h: nd.rsqrt(h - 1).sum(), COLUMN, "rsqrt", "divide-by-zero"),
    "rcbrt of 0": (lambda h: nd.rcbrt(h - 1).sum(), COLUMN, "rcbrt", "divide-by-zero"),
    "temperature 0": (lambda h: nd.softmax(h, axis=0, temperature=0).sum(), COLUMN, "softmax", "divide-by-zero"),
    "L2Normalization": (lambda h: nd.L2Normalization(h * 0, eps=0).sum(), COLUMN, "L2Normalization", "divide-by-zero"),
    "sqrt": (lambda h: nd.sqrt(h - 3).sum(), COLUMN, "sqrt", "sqrt-of-negative"),
    "rsqrt": (lambda h: nd.rsqrt(h - 3).sum(), COLUMN, "rsqrt", "sqrt-of-negative"),
    "power": (lambda h: ((h - 3) ** 0.5).sum(), COLUMN, "_power_scalar", "power-domain"),
    "power of arrays": (lambda h: nd.broadcast_power(h - 3, h / h + 0.3).sum(), COLUMN, "broadcast_power", "power-domain"),
    "0 to a negative power": (lambda h: ((h - 1) ** -1.5).sum(), COLUMN, "_power_scalar", "power-domain"),
    "a number's power": (lambda h: nd.power(-2.0, h + 0.5).sum(), COLUMN, "_rpower_scalar", "power-domain"),
    "arcsin": (lambda h: nd.arcsin(h).sum(), COLUMN, "arcsin", "inverse-trig-domain"),
    "arccos": (lambda h: nd.arccos(h - 0.9999).sum(), COLUMN, "arccos", "inverse-trig-domain"),
    "arccosh": (lambda h: nd.arccosh(h - 0.5).sum(), COLUMN, "arccosh", "inverse-trig-domain"),
    "arctanh": (lambda h: nd.arctanh(h / 4).sum(), COLUMN, "arctanh", "inverse-trig-domain"),
    "log of a negative": (lambda h: nd.log(h - 3).sum(), COLUMN, "log", "log-of-negative"),
    "log2": (lambda h: nd.log2(h - 1).sum(), COLUMN, "log2", "log-of-zero"),
    "log1p": (lambda h: nd.log1p(-h).sum(), COLUMN[:1], "log1p", "log-of-zero"),
    "log1p of less": (lambda h: nd.log1p(-h).sum(), COLUMN, "log1p", "log-of-negative"),
    "log of a determinant": (
        lambda h: nd.linalg.sumlogdiag(nd.broadcast_mul(h.reshape((1, 3)), nd.eye(3)) - nd.eye(3)).sum(),
        COLUMN,
        ("linalg_sumlogdiag", "_linalg_sumlogdiag"),
        "log-of-zero",
    ),
    "0 times an infinite number": (lambda h: ((h - 1) * float("-inf")).sum(), COLUMN, "_mul_scalar", "zero-times-inf"),
    "infinite by infinite": (
        lambda h: nd.softmax(nd.where(h > 9, h, h * 0 - float("inf")), axis=0).sum(),
        COLUMN,
        "softmax",
        "inf-minus-inf",
    ),
    "masked row of a log_softmax": (
        lambda h: nd.log_softmax(nd.concat(h, h, dim=1) + nd.array([[0, 0], [-float("inf")] * 2, [0, 0]])).sum(),
        COLUMN,
        "log_softmax",
        "inf-minus-inf",
    ),
    "pole": (lambda h: nd.gammaln(h - 1).sum(), COLUMN, "gammaln", "unknown"),
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_outside_the_domain(tmp_path, name):
    loss_of, x, op, cause = PROGRAMS[name]
    check(finding_of(tmp_path, scale(), loss_of, x), op, "forward", cause)


@pytest.mark.skipif(not HAS_ERFINV, reason="this MXNet has no erfinv")
def test_erfinv(tmp_path):
    check(finding_of(tmp_path, scale(), lambda h: nd.erfinv(h).sum(), COLUMN), "erfinv", "forward", "inverse-trig-domain")


NUMPY_PROGRAMS = {
    "divide": (lambda np, h: (1 / (h - 1)).sum(), "_npi_rtrue_divide_scalar", "divide-by-zero"),
    "log": (lambda np, h: np.log(h - 1).sum(), "_npi_log", "log-of-zero"),
    "sqrt": (lambda np, h: np.sqrt(h - 3).sum(), "_npi_sqrt", "sqrt-of-negative"),
    "power": (lambda np, h: np.power(h - 3, 0.5).sum(), "_npi_power_scalar", "power-domain"),
    "arccos": (lambda np, h: np.arccos(h).sum(), "_npi_arccos", "inverse-trig-domain"),
    "exp": (lambda np, h: np.exp(h * 30).sum(), "_npi_exp", "exp-overflow"),
    "product": (lambda np, h: (h * 1e30 * (h * 1e30)).sum(), "_npi_multiply", "overflow"),
}


@pytest.mark.skipif(not HAS_NUMPY, reason="this MXNet has no NumPy arrays")
@pytest.mark.parametrize("name", sorted(NUMPY_PROGRAMS))
def test_the_numpy_operators(tmp_path, name):
    loss_of, op, cause = NUMPY_PROGRAMS[name]
    found = finding_of(tmp_path, scale(), lambda h: loss_of(mx.np, h.as_np_ndarray()).as_nd_ndarray(), COLUMN)
    check(found, op, "forward", cause)


HEALTHY = {
    "division": lambda h: (1 / (h - 1 + 1e-3)).sum(),
    "power": lambda h: ((h - 3) ** 2).sum(),
    "negative power": lambda h: (h**-1.5).sum(),
    "arcsin": lambda h: nd.arcsin(h / 8).sum(),
    "cbrt of a negative": lambda h: nd.cbrt(h - 3).sum(),
    "mod": lambda h: (h % 3).sum(),
    "L2Normalization of zeros": lambda h: nd.L2Normalization(h * 0).sum(),
    "a masked softmax": lambda h: nd.softmax(nd.where(h > 1, h, h * 0 - float("inf")), axis=0).max(),
    "gammaln": lambda h: nd.gammaln(h).sum(),
}


@pytest.mark.parametrize("name", sorted(HEALTHY))
def test_healthy_cousins(tmp_path, name):
    assert finding_of(tmp_path, scale(), HEALTHY[name], COLUMN, lr=1e-30) is None


@pytest.mark.parametrize(
    "loss_of, cause",
    [
        (lambda h: (h / 1e-8).sum(), "divide-by-zero"),
        (lambda h: (h * 7e4).sum(), "overflow"),
        (lambda h: nd.log(h - 1 + 1e-8).sum(), "log-of-zero"),
    ],
)
def test_a_number_that_float16_does_not_hold(tmp_path, loss_of, cause):
    found = finding_of(tmp_path, scale(), lambda h: loss_of(h.astype("float16")), column(1, 2, 4))
    assert found is not None and found.cause == cause, found
