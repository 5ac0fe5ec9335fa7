"""Operators that do not feed the producer are cut off; for a gradient the way from the producer to a head stays."""

from dataclasses import replace
from typing import Dict, Iterator, List, Optional, Set, Tuple

from nanhunt.backends.graph import Backward, Graph, Port
from nanhunt.replay.minimising.base import Pass, Reduced, Step, Target, ancestors, part


class Operators(Pass):
    """The producer's ancestors; if random operators before it are needed for the stream of numbers, those as well."""

    what = "operators"

    def shrink(self, target: Target, reduced: Reduced) -> Tuple[Reduced, Step]:
        before, runs = reduced.operators, target.tried
        for keep, backwards in _smaller(target):
            graph = part(target.graph, keep, backwards)
            smaller = replace(reduced, graph=graph)
            if smaller.operators < before and target.shows(smaller):
                reduced = smaller
                break
        note = "" if reduced.operators < before else "nothing can be cut off"
        return reduced, Step(self.what, str(before), str(reduced.operators), target.tried - runs, note)


def _smaller(target: Target) -> Iterator[Tuple[Set[int], List[Backward]]]:
    graph, node = target.graph, target.origin.node
    drawing = {
        i
        for i, each in enumerate(graph.nodes)
        if each.leaf is None and each.order < target.node.order and target.session.backend.draws(each)
    }
    if target.backward:
        goals = [
            (path, [Backward((head,), _seed(each, k), (), each.order, each.train)])
            for each in graph.backwards
            if each.ran and not each.passed_on
            for k, head in enumerate(each.heads)
            for path in [_path(graph, node, head)]
            if path is not None
        ]
        goals.sort(key=lambda goal: len(ancestors(graph, goal[0])))
    else:
        goals = [({node}, [Backward(((node, 0),), ran=False)])]
    for needed, backwards in goals:
        seeds = {seed for each in backwards for seed in each.seeds if seed != -1}
        yield ancestors(graph, needed | seeds), backwards
        if drawing - ancestors(graph, needed):
            yield ancestors(graph, needed | seeds | drawing), backwards


def _seed(backward: Backward, place: int) -> Tuple[int, ...]:
    return (backward.seeds[place],) if backward.seeds else ()


def _path(graph: Graph, start: int, head: Port) -> Optional[Set[int]]:
    """The nodes of a shortest way from the node to the head; None where there is none."""
    readers = graph.consumers()
    outputs: Dict[int, List[int]] = {}
    for port, nodes in readers.items():
        outputs.setdefault(port[0], []).extend(nodes)
    came = {start: start}
    layer = [start]
    while layer and head[0] not in came:
        following = []
        for each in layer:
            for reader in outputs.get(each, ()):
                if reader not in came:
                    came[reader] = each
                    following.append(reader)
        layer = following
    if head[0] not in came:
        return None
    found, at = {start}, head[0]
    while at != start:
        found.add(at)
        at = came[at]
    return found
