"""Which CTC labels a sequence cannot give, against all sequences there are; and the reading of padding and lengths."""

import itertools

import numpy as np
import pytest

from nanhunt.backends.alignment import alignment, impossible


def _given_by(path):
    """The label that a path stands for: equal neighbours are one, and 0 is the blank."""
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol != 0)


def _aligned(steps, classes, count, width, *lengths, **attributes):
    return alignment("CTCLoss", attributes, [(steps, count, classes), (count, width), *[(count,)] * len(lengths)])


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_a_label_is_impossible_if_no_path_gives_it(steps):
    possible = {_given_by(path) for path in itertools.product(range(3), repeat=steps)}
    labels = [label for length in range(5) for label in itertools.product((1, 2), repeat=length)]
    rows = np.array([list(label) + [0] * (4 - len(label)) for label in labels], np.float32)
    found = {each.sample for each in impossible(_aligned(steps, 3, len(rows), 4), [rows])}
    assert found == {n for n, label in enumerate(labels) if label not in possible}


def test_padding_is_0_where_the_blank_is_first_and_minus_1_where_it_is_last():
    rows = np.array([[1, 0, 1, 1], [1, -1, 1, 1]])
    first, last = _aligned(2, 5, 2, 4), _aligned(2, 5, 2, 4, blank_label="last")
    assert [(each.sample, each.wrong) for each in impossible(first, [rows])] == [(1, -1)]
    assert [(each.sample, each.symbols, each.repeats, each.steps) for each in impossible(last, [rows])] == [(0, 4, 1, 2)]


def test_lengths_that_are_told_count_in_place_of_padding_and_of_the_array():
    how = _aligned(4, 3, 2, 3, 1, 1, use_data_lengths="True", use_label_lengths="True", blank_label="last")
    rows = np.array([[1, 1, 9], [0, 1, 0]], np.int32)
    assert impossible(how, [rows, np.array([3.0, 3.0]), np.array([2.0, 3.0])]) == []
    (found,) = impossible(how, [rows, np.array([2.0, 3.0]), np.array([2.0, 3.0])])
    assert (found.sample, found.symbols, found.repeats, found.steps) == (0, 2, 1, 2)
    (found,) = impossible(how, [rows, np.array([4.0, 4.0]), np.array([3.0, 3.0])])
    assert (found.sample, found.wrong) == (0, 9)


def test_labels_that_are_no_numbers_are_another_matter():
    assert impossible(_aligned(2, 3, 1, 2), [np.array([[np.nan, 1.0]])]) == []
