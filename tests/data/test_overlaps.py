"""Persons merged by their runs are counted as a merge pixel by pixel counts them."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nanhunt.data.overlaps import PersonMask, RunFinder, merge_counts

SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))
LABELS = st.sampled_from([0, 0, 0, 1, 3, 16, 18, 255])


def persons(masks):
    runs = RunFinder()
    return [PersonMask(number, mask, runs.find(mask)) for number, mask in enumerate(masks, 1)]


@settings(max_examples=150, deadline=None)
@given(SIZES.flatmap(lambda size: st.lists(arrays.arrays(np.uint8, size, elements=LABELS), min_size=2, max_size=4)))
def test_counts_are_those_of_a_merge_pixel_by_pixel(masks):
    overlap, counts, each = merge_counts(persons(masks))
    merged = np.zeros_like(masks[0])
    for mask in masks:
        np.copyto(merged, mask, where=merged == 0)
    claimed = np.array([mask > 0 for mask in masks]).sum(axis=0)
    differing = [(a > 0) & (b > 0) & (a != b) for a, b in combinations(masks, 2)]
    values, pixels = np.unique(merged, return_counts=True)
    assert counts == {int(value): int(count) for value, count in zip(values, pixels)}
    assert (overlap.shared, overlap.conflicts) == (int((claimed > 1).sum()), int(np.any(differing, axis=0).sum()))
    for found, mask in zip(each, masks):
        values, pixels = np.unique(mask, return_counts=True)
        assert found == {int(value): int(count) for value, count in zip(values, pixels)}


@settings(max_examples=50, deadline=None)
@given(st.lists(SIZES.flatmap(lambda size: arrays.arrays(np.uint8, size, elements=LABELS)), min_size=1, max_size=4))
def test_runs_are_the_mask_whatever_was_looked_at_before(masks):
    finder = RunFinder()
    for mask in masks:
        runs = finder.find(mask)
        assert (np.repeat(runs.labels, runs.ends - runs.starts) == mask.ravel()).all()
        assert (runs.labels[1:] != runs.labels[:-1]).all()


def test_the_two_that_share_most_are_named():
    masks = np.zeros((3, 4, 10), np.uint8)
    masks[0, :, :5], masks[1, :2, 3:5], masks[2, :, 4:] = 1, 2, 3
    overlap, _, _ = merge_counts(persons(masks))
    assert overlap.worst == (1, 2) and overlap.part == 1.0
