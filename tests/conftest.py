"""Puts the tests' own programs on the path, and holds every JSON file that a test makes against the shipped schemas."""

import json
import pkgutil
import sys
from pathlib import Path

import fastjsonschema
import pytest

sys.path.insert(0, str(Path(__file__).parent))

SCHEMAS = {
    name: fastjsonschema.compile(json.loads(pkgutil.get_data("nanhunt", "schemas/%s.schema.json" % name).decode("utf-8")))
    for name in ("finding", "inspection")
}


@pytest.fixture(autouse=True)
def every_json_file_is_valid(request):
    """Whatever a test has written with `--json` into its folder is what the shipped schemas say."""
    yield
    if "tmp_path" not in request.fixturenames:
        return
    for path in request.getfixturevalue("tmp_path").rglob("*.json"):
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue  # a test of damaged ones
        if isinstance(body, dict) and "schema" in body and ("cause" in body or "problems" in body):
            SCHEMAS["finding" if "cause" in body else "inspection"](body)
