"""A page as one HTML text, which loads nothing from anywhere, and its file."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from nanhunt.errors import NanhuntError
from nanhunt.report.page import Page
from nanhunt.report.plain import visible
from nanhunt.report.writing import replace_text


def render(page: Page) -> str:
    """The page about a dump as text."""
    return fill("report.html", page=page, finding=page.finding)


def fill(template: str, **values: Any) -> str:
    """A template as text, with the style and the script of all pages. Every string is made visible and escaped."""
    # autoescape is what keeps a hostile file name from becoming markup, finalize what keeps it from turning a line round.
    environment = Environment(
        loader=PackageLoader("nanhunt.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = _own(environment, "page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return environment.get_template(template).render(
        style=_own(environment, "page.css"), script=script, digest=digest, **values
    )


def _own(environment: Environment, name: str) -> str:
    """The text of a file of the package."""
    loader: Any = environment.loader
    text: str = loader.get_source(environment, name)[0]
    return text.rstrip("\n")


def write(text: str, path: Path, option: str = "--html") -> Path:
    """Write the page; the file is replaced whole.

    Args:
        option: the one that named the file, for the message.

    Raises:
        NanhuntError: it cannot be written.
    """
    try:
        replace_text(path, text)
    except OSError as error:
        raise NanhuntError(
            "cannot write the report to %s: %s; give %s a file that can be written" % (path, error.strerror, option)
        ) from error
    return path
