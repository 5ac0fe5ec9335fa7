"""The same for what was bad on arrival, for gradients and for updates; and healthy programs, on which nanhunt stays silent."""

import pytest
from running import PROGRAMS, marked, missing
from table import ARRIVAL, BACKWARD, CASES, HEALTHY, HEALTHY_NEEDS, OPTIMIZER


@pytest.mark.parametrize("case", [marked(each) for each in ARRIVAL + BACKWARD + OPTIMIZER])
def test_what_goes_bad_is_found_and_its_cause_is_named(case, check):
    check(case)


@pytest.mark.parametrize("program", [marked(each) for each in HEALTHY])
def test_a_healthy_program_is_left_alone(program, run, tmp_path):
    if missing(HEALTHY_NEEDS.get(program, "")):
        pytest.skip("this version of MXNet cannot run it: %s" % HEALTHY_NEEDS[program])
    ran = run(program, tmp_path)
    assert ran.finding is None, ran.finding
    assert ran.code == "0", ran.err
    assert "nanhunt: warning" not in ran.err, ran.err


def test_every_program_is_in_the_table_once():
    named = [case.program for case in CASES] + list(HEALTHY)
    assert sorted(named) == sorted(path.stem for path in PROGRAMS.glob("*.py"))
