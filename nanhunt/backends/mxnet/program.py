"""Where the program that is watched stands on the Python stack, as against the framework and nanhunt."""

import os
import sys
import sysconfig
from types import FrameType
from typing import Dict, Optional

import mxnet as mx

_NANHUNT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUR_CODE = (
    os.path.dirname(os.path.abspath(mx.__file__)) + os.sep,
    os.path.join(_NANHUNT, "backends") + os.sep,
    os.path.join(_NANHUNT, "watching") + os.sep,
    "<",
)
"""How the file names of code begin that is not the program's."""

_STANDARD = os.path.join(sysconfig.get_paths()["stdlib"], "")
_shown: Dict[str, str] = {}
"""What a line's number goes behind, `file.py:`, by the file's path; empty for those that are not the program's."""


def is_standard(path: str) -> bool:
    """Whether the code is Python's own."""
    return path.startswith(_STANDARD) and "site-packages" not in path


def calling_line() -> str:
    """`file.py:line` of the nearest caller outside the framework and nanhunt; empty if there is none."""
    return line_of(sys._getframe(2))


def line_of(frame: Optional[FrameType]) -> str:
    """The same from a frame of any thread on."""
    while frame is not None:
        path = frame.f_code.co_filename
        shown = _shown.get(path)
        if shown is None:
            shown = _shown[path] = "" if path.startswith(OUR_CODE) or is_standard(path) else os.path.basename(path) + ":"
        if shown:
            return "%s%d" % (shown, frame.f_lineno)
        frame = frame.f_back
    return ""
