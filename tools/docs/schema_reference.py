"""The reference of the JSON files as Markdown, out of the shipped JSON Schemas."""

import json
from pathlib import Path

import nanhunt

FOLDER = Path(nanhunt.__file__).parent / "schemas"
ORDER = ("finding", "inspection", "log", "sweep")
WRITTEN_BY = {
    "finding": "`--json` of `run`, `train`, `replay`, and every dump",
    "inspection": "`inspect-data --json`",
    "log": "`read-log --json`",
    "preflight": "`preflight --json`",
    "selftest": "`selftest --json`",
    "sweep": "`sweep --json`",
}

OPENING = """\
# JSON files

Made from the JSON Schemas (draft 07) that ship with the package, `nanhunt/schemas/`. A program reads them with

```python
import json, pkgutil

schema = json.loads(pkgutil.get_data("nanhunt", "schemas/finding.schema.json").decode("utf-8"))
```

What the keys of a finding mean is told at more length in [The Finding](../finding.md). A key without a mark is always there.
"""


def page():
    """The whole page: one section a schema."""
    found = sorted(path.name[: -len(".schema.json")] for path in FOLDER.glob("*.schema.json"))
    names = [name for name in ORDER if name in found] + [name for name in found if name not in ORDER]
    return "\n".join([OPENING, *map(_section, names)])


def _section(name):
    schema = json.loads((FOLDER / ("%s.schema.json" % name)).read_text(encoding="utf-8"))
    definitions = schema.get("definitions", {})
    written = WRITTEN_BY.get(name, "")
    head = "## %s\n\n%s%s\n" % (schema["title"], schema.get("description", ""), " Written by %s." % written if written else "")
    tables = [_table(schema)]
    for key, definition in definitions.items():
        rows = _table(definition)
        tables.append("### `%s` of %s\n\n%s" % (key, schema["title"].lower(), rows or _type(definition) + ".\n"))
    return "\n".join([head, *tables])


def _table(schema):
    rows = list(_rows(schema, ""))
    return "| key | type | |\n|---|---|---|\n" + "\n".join(rows) + "\n" if rows else ""


def _rows(schema, prefix):
    required = schema.get("required", ())
    for key, value in schema.get("properties", {}).items():
        path = prefix + key
        mark = "" if key in required or not required else " (where it is known)"
        yield "| `%s` | %s | %s%s |" % (path, _type(value), _text(value.get("description", "")), mark)
        for inner, step in ((value, "."), (value.get("items", {}), "[].")):
            if isinstance(inner, dict) and "properties" in inner:
                yield from _rows(inner, path + step)


def _type(value):
    if "$ref" in value:
        return "`%s`" % value["$ref"].rpartition("/")[2]
    if "const" in value:
        return "`%s`" % json.dumps(value["const"])
    if "enum" in value:
        return ", ".join("`%s`" % (each if each and isinstance(each, str) else json.dumps(each)) for each in value["enum"])
    if "oneOf" in value or "anyOf" in value:
        return " or ".join(_type(each) for each in value.get("oneOf", value.get("anyOf")))
    kinds = value.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_list(value["items"]) if kind == "array" and "items" in value else str(kind) for kind in kinds)


def _list(items):
    if isinstance(items, list):
        return "list of " + ", ".join(map(_type, items))
    return "list of " + _type(items)


def _text(text):
    return text.replace("|", "\\|").replace("<", "&lt;")
