"""Lists that name no image."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem
from nanhunt.data.index import DatasetIndex


class EmptyList(Check):
    """A split without images: it cannot be trained on, or tested."""

    name = "empty-list"
    advice = "the list names no image: fill it"

    def split(self, index: DatasetIndex) -> Iterator[Problem]:
        for name in index.empty_lists:
            yield Problem(self.name, ERROR, None, name, "expected image names, found none")
