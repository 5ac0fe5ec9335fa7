"""The way from what fed the producer to the loss, as boxes one under the other: their places and texts, for an SVG."""

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.diagnose.chain import Step
from nanhunt.diagnose.evidence import TensorFacts
from nanhunt.diagnose.finding import Finding
from nanhunt.report.plain import shortened, visible

WIDTH = 340
"""Of the drawing, in pixels: a phone shows it as it is."""

_FIRST, _LAST = 6, 3
"""Boxes that are drawn of a long chain."""

_GAP, _LINE, _TOP = 26, 16, 12
_NAME, _TEXT = 30, 44
"""Characters that a box's name and its other lines have room for."""


@dataclass(frozen=True)
class Box:
    """One step. `kind` is `producer`, `bad`, `finite` or `gap`; `lines` are its texts under the name, each with its place."""

    kind: str
    name: str
    full_name: str
    value: str
    lines: Tuple[Tuple[str, float], ...]
    y: float
    height: float


@dataclass(frozen=True)
class Diagram:
    """All boxes; the arrows are from each to the next."""

    boxes: Tuple[Box, ...]
    height: float
    summary: str
    width: int = WIDTH


def diagram_of(finding: Finding, steps: Sequence[Step]) -> Optional[Diagram]:
    """The drawing; of the finding's `chain` alone where no steps are known. None without any."""
    texts = [_of_step(each) for each in steps] or [_of_text(each) for each in finding.chain]
    if not steps and finding.producer is not None:
        at = next((i for i, (_, name, _, _) in enumerate(texts) if name == _named(finding)), None)
        texts = [("producer", *each[1:]) if i == at else each for i, each in enumerate(texts)]
    if len(texts) > _FIRST + _LAST + 1:
        left_out = len(texts) - _FIRST - _LAST
        texts = [*texts[:_FIRST], ("gap", "%d more operators" % left_out, "", []), *texts[-_LAST:]]
    boxes: List[Box] = []
    y = 1.0
    for kind, name, value, lines in texts:
        height = 24.0 if kind == "gap" else _TOP * 2 + 10 + _LINE * len(lines)
        placed = tuple((shortened(visible(line), _TEXT), y + _TOP + 10 + _LINE * (i + 1)) for i, line in enumerate(lines))
        boxes.append(
            Box(kind, shortened(visible(name), _NAME), visible(name), shortened(visible(value), 12), placed, y, height)
        )
        y += height + _GAP
    if not boxes:
        return None
    return Diagram(tuple(boxes), y - _GAP + 1, "; then ".join("%s gives %s" % (box.full_name, box.value) for box in boxes))


def _named(finding: Finding) -> str:
    producer = finding.producer
    assert producer is not None
    return producer.op + (" backward" if producer.phase == "backward" else "") if producer.op else producer.block


_Drawn = Tuple[str, str, str, List[str]]


def _of_step(step: Step) -> _Drawn:
    lines = []
    if step.facts is not None:
        lines.append("%s %s" % ("\u00d7".join(str(each) for each in step.facts.shape) or "scalar", step.facts.dtype))
        lines += _values(step.facts)
    if step.node is not None and step.node.leaf is None:
        lines.append(" \u00b7 ".join(each for each in (step.node.block, step.node.source) if each))
    bad = step.facts is not None and not step.facts.finite
    kind = "producer" if step.producer else "bad" if bad or step.words == "non-finite" else "finite"
    value = step.facts.value if step.facts is not None and bad else "" if step.facts is not None else step.words
    return kind, step.name, value or "finite", [line for line in lines if line]


def _values(facts: TensorFacts) -> List[str]:
    counted = (("nan", facts.nan), ("+inf", facts.positive_inf), ("\u2212inf", facts.negative_inf))
    counts = [f"{count:,} {name}" for name, count in counted if count]
    lines = ["%s of %s" % (", ".join(counts), f"{int(np.prod(facts.shape, dtype=np.int64)):,}")] if counts else []
    if facts.minimum is not None and facts.maximum is not None:
        lines.append("%s%.4g to %.4g" % ("the rest " if counts else "", facts.minimum, facts.maximum))
    return lines


def _of_text(text: str) -> _Drawn:
    name, arrow, value = text.partition(" -> ")
    if not arrow:
        return "gap", text.strip(". "), "", []
    bad = value in ("nan", "+inf", "-inf", "non-finite")
    return ("bad" if bad else "finite"), name, value if bad else "finite", [] if bad or value == "finite" else [value]
