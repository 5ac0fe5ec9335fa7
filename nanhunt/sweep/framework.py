"""The framework's version, without loading it."""

import importlib.util
import re
from pathlib import Path


def framework_version() -> str:
    """Such as `1.9.1`; empty where there is no MXNet."""
    spec = importlib.util.find_spec("mxnet")
    if spec is None or spec.origin is None:
        return ""
    try:
        text = Path(spec.origin).with_name("libinfo.py").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    match = re.search(r"^__version__ = ['\"]([^'\"]+)", text, re.MULTILINE)
    return match.group(1) if match else "unknown"
