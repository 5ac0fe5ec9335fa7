"""Labels that the network has no class for."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts
from nanhunt.data.index import IGNORE


class LabelRange(Check):
    """Looks at every mask by itself, also at pixels that an earlier person covers.

    GluonCV 0.7 gives its network 18 classes for labels 0..18; no error is raised, and label 18 pushes all logits down.
    """

    name = "label-range"
    advice = "no class for these labels: correct the mask or --num-class"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        for _, mask in facts.masks:
            outside = {
                label: count for label, count in mask.pixels.items() if label != IGNORE and not 0 <= label < settings.num_class
            }
            if outside:
                shown = ", ".join(str(label) for label in sorted(outside)[:5]) + (", ..." if len(outside) > 5 else "")
                message = f"expected 0..{settings.num_class - 1}, found {shown} ({sum(outside.values())} px)"
                yield Problem(self.name, ERROR, facts.index, mask.path, message)
