"""One self-contained page about a replayed dump: verdict, pictures, the operators around the producer, environment."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Dict, List, Optional

from jinja2 import Environment, PackageLoader, StrictUndefined

from nanhunt import __version__
from nanhunt.dump.record import Record
from nanhunt.errors import NanhuntError
from nanhunt.replay.compare import Comparison
from nanhunt.replay.explain import Explanation
from nanhunt.report.picture import draw
from nanhunt.report.terminal import around, identity_line, rows_of


def render(path: Path, record: Record, explanation: Explanation, comparison: Comparison) -> str:
    """The page as text. Every string from the dump is escaped; nothing is loaded from anywhere."""
    # autoescape is what keeps a hostile file name from becoming markup
    template = Environment(loader=PackageLoader("nanhunt.report"), autoescape=True, undefined=StrictUndefined).get_template(
        "report.html"
    )
    operators: List[Dict[str, Any]] = []
    if explanation.origin is not None and explanation.origin.operator is not None:
        operators = [row._asdict() for row in around(explanation.evidence, explanation.origin.operator)]
    environment = {k: v for k, v in record.environment.items() if isinstance(v, (str, int)) and v != ""}
    return template.render(
        dump=str(path),
        finding=explanation.finding,
        rows=rows_of(replace(explanation.finding, fixes=())),
        fixes=[dict(asdict(fix), cures=fix.tried and fix.result == "finite") for fix in explanation.finding.fixes],
        identical=comparison.identical,
        identity=identity_line(comparison),
        pictures=draw(record, explanation),
        operators=operators,
        environment=environment,
        command=" ".join(str(each) for each in record.environment.get("command", [])),
        version=__version__,
    )


def write(page: str, path: Path) -> Optional[Path]:
    """Write the page.

    Raises:
        NanhuntError: it cannot be written.
    """
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise NanhuntError(
            f"cannot write the report to {path}: {error.strerror}; give --html a file that can be written"
        ) from error
    return path
