"""Images that the lists name more than once."""

from typing import Dict, Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem
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
                yield Problem(self.name, WARNING, position, f"images/{entry}", message)
            else:
                seen[entry] = position
