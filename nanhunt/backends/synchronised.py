"""Operators of several devices that wait for each other: which belong together, and how they can run one by one."""

import heapq
from dataclasses import replace
from typing import Dict, List, Mapping, Optional, Tuple

from nanhunt.backends.graph import Graph, Node

SYNC = "_contrib_SyncBatchNorm"

PIECES, THREADS = "MXNET_CPU_TEMP_COPY", "MXNET_CPU_WORKER_NTHREADS"


def waits(node: Node) -> int:
    """For how many devices, itself included, the operator waits; 1 for one that does not."""
    if node.op != SYNC or not node.train or node.attributes.get("use_global_stats") == "True":
        return 1
    return int(node.attributes.get("ndev", "1"))


def groups(graph: Graph) -> List[Tuple[int, ...]]:
    """The operators that wait for each other, in the order of the graph.

    Raises:
        ValueError: one waits for devices that the graph does not have.
    """
    times: Dict[Tuple[str, str], int] = {}
    found: Dict[Tuple[str, int], List[int]] = {}
    for i in graph.execution_order:
        node = graph.nodes[i]
        if waits(node) > 1:
            key = node.attributes.get("key", "")
            turn = times[(key, node.device)] = times.get((key, node.device), 0) + 1
            found.setdefault((key, turn), []).append(i)
    for members in found.values():
        first = graph.nodes[members[0]]
        if len(members) != waits(first):
            raise ValueError(
                "%s (%s) waits for %d devices, and ran on %d"
                % (first.op, first.block or first.name, waits(first), len(members))
            )
    return [tuple(members) for members in found.values()]


def together(graph: Graph) -> Graph:
    """The graph in an order in which those that wait for each other come one right after the other; itself if none do.

    As it was recorded, all of the first device's operators come before those of the second; run one by one in that order, the
    first that waits would wait for ever.

    Raises:
        ValueError: as `groups`.
    """
    joined = {i: members for members in groups(graph) for i in members}
    if not joined:
        return graph
    recorded = graph.execution_order
    order = _sorted(graph, recorded, joined)
    places = sorted(graph.nodes[i].order for i in recorded)
    nodes = list(graph.nodes)
    for i, place in zip(order, places):
        nodes[i] = replace(nodes[i], order=place)
    return Graph(tuple(nodes), graph.backwards)


def _sorted(graph: Graph, recorded: List[int], joined: Mapping[int, Tuple[int, ...]]) -> List[int]:
    """The operators, each behind all that it reads, members of a group together; of those that can run the earliest."""
    unit = {i: joined.get(i, (i,)) for i in recorded}
    place = {i: k for k, i in enumerate(recorded)}
    missing: Dict[Tuple[int, ...], int] = dict.fromkeys(unit.values(), 0)
    readers: Dict[Tuple[int, ...], List[Tuple[int, ...]]] = {each: [] for each in missing}
    for each in missing:
        for a in {unit[a] for i in each for a, _ in graph.nodes[i].inputs if graph.nodes[a].leaf is None}:
            missing[each] += 1
            readers[a].append(each)
    ready = [(place[each[0]], each) for each, number in missing.items() if not number]
    heapq.heapify(ready)
    order: List[int] = []
    while ready:
        _, done = heapq.heappop(ready)
        order.extend(done)
        for each in readers[done]:
            missing[each] -= 1
            if not missing[each]:
                heapq.heappush(ready, (place[each[0]], each))
    if len(order) < len(recorded):
        raise ValueError("operators that wait for each other also wait for what comes after them")
    return order


def units(graph: Graph) -> List[Tuple[int, ...]]:
    """The operators in their order, those that wait for each other as one; of a graph that is `together`."""
    first = {members[0]: members for members in groups(graph)}
    others = {i for members in first.values() for i in members[1:]}
    return [first.get(i, (i,)) for i in graph.execution_order if i not in others]


def needed(devices: int) -> Dict[str, int]:
    """Variables, with their least values, with which SyncBatchNorm does not deadlock over that many CPU contexts.

    MXNet's CPU contexts share their pieces of temporary memory, which are handed out in turn as operators are queued; an
    operator that is given one waits for whoever had it before (src/resource.cc). SyncBatchNorm's backward holds one while it
    waits for the other devices. Their operators are queued after all of the first device's: with fewer pieces than those, some
    operator that another device needs to get there waits for the piece that the first one holds.

    And each context has one thread by default: of two layers in parallel branches, as in ICNet and in the PSP head, one context
    may begin with the first and the other with the second, and each then waits for the other's only thread. GPUs have pieces of
    their own, and were not tried.
    """
    return {PIECES: 2048 * (devices - 1), THREADS: 8} if devices > 1 else {}


def lacking(devices: int, environment: Mapping[str, str]) -> Dict[str, int]:
    """Those of `needed` that the environment has not, or with too small a value."""
    defaults = {PIECES: 4, THREADS: 1}
    return {name: least for name, least in needed(devices).items() if _number(environment.get(name), defaults[name]) < least}


def _number(text: Optional[str], default: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return default
