"""Small programs whose forward pass goes non-finite, after public bug reports: producer, phase, cause and spread."""

import pytest
from table import DOMAIN, INFINITY, RANGE, XFAIL


def marked(case):
    marks = [pytest.mark.xfail(reason=XFAIL[case.program], strict=False)] if case.program in XFAIL else []
    return pytest.param(case, id=case.program, marks=marks)


@pytest.mark.parametrize("case", [marked(each) for each in DOMAIN + INFINITY + RANGE])
def test_what_goes_bad_is_found_and_its_cause_is_named(case, check):
    check(case)
