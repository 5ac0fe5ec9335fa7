"""Small programs that go non-finite, after public bug reports: producer, phase, cause and spread. Healthy ones: silence."""

import pytest
from running import PROGRAMS, is_one_of, missing, warm
from table import ALARMS, CASES, HEALTHY


@pytest.fixture(scope="module")
def run():
    with warm() as running:
        yield running


def marked(case):
    marks = [pytest.mark.xfail(reason=case.xfail, strict=False)] if case.xfail else []
    return pytest.param(case, id=case.program, marks=marks)


@pytest.mark.parametrize("case", [marked(each) for each in CASES])
def test_what_goes_bad_is_found_and_its_cause_is_named(case, run, tmp_path):
    if missing(case.needs):
        pytest.skip("this version of MXNet cannot show it: %s" % case.needs)
    ran = run(case.program, tmp_path)
    finding = ran.finding
    assert ran.code == "3" and finding is not None, (ran.out, ran.err)
    assert finding["producer"] is not None, finding
    assert is_one_of(finding["producer"]["op"], case.op), finding
    assert is_one_of(finding["producer"]["phase"], case.phase), finding
    assert is_one_of(finding["cause"], case.cause), finding
    for name, reached in finding["spread"].items():
        assert getattr(case, name) in (None, reached), (name, finding)


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(each, marks=[pytest.mark.xfail(reason=ALARMS[each], strict=False)] if each in ALARMS else [])
        for each in HEALTHY
    ],
)
def test_a_healthy_program_is_left_alone(program, run, tmp_path):
    ran = run(program, tmp_path)
    assert ran.finding is None, ran.finding
    assert ran.code == "0", ran.err


def test_every_program_is_in_the_table_once():
    named = [case.program for case in CASES] + list(HEALTHY)
    assert sorted(named) == sorted(path.stem for path in PROGRAMS.glob("*.py"))
