"""Everything that the page about a dump shows, gathered from the dump and, where there was one, its replay."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from markupsafe import Markup, escape

from nanhunt import __version__
from nanhunt.diagnose.defects import KNOWN_DEFECT, known_defects
from nanhunt.diagnose.finding import Finding, Fix
from nanhunt.diagnose.growth import verdict_of
from nanhunt.diagnose.hang import hang_rows, stack_lines
from nanhunt.dump.record import Record
from nanhunt.dump.rewind import KEY as REWIND
from nanhunt.dump.runup import run_up_of
from nanhunt.errors import DumpDamagedError
from nanhunt.replay.compare import Comparison
from nanhunt.replay.explain import Explanation
from nanhunt.report.before import recurrence_in_words, run_up_in_words
from nanhunt.report.chart import Chart
from nanhunt.report.curves import charts_of
from nanhunt.report.diagram import Diagram, diagram_of
from nanhunt.report.picture import Picture, draw
from nanhunt.report.plain import Redactor
from nanhunt.report.words import SPREAD, AroundRow, around, identity_line, kind_of, producer_rows, spread_words

_MOST_LETTERS = 4000
"""Of one entry of the environment."""


@dataclass(frozen=True)
class Wishes:
    """What the page may show.

    Attributes:
        images: pictures of the sample.
        paths: names of files and folders, and the command line.
    """

    images: bool = True
    paths: bool = True


@dataclass(frozen=True)
class Cure:
    """One row of the table of cures. `rank` puts what cures first, `option` tries it again, `link` is one of the package's."""

    kind: str
    rank: int
    do: str
    option: str
    result: str
    link: str = ""


@dataclass(frozen=True)
class Page:
    """What the template shows. Every text in it may come from anyone and is escaped there."""

    kind: str
    title: str
    dump: str
    finding: Finding
    facts: Tuple[Tuple[str, str], ...]
    stacks: Tuple[str, ...]
    spread: Tuple[Tuple[str, bool], ...]
    spread_words: str
    identity: str
    identical: Optional[bool]
    cures: Tuple[Cure, ...]
    picture: Optional[Picture]
    no_picture: str
    sample: str
    charts: Tuple[Chart, ...]
    run_up: str
    diagram: Optional[Diagram]
    operators: Tuple[AroundRow, ...]
    warnings: Tuple[Tuple[int, str, str], ...]
    commands: Tuple[Tuple[str, str], ...]
    environment: Tuple[Tuple[str, str], ...]
    notices: Tuple[str, ...]
    machine: str
    machine_shown: Markup
    version: str


def page_of(
    path: Path,
    record: Record,
    finding: Finding,
    explanation: Optional[Explanation] = None,
    comparison: Optional[Comparison] = None,
    notices: Sequence[str] = (),
    wishes: Wishes = Wishes(),
) -> Page:
    """The page of a dump.

    Args:
        finding: what is known about it.
        explanation, comparison: of a replay; without them the page holds what the dump holds.
        notices: what is missing from the page, and why.
    """
    redactor = Redactor() if wishes.paths else Redactor(_paths(path, record))
    finding = Finding.from_json(redactor.json(finding.to_json()))
    picture, no_picture = (
        draw(record, finding.producer, explanation)
        if wishes.images
        else (None, "they were left out of this page (--no-images)")
    )
    operators: Tuple[AroundRow, ...] = ()
    if explanation is not None and explanation.origin is not None and explanation.origin.operator is not None:
        operators = tuple(around(explanation.evidence, explanation.origin.operator))
    identity, identical = _identity(finding, comparison)
    charts, caption = _run_up(record)
    return Page(
        kind=kind_of(finding),
        title=_title(finding),
        dump=path.name,
        finding=finding,
        facts=tuple(_facts(finding)),
        stacks=tuple(stack_lines(finding.hang)) if finding.hang is not None else (),
        spread=tuple((words, getattr(finding.spread, key)) for key, words in SPREAD),
        spread_words=spread_words(finding),
        identity=identity,
        identical=identical,
        cures=tuple(_cure(fix) for fix in finding.fixes),
        picture=picture,
        no_picture=no_picture,
        sample=_sample(finding),
        charts=charts,
        run_up=redactor.text(caption),
        diagram=diagram_of(finding, explanation.steps if explanation is not None else ()),
        operators=operators,
        warnings=tuple(_warnings(record)),
        commands=tuple(_commands(path if wishes.paths else Path(path.name), finding, record)),
        environment=tuple((name, redactor.text(text)) for name, text in _environment(record, wishes.paths)),
        notices=tuple(notices),
        machine=_for_machines(finding),
        machine_shown=escape(json.dumps(finding.to_json(), indent=1, ensure_ascii=True)),
        version=__version__,
    )


def _run_up(record: Record) -> Tuple[Tuple[Chart, ...], str]:
    """The charts and what they tell, or why there are none."""
    try:
        run_up = run_up_of(record)
    except DumpDamagedError as error:
        return (), str(error)
    if run_up is None:
        return (), "This dump holds no run-up."
    charts = charts_of(run_up)
    words = run_up_in_words(verdict_of(run_up))
    return charts, words[:1].upper() + words[1:] if charts else "It was the first iteration that was watched."


def _title(finding: Finding) -> str:
    producer = finding.producer
    if finding.hang is not None:
        return "hang: %s" % finding.hang.kind
    if producer is None:
        return finding.cause
    if not producer.op:
        return "%s in %s" % (finding.cause, producer.block or producer.phase)
    return "%s in %s%s" % (finding.cause, "the gradient of " if producer.phase == "backward" else "", producer.op)


