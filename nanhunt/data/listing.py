"""Names in folders and in list files."""

import os
from pathlib import Path
from typing import List


def list_folder(folder: Path) -> List[str]:
    """All names in a folder, in no order."""
    return os.listdir(str(folder))


def read_list(path: Path) -> List[str]:
    """Names in a list file; blank lines, spaces around a name, CRLF and a byte order mark are nobody's fault."""
    with open(str(path), encoding="utf-8-sig", errors="replace") as lines:
        return [line.strip() for line in lines if line.strip()]
