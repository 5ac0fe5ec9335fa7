"""Known defects of the framework that make or hide NaN: shipped as data, matched on the evidence, cited in the Finding."""

import json
import pkgutil
import re
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Tuple

from nanhunt.backends.graph import Graph
from nanhunt.diagnose.evidence import Evidence
from nanhunt.diagnose.finding import Fix

Version = Tuple[int, ...]

KNOWN_DEFECT = "known defect "
"""How a Finding's fix begins that cites one."""


@dataclass(frozen=True)
class Defect:
    """One entry of `known_defects.json`.

    Attributes:
        id: short name.
        title: what it does, in words.
        operators: those that have it.
        since: the first version that has it; empty for as long as is known.
        before: the first version without it; None if there is none yet.
        recognised: which test of this module tells it from the evidence.
        link: where it is described.
        workaround: the way around it.
    """

    id: str
    title: str
    operators: Tuple[str, ...]
    since: Version
    before: Optional[Version]
    recognised: str
    link: str
    workaround: str

    def in_version(self, version: str) -> bool:
        """Whether that version of the framework has it."""
        this = _version(version)
        return this >= self.since and (self.before is None or this < self.before)

    def fix(self) -> Fix:
        """As a Finding cites it."""
        return Fix("%s%s (%s): %s. Way around: %s" % (KNOWN_DEFECT, self.id, self.link, self.title, self.workaround))


@dataclass(frozen=True)
class Symptoms:
    """What an iteration showed.

    Attributes:
        evidence: of every operator, compiled parts opened up.
        recorded: the graph as it was recorded, compiled parts as they were.
        cause: the Finding's.
        op: the producer's operator.
    """

    evidence: Evidence
    recorded: Graph
    cause: str
    op: str


def known_defects() -> List[Defect]:
    """All entries."""
    text = pkgutil.get_data("nanhunt", "known_defects.json")
    assert text is not None
    return [
        Defect(
            id=each["id"],
            title=each["title"],
            operators=tuple(each["operators"]),
            since=_version(each.get("since") or "0"),
            before=_version(each["before"]) if each["before"] else None,
            recognised=each["recognised"],
            link=each["link"],
            workaround=each["workaround"],
        )
        for each in json.loads(text.decode("utf-8"))["defects"]
    ]


def matching(symptoms: Symptoms, version: str) -> List[Defect]:
    """The defects of that version of the framework that this iteration shows."""
    return [each for each in known_defects() if each.in_version(version) and _TESTS[each.recognised](each, symptoms)]


def _version(text: str) -> Version:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _sum_of_inf(defect: Defect, symptoms: Symptoms) -> bool:
    for each in symptoms.evidence.forward():
        if symptoms.evidence.graph.nodes[each.node].op not in defect.operators:
            continue
        read = [facts for facts in each.inputs if facts is not None]
        gave = [facts for facts in each.outputs if facts is not None]
        # Infinities of one sign add up to an infinity of that sign.
        one_sign = all(not (facts.positive_inf and facts.negative_inf) and not facts.nan for facts in read)
        if one_sign and any(facts.bad for facts in read) and any(facts.nan for facts in gave):
            return True
    return False


def _nan_dropped(defect: Defect, symptoms: Symptoms) -> bool:
    for each in symptoms.evidence.forward():
        node = symptoms.evidence.graph.nodes[each.node]
        if node.op not in defect.operators or (node.op == "Pooling" and node.attributes.get("pool_type", "max") != "max"):
            continue
        if any(f is not None and f.nan for f in each.inputs) and not any(f is not None and f.nan for f in each.outputs):
            return True
    return False


def _one_pass_variance(defect: Defect, symptoms: Symptoms) -> bool:
    return symptoms.cause == "variance-cancellation" and symptoms.op in defect.operators


def _compiled_gradient_sum(defect: Defect, symptoms: Symptoms) -> bool:
    for node in symptoms.recorded.nodes:
        if node.symbol is None:
            continue
        readers: Dict[Tuple[int, int], int] = {}
        body = json.loads(node.symbol)
        for each in body["nodes"]:
            for entry in each["inputs"]:
                port = (entry[0], entry[1])
                readers[port] = readers.get(port, 0) + 1
        inner = [count for (i, _), count in readers.items() if body["nodes"][i]["op"] != "null"]
        if any(5 <= count <= 7 for count in inner):
            return True
    return False


def _infeasible_target(defect: Defect, symptoms: Symptoms) -> bool:
    return symptoms.cause == "infeasible-target" and symptoms.op in defect.operators


def _not_by_values(defect: Defect, symptoms: Symptoms) -> bool:
    """For the checks before a run: nothing in an iteration's values shows it."""
    return False


_TESTS: Dict[str, Callable[[Defect, Symptoms], bool]] = {
    "sum-of-inf": _sum_of_inf,
    "nan-dropped": _nan_dropped,
    "one-pass-variance": _one_pass_variance,
    "compiled-gradient-sum": _compiled_gradient_sum,
    "infeasible-target": _infeasible_target,
    "not-by-values": _not_by_values,
}
