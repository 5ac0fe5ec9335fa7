"""Write a Finding (or its absence) as the JSON that `--json FILE` promises."""

import json
import os
from pathlib import Path
from typing import Optional

from nanhunt.diagnose.finding import Finding
from nanhunt.errors import NanhuntError, UsageError


def check_folder(path: Optional[Path]) -> None:
    """Before a run: whether the file that `--json` names, if it names one, has a folder.

    Raises:
        UsageError: it has none.
    """
    if path is not None and not path.absolute().parent.is_dir():
        raise UsageError(f"Expected a folder for --json {path}, found none; make it or give another file.")


def write_finding(path: Path, finding: Optional[Finding]) -> None:
    """The Finding, or `null` where nothing was found. The file is replaced whole.

    Raises:
        NanhuntError: it cannot be written.
    """
    temporary = path.with_name(".%s.%d.part" % (path.name, os.getpid()))
    try:
        temporary.write_text(json.dumps(finding.to_json() if finding is not None else None, indent=1) + "\n", encoding="utf-8")
        os.replace(str(temporary), str(path))
    except OSError as error:
        raise NanhuntError(
            "cannot write the finding to %s: %s; give --json a file in a folder that can be written" % (path, error.strerror)
        ) from error
