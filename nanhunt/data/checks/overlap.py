"""Persons who lie over one another by more than a border."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts

PART = 0.5
"""Of the smaller of two persons. Masks drawn by hand share a border of a few pixels, in LV-MHP-v1 nearly everywhere."""


class PersonOverlap(Check):
    """Which of the persons keeps the shared pixels depends on the order of merging: the other is trained as hidden."""

    name = "overlap"
    advice = "merged in another order, these pixels get other labels: a person drawn twice?"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        overlap = facts.overlap
        if overlap is not None and overlap.part > PART and overlap.worst is not None:
            message = (
                f"expected persons side by side, found {overlap.part:.0%} of one of persons {overlap.worst[0]} and "
                f"{overlap.worst[1]} in the other ({overlap.shared} px shared, {overlap.conflicts} depend on the order)"
            )
            yield Problem(self.name, WARNING, facts.index, facts.image_name, message)
