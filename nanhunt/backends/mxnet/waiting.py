"""What of MXNet a stuck program waits in. Nothing here asks the engine for anything."""

import os
from types import FrameType
from typing import Iterator, List, Optional

import mxnet as mx
import numpy as np

from nanhunt.backends.mxnet.program import is_standard
from nanhunt.backends.stalling import Wait

_MXNET = os.path.dirname(os.path.abspath(mx.__file__)) + os.sep
_NUMPY = os.path.dirname(os.path.abspath(np.__file__)) + os.sep
_NANHUNT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_LOADERS = (
    os.path.join(_MXNET, "gluon", "data", ""),
    os.path.join(_MXNET, "io"),
    os.path.join(_MXNET, "recordio"),
    os.path.join(_MXNET, "image"),
    os.path.join(_NANHUNT, "data", "loader.py"),
)
_MEETINGS = os.path.join(_MXNET, "kvstore")


def wait_of(frame: FrameType) -> Optional[Wait]:
    """See `Backend.waits`."""
    frames = [each for each in outwards(frame) if not _of_others(_file(each))]
    inside: List[FrameType] = []
    for each in frames:
        if not _file(each).startswith(_MXNET) or _file(each).startswith(_LOADERS):
            break
        inside.append(each)
    if inside:
        return _in_framework(inside)
    loader = next((each for each in frames if _file(each).startswith(_LOADERS)), None)
    return Wait("loader", loader.f_code.co_name.strip("<>")) if loader is not None else None


def outwards(frame: Optional[FrameType]) -> Iterator[FrameType]:
    """The frame, its caller, and so on."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _file(frame: FrameType) -> str:
    return frame.f_code.co_filename


def _of_others(path: str) -> bool:
    """Whether the code is Python's or NumPy's."""
    return path.startswith(("<", _NUMPY)) or is_standard(path)


def _in_framework(frames: List[FrameType]) -> Wait:
    meeting = next((each for each in frames if _file(each).startswith(_MEETINGS)), None)
    if meeting is not None:
        return Wait("barrier", "kvstore %s" % meeting.f_code.co_name)
    names = ("asnumpy", "wait_to_read", "waitall")
    called = next((each for each in frames if each.f_code.co_name in names), frames[-1])
    array = called.f_locals.get("self")
    return Wait("engine", called.f_code.co_name, array if isinstance(array, mx.nd.NDArray) else None)
