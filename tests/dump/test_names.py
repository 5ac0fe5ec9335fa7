"""Array names become link names and back, whatever they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanhunt.dump.format import array_name, array_path, link_name, name_in_group, paths_of

names = st.text(st.characters() | st.sampled_from("%/.\0"), max_size=12)


@given(names)
def test_a_link_name_gives_the_name_back_and_is_one_link(name):
    link = link_name(name)
    assert array_name(link) == name
    assert link not in ("", ".") and "/" not in link and "\0" not in link
    link.encode("utf-8")


@given(names, names)
def test_different_names_have_different_links(a, b):
    assert (link_name(a) == link_name(b)) == (a == b)


@given(names, st.integers(1, 3))
def test_a_path_gives_the_name_back(name, levels):
    assert name_in_group("batch", levels, array_path("batch", levels, name)) == name


@pytest.mark.parametrize("link", ["%41", "%2f", "a%", "%u0041", "%zz", "a/b", "."])
def test_a_link_that_no_name_is_written_as_is_refused(link):
    with pytest.raises(ValueError):
        array_name(link)


def test_plain_names_stand_as_they_are():
    assert array_path("batch", 2, "cpu(0)/data") == "batch/cpu(0)/data"
    assert array_path("state/optimizer", 1, "weight/0") == "state/optimizer/weight%2F0"


def test_an_array_where_another_needs_a_group_is_refused():
    with pytest.raises(ValueError, match="needs a group"):
        paths_of("batch", ("a", "a/b"))
