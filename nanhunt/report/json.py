"""Write a Finding (or its absence), or what else a command gives, as the JSON that `--json FILE` promises."""

import json
import math
from pathlib import Path
from typing import Any, Mapping, Optional

from nanhunt.diagnose.finding import Finding
from nanhunt.errors import NanhuntError, UsageError
from nanhunt.report.writing import replace_text


def check_folder(path: Optional[Path]) -> None:
    """Before a run: whether the file that `--json` names, if it names one, has a folder.

    Raises:
        UsageError: it has none.
    """
    if path is not None and not path.absolute().parent.is_dir():
        raise UsageError(f"Expected a folder for --json {path}, found none; make it or give another file.")


def write_finding(path: Path, finding: Optional[Finding], more: Optional[Mapping[str, Any]] = None) -> None:
    """The Finding, or `null` where nothing was found. The file is replaced whole.

    Args:
        more: further keys.

    Raises:
        NanhuntError: it cannot be written.
    """
    write_json(path, dict(finding.to_json(), **(more or {})) if finding is not None else None, "the finding")


def write_json(path: Path, value: Any, what: str) -> None:
    """Any plain value as strict JSON: what is not finite becomes a text, `nan`, `inf` or `-inf`. The file is replaced whole.

    Args:
        what: the words for it in an error.

    Raises:
        NanhuntError: it cannot be written.
    """
    try:
        replace_text(path, json.dumps(_strict(value), indent=1) + "\n")
    except OSError as error:
        raise NanhuntError(
            "cannot write %s to %s: %s; give --json a file in a folder that can be written" % (what, path, error.strerror)
        ) from error


def _strict(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _strict(each) for key, each in value.items()}
    return [_strict(each) for each in value] if isinstance(value, (list, tuple)) else value
