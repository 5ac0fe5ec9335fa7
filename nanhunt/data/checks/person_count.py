"""The number of persons that mask names declare against the masks that are there."""

from typing import Iterator, Sequence

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class PersonCount(Check):
    """`NNNN_PP_ii.png` for ii = 1..PP, all with the same PP: a missing one silently turns a person into background."""

    name = "person-count"
    advice = "a person without a mask is trained as background: restore or rename the masks"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        if not facts.masks:
            return
        declared = sorted({mask.persons for mask, _ in facts.masks})
        found = [mask.person for mask, _ in facts.masks]
        if len(declared) > 1:
            message = f"expected one number of persons in all mask names, found {_series(declared)}"
        elif sorted(found) != list(range(1, declared[0] + 1)):
            message = f"expected masks of persons 1..{declared[0]}, found {_series(found)}"
        else:
            return
        yield Problem(self.name, ERROR, facts.index, facts.image_name, message)


def _series(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers)
