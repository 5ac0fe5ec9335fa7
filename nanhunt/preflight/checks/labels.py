"""Labels beyond the classes that are predicted."""

from typing import Iterator

from nanhunt.preflight.base import CERTAIN, WARNING, Check, Remark, Subject


class LabelRange(Check):
    """MXNet's `pick` takes a label beyond the last class for the last one, and SoftmaxOutput's gradient then pulls all logits
    down: nothing fails, and the model is wrong."""

    name = "label-range"

    def look(self, subject: Subject) -> Iterator[Remark]:
        labels = subject.labels
        if labels is not None and labels.beyond:
            saw = "%d labels of the first batch are outside 0..%d (they are %d..%d)" % (
                labels.beyond,
                labels.classes - 1,
                labels.low,
                labels.high,
            )
            yield self.say(WARNING, CERTAIN, "", saw, "predict as many classes as there are labels (--num-class)")
