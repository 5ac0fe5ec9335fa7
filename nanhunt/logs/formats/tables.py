"""Tables: CSV, or cells apart by tabs or semicolons, with a row of names."""

import csv
import re
from typing import List, Optional

from nanhunt.logs.formats.base import Format
from nanhunt.logs.formats.fields import reading_of
from nanhunt.logs.names import LOSS, NORM, kind_of_name
from nanhunt.logs.reading import Reading

_NAME = re.compile(r"^[A-Za-z_][\w\-./@ \[\]%]*$|^$")


class Table(Format):
    """As Keras's CSVLogger and Lightning's CSVLogger write. An empty cell is no value."""

    name = "CSV"
    looks_like = "epoch,step,loss"

    def __init__(self) -> None:
        self._names: List[str] = []
        self._mark = ","

    def read(self, line: str) -> Optional[Reading]:
        if self._names and self._mark in line:
            cells = _cells(line, self._mark)
            if len(cells) == len(self._names) and not _is_header(cells):
                return reading_of(zip(self._names, cells))
        for mark in (",", "\t", ";"):
            if line.count(mark):
                cells = _cells(line, mark)
                if _is_header(cells):
                    self._names, self._mark = [cell or "(no name)" for cell in cells], mark
                    return None
        return None


def _cells(line: str, mark: str) -> List[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=mark), [])]
    except csv.Error:
        return []


def _is_header(cells: List[str]) -> bool:
    return (
        len(cells) > 1
        and all(_NAME.match(cell) and len(cell) <= 80 for cell in cells)
        and any(kind_of_name(cell) in (LOSS, NORM) for cell in cells)
    )
