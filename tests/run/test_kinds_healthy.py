"""Every kind of training program, healthy: the same numbers watched as not, to the last digit, and nothing is found."""

import re

import pytest
from kinds_table import HERE, NAMED, dumps_in, program_of, unforked, watched


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_healthy_program_prints_the_same_numbers_and_nothing_is_found(name, warm, tmp_path):
    kind = NAMED[name]
    run = unforked if kind.python else warm
    program = program_of(kind, tmp_path)
    code, plain, err = run(tmp_path, program)
    assert code == 0 and plain, err
    assert not re.search(r"nan|inf", plain)
    code, out, err, finding = watched(run, tmp_path, program)
    assert (code, finding) == (0, None), err
    assert out == plain
    assert dumps_in(tmp_path) == []


def test_every_program_is_in_the_table():
    assert sorted(path.stem for path in (HERE / "kinds").glob("*.py")) == sorted(NAMED)
