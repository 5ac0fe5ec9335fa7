"""A Python script of a few lines, with nothing of nanhunt in it, that shows the producer's NaN."""

import ast
import textwrap
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Tuple

import numpy as np

from nanhunt.backends.base import Backend, PublicCall
from nanhunt.diagnose.finding import Finding
from nanhunt.errors import NanhuntError, ReplayError
from nanhunt.replacing import replacing
from nanhunt.replay.minimising.alone import Alone

_TRAINING = ("Norm", "Dropout", "RNN", "LeakyReLU")
"""Parts of the names of operators that do something else in training."""

_HEADER = 110
"""Columns of the header comment."""


def write_script(path: Path, small: Alone, finding: Finding, backend: Backend) -> Path:
    """Write the script, and its inputs beside it in a file of the same name that ends in `.npz`; that file's path.

    Raises:
        ReplayError: the framework offers the operator to nobody.
        NanhuntError: a file cannot be written.
    """
    call = backend.public_call(small.node)
    if call is None:
        raise ReplayError("no script: %s cannot be called from outside the framework" % small.node.op)
    arrays = _arrays(small, call)
    data = path.with_suffix(".npz")
    text = script(small, call, arrays, finding, str(backend.environment().get("mxnet", "")), data.name)
    try:
        with replacing(data) as temporary, open(str(temporary), "wb") as file:
            np.savez(file, **arrays)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NanhuntError(
            "cannot write the script to %s: %s; give --script a file in a folder that can be written" % (path, error.strerror)
        ) from error
    return data


def _arrays(small: Alone, call: PublicCall) -> Dict[str, np.ndarray]:
    """The arrays by the names that the framework's signature gives them, those of gradients after them."""
    taken = call.takes if len(call.takes) >= len(small.inputs) else ()
    names = list(taken[: len(small.inputs)]) or ["input%d" % k for k in range(len(small.inputs))]
    arrays = dict(zip(names, small.inputs))
    arrays.update(("head_gradient%d" % k, each) for k, each in enumerate(small.heads) if each is not None)
    return arrays


def script(small: Alone, call: PublicCall, arrays: Mapping[str, np.ndarray], finding: Finding, version: str, data: str) -> str:
    """The script's text."""
    names = [name for name in arrays if not name.startswith("head_gradient")]
    literals = ["%s=%s" % (key, literal(value)) for key, value in sorted(call.attributes.items()) if key.isidentifier()]
    invocation = "%s(%s)" % (call.function, ", ".join(names + literals))
    lines = [
        *_header(small, finding, version),
        "import os",
        "",
        "import mxnet as mx",
        "import numpy as np",
        "",
        'print("MXNet %s, NumPy %s" % (mx.__version__, np.__version__))',
        "arrays = np.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), %r))" % data,
        "for name in arrays.files:",
        "    each = arrays[name]",
        '    print("%s: %s%s in [%.9g, %.9g]" % (name, each.dtype, list(each.shape), each.min(), each.max()))',
        *(['    assert np.isfinite(each).all(), "an input is not finite"'] if _finite(small) else []),
        "",
    ]
    if call.array.startswith("mx.np"):
        lines += ["mx.npx.set_np()"]
    lines += ['%s = %s(arrays["%s"], dtype=arrays["%s"].dtype)' % (name, call.array, name, name) for name in arrays]
    if small.heads:
        lines += _backward(small, names, invocation)
    else:
        training = any(part in small.node.op for part in _TRAINING) and small.node.train
        if training:
            lines.append("with mx.autograd.record():")
        lines.append("%sout = %s" % ("    " if training else "", invocation))
        lines.append("out = (out[%d] if isinstance(out, (list, tuple)) else out).asnumpy()" % small.bad)
    what = "the gradient of %s" % small.node.op if small.heads else small.node.op
    lines += [
        "bad = out[~np.isfinite(out)]",
        'print("%s gives", bad[:8], "in", bad.size, "of", out.size, "elements")' % what,
        'assert not np.isfinite(out).all(), "%s is finite here"' % what,
    ]
    return "\n".join(lines) + "\n"


def _backward(small: Alone, names: List[str], invocation: str) -> List[str]:
    lines = ["%s.attach_grad()" % name for name, wants in zip(names, small.wanted) if wants]
    lines += ["with mx.autograd.record():", "    out = %s" % invocation]
    heads = [(k, "head_gradient%d" % k) for k, each in enumerate(small.heads) if each is not None]
    if len(small.heads) == 1:
        lines.append("out.backward(head_gradient0)")
    else:
        lines.append(
            "mx.autograd.backward([%s], [%s])"
            % (", ".join("out[%d]" % k for k, _ in heads), ", ".join(name for _, name in heads))
        )
    lines.append("out = %s.grad.asnumpy()" % names[small.bad])
    return lines


def _header(small: Alone, finding: Finding, version: str) -> List[str]:
    producer = finding.producer
    what = "the gradient of %s" % small.node.op if small.heads else small.node.op
    value = producer.value if producer is not None and producer.value else "a non-finite value"
    rows: List[Tuple[str, Optional[str]]] = [
        ("", "MXNet %s: %s gives %s%s." % (version, what, value, " of finite inputs" if _finite(small) else "")),
        ("cause: ", "%s (%s)" % (finding.cause, finding.proof)),
        ("why: ", finding.why),
        ("called by: ", ", ".join(each for each in (producer.block, producer.source) if each) if producer is not None else ""),
        ("", "Exit code 0: it shows here too. The inputs are the recorded ones, or the part of them that is enough."),
    ]
    lines = []
    for name, text in rows:
        if text:
            # What a dump says is text, never code: no line of it leaves the comment.
            lines += textwrap.wrap("%s%s" % (name, _printable(text)), _HEADER, break_on_hyphens=False)
    return ["# " + line for line in lines] + [""]


def _finite(small: Alone) -> bool:
    """Whether all that it reads is; a mask of -inf is not."""
    return all(np.isfinite(each).all() for each in (*small.inputs, *small.heads) if each is not None)


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))


def literal(text: str) -> str:
    """An attribute as Python source: a number, tuple, bool or None as itself, anything else as a string."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return repr(text)
    plain = (bool, int, float, type(None))
    if isinstance(value, plain) or (isinstance(value, (tuple, list)) and all(isinstance(each, plain) for each in value)):
        return repr(value)
    return repr(text)
