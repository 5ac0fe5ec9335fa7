"""What else a log says: the options of the run, the command, dumps of nanhunt, and how a program ended."""

import re
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple

MOST = 10
_OPTION = re.compile(r"(\w+)=('[^']*'|\"[^\"]*\"|<[^>]*>|\[[^\]]*\]|\{[^}]*\}|[^,()]+)")
_COMMAND = re.compile(r"(?:^|[\s$>])(?:\S*/)?python[\d.]*(?: -u| -m)? (\S.*)$")
_DUMP = re.compile(r"nanhunt replay (\S+\.h5)")
_CAUSE = re.compile(r"cause {2,}(\S.*\S)")
_TOTAL = re.compile(r"Total Epochs: (\d+)|^\W*Epoch \d+/(\d+)\s*$")
_END = re.compile(
    r"^(?:Killed|Aborted|Terminated|Bus error)\b|\(core dumped\)|double free or corruption|^KeyboardInterrupt"
    r"|Segmentation fault|CUDA(?: runtime)? error|out of memory|^(?:[a-z_]+\.)*[A-Z]\w*(?:Error|Exception|Interrupt)\b(?::|$)"
)
_NAN = re.compile(r"(?<![\w-])(?:nan|-?inf)(?![\w-])", re.IGNORECASE)


@dataclass
class Context:
    """Gathered line by line.

    Attributes:
        options: of `Namespace(...)`, as written.
        command: the first command line of Python, without `python`.
        dumps: that nanhunt has written; `cause`: of its first finding, with its proof.
        ends: (line, text) of what looks like the end of a program.
        nan_lines: lines of no known format that say nan or inf; `nan_line`: the first.
    """

    options: Dict[str, str] = field(default_factory=dict)
    command: Optional[str] = None
    epochs: Optional[int] = None
    dumps: List[str] = field(default_factory=list)
    cause: Optional[str] = None
    ends: List[Tuple[int, str]] = field(default_factory=list)
    nan_lines: int = 0
    nan_line: Optional[Tuple[int, str]] = None

    def read(self, number: int, line: str, ours: bool) -> None:
        """A line that no format has read.

        Args:
            ours: nanhunt wrote it.
        """
        if "Namespace(" in line and not self.options:
            self.options = {name: value.strip("'\"") for name, value in _OPTION.findall(line[line.index("Namespace(") + 10 :])}
            if self.options.get("epochs", "").isdigit():
                self.epochs = int(self.options["epochs"])
        elif "python" in line and self.command is None:
            found = _COMMAND.search(line)
            if found and ".py" in found.group(1):
                self.command = found.group(1)
        elif "nanhunt replay" in line:
            found = _DUMP.search(line)
            if found and len(self.dumps) < MOST and found.group(1) not in self.dumps:
                self.dumps.append(found.group(1))
        elif "poch" in line and _TOTAL.search(line):
            self.epochs = int(next(text for text in _TOTAL.findall(line)[0] if text))
        if ours:
            found = _CAUSE.match(line)
            self.cause = self.cause or (found.group(1) if found else None)
        elif len(line) < 2000 and _END.search(line.strip()):
            self.ends = self.ends[: MOST - 1] + [(number, line.strip()[:200])]
        elif _NAN.search(line, 0, 2000):
            self.nan_lines += 1
            self.nan_line = self.nan_line or (number, line.strip()[:200])
