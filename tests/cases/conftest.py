"""One warm process for each file of tests."""

import pytest
from running import differences, missing, warm


@pytest.fixture(scope="module")
def run():
    with warm() as running:
        yield running


@pytest.fixture
def check(run, tmp_path):
    def found_as_expected(case):
        if missing(case.needs):
            pytest.skip("this version of MXNet cannot show it: %s" % case.needs)
        ran = run(case.program, tmp_path)
        assert ran.code == "3", "exit code %s\n%s\n%s" % (ran.code, ran.out, ran.err)  # pytest shows all of a text
        assert differences(case, ran) == [], ran.finding

    return found_as_expected
