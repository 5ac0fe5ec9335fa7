"""float64-all: the whole step in float64."""

from dataclasses import replace

import numpy as np

from nanhunt.backends.graph import Leaf
from nanhunt.replay.cures.base import GraphChange, Situation, Variant
from nanhunt.replay.cures.batch_norm import SYNC
from nanhunt.replay.cures.float64 import in_float64
from nanhunt.replay.cures.rewrite import Rewrite
from nanhunt.replay.cures.sync_formula import put_formula

_FLOAT32_OF_ITSELF = ("one_hot", "_zeros", "_ones", "_full", "_arange", "_linspace", "_eye")
"""Operators that give float32 where they are not told a dtype, whatever they read."""

_SPARSE = "sparse_grad"
"""Attribute of an Embedding whose gradient has some rows only; the numbers are the same with all of them. Rows in float64 are
refused by MXNet 1.9.1 in the backward, and end the process in 1.4.1."""

_DRAWN = "__drawn__"
"""Attribute of a random operator that was told to write into an array of its own."""


class Float64All(GraphChange):
    """Leaves are cast and dtype attributes rewritten. An operator without a float64 kernel makes it impossible."""

    name = "float64-all"
    summary = "the whole step in float64"
    words = ("float64", "float32 instead of float16", "in float32")

    def vary(self, situation: Situation) -> Variant:
        graph = situation.graph
        rewrite = Rewrite(graph)
        formulas = 0
        for i, node in enumerate(graph.nodes):
            if node.leaf is not None:
                rewrite.set(i, leaf=replace(node.leaf, stype="default"))
                continue
            if _DRAWN in node.attributes or (not node.inputs and situation.session.backend.draws(node)):
                # as it is, so that it draws the same numbers
                for k in rewrite.outputs(i):
                    cast = rewrite.add("Cast", [(i, k)], {"dtype": "float64"}, i, 1 + k)
                    rewrite.redirect((i, k), cast, but=(cast[0],))
                continue
            wide = "float64" if node.dtype in ("float16", "float32") else node.dtype
            attributes = dict(node.attributes)
            if node.op in _FLOAT32_OF_ITSELF:
                attributes.setdefault("dtype", "float32")
            if _SPARSE in attributes:
                attributes[_SPARSE] = "False"
            rewrite.set(i, dtype=wide, **in_float64(attributes))
            if node.op == SYNC:
                forward = situation.forward_of(i)
                facts = forward.inputs[0] if forward is not None else None
                put_formula(rewrite, i, facts.shape if facts is not None else (), "float64")
                # nobody reads it now, and its kernel takes float32 only
                rewrite.set(i, op="BlockGrad", attributes={}, inputs=node.inputs[:1])
                formulas += 1
        rewrite.everything()
        masks = {name: float(node.attributes.get("p", 0.5)) for node in graph.nodes for name in node.draws}

        def values(leaf: Leaf) -> np.ndarray:
            array = situation.values(leaf)
            if (
                leaf.name in masks
                and array.dtype == np.float32
                and array.size
                and np.abs(array).max() < np.finfo(np.float32).tiny
            ):
                # MKL's kernel (MXNet 1.4.1) keeps integers in the mask's memory.
                return array.view(np.int32) / (1.0 - masks[leaf.name])
            return array.astype(np.float64) if array.dtype.kind == "f" else array

        did = "all arrays and operators in float64"
        if formulas:
            did += " (%d %s, which have no float64 kernel, as their formula)" % (formulas, SYNC)
        if any(situation.session.backend.draws(node) and not node.draws for node in graph.nodes):
            did += "; random operators may draw others"
        origin = situation.explanation.origin
        ports = ((origin.node, 0),) if origin is not None else ()
        return Variant(rewrite.graph(), values, did, ports)
