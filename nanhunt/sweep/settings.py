"""Options of `nanhunt train` as a sweep gives them: known by their long names, checked as that command would."""

import argparse
import difflib
import math
from typing import Any, Dict, List, Mapping, NoReturn

from nanhunt.errors import UsageError
from nanhunt.train.options import TrainOptions, add_options

OWN = {
    "save-dir": "each run has a folder of its own in the sweep's --save-dir",
    "dump-dir": "a run's dumps lie in its folder",
    "json": "a run's finding lies in its folder",
    "logging-file": "a run's log is read from its folder",
    "max-iterations": "give `iterations` in [limits], or --iterations",
    "eval": "a sweep trains",
    "no-watch": "a sweep looks for the first value that is not finite",
}
"""What a sweep decides itself, and what to do instead."""

Value = Any
"""A string, a number, true or a list of them, as given; false leaves the option out."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def _parser() -> _Parser:
    parser = _Parser(prog="nanhunt train", add_help=False, allow_abbrev=False)
    add_options(parser)
    return parser


def check_name(name: str, place: str) -> None:
    """Refuse what is no option of `nanhunt train`, or one that a sweep decides itself.

    Raises:
        UsageError: it is one of them; `place` says where it stands.
    """
    if name in OWN:
        raise UsageError(f"Expected an option that a sweep leaves open in {place}, found {name!r}; {OWN[name]}.")
    known = sorted(each[2:] for each in _parser()._option_string_actions if each.startswith("--") and each[2:] not in OWN)
    if name not in known:
        near = difflib.get_close_matches(name, [*known, *(each[3:] for each in known if each.startswith("no-"))], 1)
        if near and near[0] not in known:
            near = [f"no-{near[0]}"]
        advice = f"is it {near[0]!r}?" if near else "see `nanhunt train --help`."
        raise UsageError(f"Expected a long name of an option of `nanhunt train` in {place}, found {name!r}; {advice}")


def arguments(options: Mapping[str, Value]) -> List[str]:
    """The options as words for `nanhunt train`.

    Raises:
        UsageError: a switch was given a value, or the reverse, or an option what is none.
    """
    actions = _parser()._option_string_actions
    words: List[str] = []
    for name, value in options.items():
        is_switch = actions[f"--{name}"].nargs == 0
        if isinstance(value, list) and not isinstance(actions[f"--{name}"].default, list):
            raise UsageError(f"Expected one value for {name}, found {value}; a list of values to try stands in [grid].")
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, (str, int, float)) or (isinstance(each, float) and not math.isfinite(each)):
                raise UsageError(f"Expected text or a finite number for {name}, found {each!r}.")
        if is_switch and not isinstance(value, bool):
            raise UsageError(f"Expected true or false for the switch {name}, found {value!r}.")
        if value is True and not is_switch:
            raise UsageError(f"Expected a value for {name}, found true; false would leave the option out.")
        if value is True:
            words.append(f"--{name}")
        elif value is not False:
            words += [f"--{name}={each}" for each in (value if isinstance(value, list) else [value])]
    return words


def check(options: Mapping[str, Value]) -> Dict[str, str]:
    """Hold one run's options against what `nanhunt train` accepts.

    Returns: what they come to, as text by name, the same for every way to write a value; without those that are left out.

    Raises:
        UsageError: a value cannot work, or not with the others.
    """
    parser = _parser()
    parsed = parser.parse_args(arguments(options))
    TrainOptions.from_arguments(parsed)
    actions = parser._option_string_actions
    return {name: str(getattr(parsed, actions[f"--{name}"].dest)) for name, value in options.items() if value is not False}


def default_of(name: str) -> Value:
    """What an option is where it is left out; false for a switch, and where that is nothing."""
    parser = _parser()
    action = parser._option_string_actions[f"--{name}"]
    default = parser.get_default(action.dest)
    return False if action.nargs == 0 or default is None or isinstance(default, list) else str(default)
