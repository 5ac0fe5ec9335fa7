"""What preflight says, for a terminal of 80 columns and as JSON."""

import json
from pathlib import Path
from typing import IO, Optional, Sequence

from rich.table import Table
from rich.text import Text

from nanhunt.errors import NanhuntError
from nanhunt.preflight.base import ERROR, NOTE, SEVERITIES, WARNING, Remark
from nanhunt.report.terminal import console
from nanhunt.report.writing import replace_text

_STYLES = {ERROR: "bold red", WARNING: "yellow", NOTE: "dim"}


def print_preflight(remarks: Sequence[Remark], stream: Optional[IO[str]] = None) -> None:
    """Errors, warnings and notes, each check's places together; a last line counts them."""
    out = console(stream)
    groups = {}  # type: dict[tuple[str, str, str, str, str], list[str]]
    for each in remarks:
        groups.setdefault((each.severity, each.check, each.sure, each.saw, each.do), []).append(each.place)
    for (severity, check, sure, saw, do), places in groups.items():
        out.print(Text.assemble((severity, _STYLES[severity]), " ", (check, "bold"), f" ({sure})"))
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for place in filter(None, places):
            table.add_row("  where", Text(place))
        table.add_row("  saw", Text(saw))
        table.add_row("  do", Text(do))
        out.print(table)
    counts = [sum(each.severity == severity for each in remarks) for severity in SEVERITIES]
    words = ["%d %s%s" % (n, severity, "" if n == 1 else "s") for n, severity in zip(counts, SEVERITIES)]
    out.print(Text("preflight: " + (", ".join(words) if remarks else "nothing to say")))


def write_preflight(path: Path, remarks: Sequence[Remark]) -> None:
    """As JSON; schema: `nanhunt/schemas/preflight.schema.json`. The file is replaced whole.

    Raises:
        NanhuntError: it cannot be written.
    """
    body = {"schema": 1, "remarks": [each.to_json() for each in remarks]}
    try:
        replace_text(path, json.dumps(body, indent=1) + "\n")
    except OSError as error:
        raise NanhuntError(
            f"cannot write the remarks to {path}: {error.strerror}; give --json a file in a folder that can be written"
        ) from error
