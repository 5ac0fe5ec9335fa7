"""Where the program wrote each operator of a symbol: a hybridized block or a bound symbol runs at once, from one line."""

import json
import sys
from typing import Any, Dict, Tuple

from mxnet.symbol import register

from nanhunt.backends.mxnet.hooks import Hooks
from nanhunt.backends.mxnet.program import line_of


class SymbolLines:
    """Lines by the names of operators, noted as symbols are composed: when a block is first called, or a script builds one."""

    def __init__(self) -> None:
        self._hooks = Hooks()
        self._lines: Dict[str, str] = {}

    def install(self) -> None:
        """Put the hook in."""
        self._hooks.replace(register, "_symbol_creator", self._creating)

    def remove(self) -> None:
        """Take it out."""
        self._hooks.remove()

    def of(self, symbol: str) -> Tuple[Tuple[str, str], ...]:
        """Name and line of the operators in a symbol's JSON text, where they are known for certain."""
        names = [str(each["name"]) for each in json.loads(symbol)["nodes"] if each["op"] != "null"]
        return tuple((name, self._lines[name]) for name in names if self._lines.get(name))

    def _creating(self, original: Any) -> Any:
        def create(*arguments: Any, **options: Any) -> Any:
            made = original(*arguments, **options)
            line = line_of(sys._getframe(1))
            for each in made if isinstance(made, (list, tuple)) else [made]:
                name = each.name
                if name is not None and self._lines.setdefault(name, line) != line:
                    self._lines[name] = ""  # two operators have this name
            return made

        return create
