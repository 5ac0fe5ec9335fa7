"""Replaced attributes of the framework: put in by name, put back in reverse order."""

import functools
from typing import Any, Callable, List, Tuple

_ABSENT = object()


class Hooks:
    """Every attribute that was replaced, with what stood there before."""

    def __init__(self) -> None:
        self._replaced: List[Tuple[Any, str, Any]] = []

    def replace(self, owner: Any, attribute: str, make: Callable[[Any], Any]) -> None:
        """Put `make(what is there)` in place of `owner.attribute`."""
        before = getattr(owner, attribute)
        own = vars(owner).get(attribute, _ABSENT)
        self._replaced.append((owner, attribute, own))
        setattr(owner, attribute, functools.wraps(before)(make(before)))

    def remove(self) -> None:
        """Put everything back."""
        while self._replaced:
            owner, attribute, before = self._replaced.pop()
            if before is _ABSENT:
                delattr(owner, attribute)
            else:
                setattr(owner, attribute, before)
