"""Small programs whose forward pass goes non-finite, after public bug reports: producer, phase, cause and spread."""

import pytest
from running import marked
from table import DOMAIN, INFINITY, RANGE


@pytest.mark.parametrize("case", [marked(each) for each in DOMAIN + INFINITY + RANGE])
def test_what_goes_bad_is_found_and_its_cause_is_named(case, check):
    check(case)
