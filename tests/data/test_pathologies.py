"""Everything planted in one dataset is found, and nothing else is."""

import pytest
from pathologies import PLANTS, SETTINGS, build

from nanhunt.data.checks import CHECKS
from nanhunt.data.inspection import inspect
from nanhunt.data.recipe import Recipe
from nanhunt.data.source import Source


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """The folder and what is wrong in it."""
    root = tmp_path_factory.mktemp("planted") / "mhp"
    return root, build(root, 96, shrink=2, jobs=2)


def look(root, **options):
    source = Source("mhp", root)
    recipe = Recipe(source, "all", base_size=SETTINGS.base_size, crop_size=SETTINGS.crop_size)
    return inspect(source.index("all"), settings=SETTINGS, recipe=recipe, **options)


def found(inspection):
    """(check, path), but classes that no scene of so few happens to have."""
    return {
        (problem.check, problem.path)
        for problem in inspection.problems
        if problem.check != "unseen-class" or problem.path == "class 17 (scarf)"
    }


def test_everything_planted_is_found_and_nothing_else(planted):
    root, expected = planted
    assert len(PLANTS) >= 17
    assert found(look(root, jobs=1)) == expected


def test_every_check_but_those_for_other_datasets_was_planted(planted):
    _, expected = planted
    assert {check.name for check in CHECKS} - {check for check, _ in expected} == {"empty-list", "ignored-mask"}


def test_processes_find_the_same(planted):
    root, _ = planted
    assert look(root, jobs=3).to_json() == look(root, jobs=1).to_json()
