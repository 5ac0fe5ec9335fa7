"""Images that the lists name more than once."""

from typing import Dict, Iterator

from nanhunt.data.checks.base import ERROR, WARNING, Check, Problem
from nanhunt.data.index import DatasetIndex


class ListedTwice(Check):
    """Counts twice in training; where one of the lists is the test list, the test is no test."""

    name = "listed-twice"
    advice = "the image counts more than once: take the entry off the list"

    def split(self, index: DatasetIndex) -> Iterator[Problem]:
        seen: Dict[str, int] = {}
        for position, entry in enumerate(index.entries):
            if entry in seen:
                message = f"expected one entry in {' and '.join(index.lists)}, found it again after entry {seen[entry] + 1}"
                severity = WARNING if index.split_of(position) == index.split_of(seen[entry]) else ERROR
                yield Problem(self.name, severity, position, index.image_name(position), message, seen[entry])
            else:
                seen[entry] = position
