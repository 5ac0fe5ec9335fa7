"""Prints the confusion table of the regression suite as Markdown: `python tests/cases/confusion.py`."""

import collections
import sys
import tempfile
from pathlib import Path

import mxnet
from running import differences, is_one_of, missing, warm
from table import CASES, HEALTHY, HEALTHY_NEEDS


def main():
    rows, producers, alarms, left_out = [], collections.Counter(), [], []
    with warm() as run, tempfile.TemporaryDirectory() as place:
        for case in CASES:
            if missing(case.needs):
                left_out.append(case.program)
                continue
            folder = Path(place) / case.program
            folder.mkdir()
            ran = run(case.program, folder)
            wrong = differences(case, ran)
            named = ran.finding["cause"] if ran.finding else "nothing found"
            placed = not any(each.startswith(("op", "phase", "nothing")) for each in wrong)
            producers[placed] += 1
            rows.append((case, named, wrong, placed))
        for program in HEALTHY:
            if missing(HEALTHY_NEEDS.get(program, "")):
                left_out.append(program)
                continue
            folder = Path(place) / program
            folder.mkdir()
            ran = run(program, folder)
            if ran.code != "0" or ran.finding is not None:
                alarms.append((program, ran))
    write(rows, producers, alarms, left_out)


def write(rows, producers, alarms, left_out):
    right = sum(not wrong for _, _, wrong, _ in rows)
    print("## MXNet %s\n" % mxnet.__version__)
    print("%d programs go non-finite, %d of them are found exactly as expected. " % (len(rows), right), end="")
    print(
        "The producer (operator and phase) is right in %d, wrong or missing in %d. " % (producers[True], producers[False]),
        end="",
    )
    named = sum(is_one_of(name, case.cause) for case, name, _, _ in rows)
    unknown = sum(name == "unknown" and not is_one_of(name, case.cause) for case, name, _, _ in rows)
    print("The cause is right in %d, `unknown` in %d, wrong in %d. " % (named, unknown, len(rows) - named - unknown), end="")
    print("%d healthy programs, %d reported." % (len(HEALTHY), len(alarms)))
    if left_out:
        print("\nCannot show it in this version: %s." % ", ".join("`%s`" % each for each in left_out))
    print("\n| expected cause | programs | named as | producer right |\n|---|---|---|---|")
    table = collections.OrderedDict()
    for case, name, _, placed in sorted(rows, key=lambda row: row[0].cause.split("|")[0]):
        cause = case.cause.split("|")[0]
        counts, places = table.setdefault(cause, (collections.Counter(), collections.Counter()))
        also = cause != name and is_one_of(name, case.cause)
        counts["%s%s" % (name, " (as right)" if also else "")] += 1
        places[placed] += 1
    for cause, (counts, places) in table.items():
        names = ", ".join("%s %d" % each for each in counts.most_common())
        print("| %s | %d | %s | %d |" % (cause, sum(counts.values()), names, places[True]))
    phases = collections.OrderedDict()
    for case, _, wrong, placed in rows:
        count = phases.setdefault(case.phase.split("|")[0], collections.Counter())
        count.update(programs=1, producer=placed, all=not wrong)
    print("\n| phase | programs | producer right | all right |\n|---|---|---|---|")
    for phase, count in phases.items():
        print("| %s | %d | %d | %d |" % (phase, count["programs"], count["producer"], count["all"]))
    print("\n| program | what is not as expected |\n|---|---|")
    for case, _, wrong, _ in rows:
        if wrong:
            print("| `%s` | %s |" % (case.program, "; ".join(wrong).replace("|", "\\|")))
    for program, ran in alarms:
        finding = ran.finding or {}
        told = "%s, %s" % (finding.get("producer"), finding.get("cause")) if finding else ran.err.strip()[-200:]
        print(
            "| `%s` (healthy) | reported, exit code %s: %s |" % (program, ran.code, told.replace("|", "\\|").replace("\n", " "))
        )
    print()


if __name__ == "__main__":
    sys.exit(main())
