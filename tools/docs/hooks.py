"""MkDocs asks this for the pages that no one writes: the command line's and the JSON files' reference."""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))

import command_reference
import schema_reference
from mkdocs.structure.files import File

PAGES = {"reference/cli.md": command_reference.page, "reference/schemas.md": schema_reference.page}


def on_files(files, config):
    """Add the generated pages to those of docs/."""
    for path, page in PAGES.items():
        files.append(File.generated(config, path, content=page()))
    return files