def _facts(finding: Finding) -> List[Tuple[str, str]]:
    if finding.hang is not None:
        return [row for row in hang_rows(finding, finding.hang)[1:] if row[0] not in ("cause", "why", "fix")]
    rows = producer_rows(finding.producer, finding.cause) if finding.producer is not None else []
    if finding.recurrence is not None:
        rows.append(("again", recurrence_in_words(finding.recurrence)))
    return rows


def _sample(finding: Finding) -> str:
    producer = finding.producer
    if producer is None or producer.sample is None:
        return ""
    return "Row %d of the batch on %s%s." % (producer.sample, producer.device, ", %s" % producer.file if producer.file else "")


def _identity(finding: Finding, comparison: Optional[Comparison]) -> Tuple[str, Optional[bool]]:
    if comparison is not None:
        return identity_line(comparison), comparison.identical
    if finding.replay is None:
        return "not run again yet", None
    if finding.replay.bit_identical:
        return "bit-identical when it was run again (%d tensors compared)" % finding.replay.compared, True
    first = finding.replay.diverges_at
    return "NOT identical when it was run again%s" % (", first in %s" % first if first else ""), False


def _cure(fix: Fix) -> Cure:
    if fix.tried:
        cures = fix.result == "finite"
        do, option, note = _parts(fix.do)
        return Cure("cures" if cures else "no cure", 0 if cures else 3, do, option, "; ".join([fix.result or "", *note]))
    if fix.do.startswith(KNOWN_DEFECT):
        text = fix.do[len(KNOWN_DEFECT) :]
        links = [defect.link for defect in known_defects() if "(%s)" % defect.link in text]
        return Cure("known defect", 2, text.replace(" (%s)" % links[0], "") if links else text, "", "", (links or [""])[0])
    return Cure("advice", 1, fix.do, "", "")


_CHANGE = re.compile(r"([a-z0-9-]+(?:=[^ :]*)?): (.*)", re.DOTALL)


def _parts(do: str) -> Tuple[str, str, List[str]]:
    """What was changed, the option that changes it, and what is to be said of the outcome, as a row of a replay joins them."""
    head, found, tail = do.rpartition(" (--try ")
    if found and tail.endswith(")"):
        change, *note = tail[:-1].split("; ", 1)
        return head, "--try " + change, note
    named = _CHANGE.fullmatch(do)
    if named is None:
        return do, "", []
    did, *note = named.group(2).split("; ", 1)
    return did, "--try " + named.group(1), note


def _warnings(record: Record) -> List[Tuple[int, str, str]]:
    """(step, kind, text) of what was warned of before."""
    rows = []
    kept = record.iteration.get("warnings")
    for each in kept if isinstance(kept, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("step"), int):
            rows.append((each["step"], str(each.get("kind", "")), str(each.get("text", ""))))
    return rows


def _commands(path: Path, finding: Finding, record: Record) -> List[Tuple[str, str]]:
    """(what for, command)."""
    name = str(path)
    dump = shlex.quote(name if not name.startswith("-") else "./" + name)
    if finding.hang is not None:
        return [("run the iteration again, with an eye on where it hangs", "nanhunt replay %s" % dump)]
    rows = [
        ("run the iteration again, compare every bit, explain it", "nanhunt replay %s" % dump),
        ("three times, to see whether it varies", "nanhunt replay %s --repeat 3" % dump),
        ("try every change that could cure it", "nanhunt replay %s --ladder" % dump),
    ]
    back = _iterations_back(record)
    if back:
        words = "from %d iterations before, to see it come; with --try lr=… whether the run would have lived" % back
        rows.append((words, "nanhunt replay %s --rewind %d" % (dump, back)))
    if finding.producer is not None and finding.producer.op:
        rows.append(("the producer alone, as a script of plain MXNet", "nanhunt replay %s --minimise --script alone.py" % dump))
    return rows


def _iterations_back(record: Record) -> int:
    """How far back the dump goes."""
    kept = record.runup.get(REWIND)
    iterations = kept.get("iterations") if isinstance(kept, Mapping) else None
    return len(iterations) if isinstance(iterations, list) else 0


_FIRST = (
    "framework",
    "mxnet",
    "gluoncv",
    "numpy",
    "python",
    "nanhunt",
    "processor",
    "cores",
    "gpus",
    "platform",
)


def _environment(record: Record, paths: bool) -> List[Tuple[str, str]]:
    rows: Dict[str, str] = {}
    values = dict(record.environment)
    command = values.pop("command", None)
    for name in [
        *(n for n in _FIRST if n in values),
        *sorted(n for n in values if n not in _FIRST),
    ]:
        text = _in_words(values[name])
        if text and (paths or name != "folder"):
            rows[name] = text
    for name in ("seed", "lr"):
        if record.iteration.get(name) is not None:
            rows[name] = _in_words(record.iteration[name])
    if isinstance(command, list) and command and paths:
        rows["command"] = " ".join(shlex.quote(str(word)) for word in command)
    return [(name, text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + " \u2026") for name, text in rows.items()]


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join("%s=%s" % (key, each) for key, each in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _paths(path: Path, record: Record) -> List[str]:
    """What `paths` would show."""
    words = [str(each.get("path", "")) for each in record.iteration.get("samples") or () if isinstance(each, Mapping)]
    command = record.environment.get("command")
    words += [str(word) for word in command if "/" in str(word)] if isinstance(command, list) else []
    words += [str(record.environment.get("folder", "")), str(path), str(path.absolute().parent), str(Path.home())]
    return [word for word in words if word not in ("", "/", ".")]


def _for_machines(finding: Finding) -> str:
    """The finding as JSON that may stand inside a script element: no character in it can end that, or begin a comment."""
    text = json.dumps(finding.to_json(), indent=1, ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, "\\u%04x" % ord(character))
    return text
