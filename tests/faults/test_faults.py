"""Faults in small; `make soak` does the same many times. What is guaranteed is in docs/faults.md."""

import fuzzing
import killing
import pytest
from records import record

from nanhunt.dump.writer import write


def test_a_writer_killed_at_any_point_leaves_no_half_dump(tmp_path):
    killed, wrong = killing.killed_while_writing(tmp_path, 6)
    assert not wrong and killed > 1


def test_a_kill_while_the_finding_is_replaced_costs_no_array(tmp_path):
    killed, wrong = killing.killed_while_explaining(tmp_path, 4)
    assert not wrong and killed == 4


@pytest.mark.parametrize("seed", [1])
def test_two_hundred_altered_dumps_are_read_or_refused_in_a_line(tmp_path, seed):
    source = write(record(), tmp_path / "source.h5")
    (tmp_path / "altered").mkdir()
    counts, wrong = fuzzing.fuzzed(tmp_path / "altered", [source], 200, seed)
    assert not wrong and sum(counts.values()) == 200 and counts["refused"] > 50
