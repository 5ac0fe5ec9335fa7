"""The JSON Schemas that ship: they are what the code writes, and they refuse what it does not."""

import copy
import json
import pkgutil
import re
from pathlib import Path

import fastjsonschema
import pytest

from nanhunt.diagnose import finding as findings
from nanhunt.diagnose.defects import known_defects
from nanhunt.diagnose.finding import Finding, Fix, Position, Producer, Reproduction, Spread

ROOT = Path(__file__).resolve().parents[1]

WHOLE = Finding(
    Position(1, 2, 3),
    Producer("forward", "log", "net.0", "loss.py:3", "-inf", 1, (2, 3), (1, 2), 1, "images/0001.jpg", "cpu(0)"),
    "proven",
    "log-of-zero",
    "log of 0",
    (Fix("add eps", True, "finite"),),
    Spread(loss=True),
    ("log -> -inf",),
    Reproduction(True, 12),
)


def schema(name):
    return json.loads(pkgutil.get_data("nanhunt", "schemas/%s.schema.json" % name).decode("utf-8"))


def validates(body):
    return fastjsonschema.compile(schema("finding"))(json.loads(json.dumps(body)))


def test_a_finding_validates_whole_and_empty_and_absent():
    for each in (WHOLE.to_json(), Finding(Position()).to_json(), None):
        validates(each)


@pytest.mark.parametrize(
    "path, value",
    [
        (("cause",), "nan"),
        (("proof",), "sure"),
        (("producer", "phase"), "middle"),
        (("producer", "value"), "inf"),
        (("iteration", "step"), -1),
        (("spread", "loss"), "yes"),
        (("fixes", 0, "do"), ""),
        (("more",), 1),
    ],
)
def test_what_no_finding_is_does_not(path, value):
    body = copy.deepcopy(json.loads(json.dumps(WHOLE.to_json())))
    place = body
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(fastjsonschema.JsonSchemaException):
        validates(body)


def test_its_names_are_those_of_the_code_and_the_docs():
    properties = schema("finding")["properties"]
    assert tuple(properties["producer"]["properties"]["phase"]["enum"]) == findings.PHASES
    assert tuple(properties["proof"]["enum"]) == findings.PROOFS
    sections = re.findall(r"^### ([a-z-]+) \{ #\1 \}$", (ROOT / "docs" / "causes.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(properties["cause"]["enum"]) == set(sections)


def test_every_known_defect_has_a_public_link_a_way_around_and_a_range():
    defects = known_defects()
    assert len({each.id for each in defects}) == len(defects) >= 6
    for each in defects:
        assert each.link.startswith("https://") and each.workaround and each.title
    ranges = {each.id: each for each in defects}
    assert ranges["compensated-sum-of-inf"].in_version("1.4.1") and not ranges["compensated-sum-of-inf"].in_version("1.6.0")
    assert not ranges["sync-batch-norm-memory"].in_version("1.4.1") and ranges["sync-batch-norm-memory"].in_version("1.9.1")
