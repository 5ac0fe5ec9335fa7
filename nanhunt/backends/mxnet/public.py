"""What a user writes to call an operator that a recorded graph names: `mx.nd.log`, `mx.nd.contrib.SyncBatchNorm`."""

from typing import Any, Dict, List, Optional, Tuple

import mxnet as mx

from nanhunt.backends.base import PublicCall
from nanhunt.backends.graph import Node

_FOLDERS = (
    ("_contrib_", ("mx.nd.contrib",)),
    ("_linalg_", ("mx.nd.linalg",)),
    ("_image_", ("mx.nd.image",)),
    ("_sparse_", ("mx.nd.sparse",)),
    ("_npx_", ("mx.npx",)),
    ("_npi_", ("mx.nd.numpy._internal",)),
    ("_np_", ("mx.nd.numpy._internal", "mx.np")),
)


def public_call(node: Node) -> Optional[PublicCall]:
    """The call; None where this MXNet offers the operator to nobody."""
    if node.op == "_copyto":
        # `astype` is this operator, and its dtype is no attribute.
        return PublicCall("mx.nd.NDArray.astype", ("data",), {"dtype": node.dtype or "float32"}, "mx.nd.array")
    for path in _paths(node.op):
        function = _found(path)
        if function is None:
            continue
        takes = _arguments(function)
        attributes = {k: v for k, v in node.attributes.items() if not k.startswith("__")}
        if takes:
            attributes = {k: v for k, v in attributes.items() if k in takes}
        else:
            attributes.pop("num_args", None)
        return PublicCall(path, takes, attributes, "mx.np.array" if node.op.startswith("_np") else "mx.nd.array")
    return None


def _paths(op: str) -> List[str]:
    for prefix, folders in _FOLDERS:
        if op.startswith(prefix):
            return ["%s.%s" % (folder, op[len(prefix) :]) for folder in folders]
    return ["mx.nd._internal." + op] if op.startswith("_") else ["mx.nd." + op]


def _found(path: str) -> Optional[Any]:
    found: Any = mx
    for name in path.split(".")[1:]:
        found = getattr(found, name, None)
    return found if callable(found) else None


def _arguments(function: Any) -> Tuple[str, ...]:
    """Names of its arguments; empty where it takes any number of arrays."""
    code: Dict[str, Any] = getattr(function, "__code__", None)  # type: ignore[assignment]
    if code is None:
        return ()
    return tuple(code.co_varnames[: code.co_argcount])  # type: ignore[attr-defined]
