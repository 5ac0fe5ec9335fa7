"""Which probes there are, built in or brought by other packages, and which of them a run uses.

A package brings probes by entry points of the group `nanhunt.probes`: the name that users choose, and the class.
"""

import sys
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from nanhunt.errors import UsageError
from nanhunt.probes import BUILT_IN
from nanhunt.probes.base import Probe

GROUP = "nanhunt.probes"


class PlugIn(NamedTuple):
    """An entry point, not loaded yet.

    Attributes:
        name: what `--probe` takes.
        distribution: the package that brings it, as pip calls it.
        target: `module:class`.
        load: imports it; may raise anything.
    """

    name: str
    distribution: str
    target: str
    load: Callable[[], Any]


def choose(add: Sequence[str] = (), leave_out: Sequence[str] = ()) -> Tuple[Probe, ...]:
    """The built-in probes, with plug-ins added and others left out. Plug-ins come last, each a new instance.

    Raises:
        UsageError: there is no such probe, it cannot be imported, it is asked for and left out at once, or none is left.
    """
    if not add and not leave_out:
        return BUILT_IN
    built_in = {probe.name: probe for probe in BUILT_IN}
    plug_ins = _by_name(_installed())
    for option, names in (("--probe", add), ("--no-probe", leave_out)):
        for name in names:
            if name not in built_in and name not in plug_ins:
                raise UsageError(f"Expected {option} with a probe that there is, found {name!r}.\n{_inventory(plug_ins)}")
    for name in add:
        if name in leave_out:
            raise UsageError(f"Expected one of --probe {name} and --no-probe {name}, found both.")
    chosen = [probe for name, probe in built_in.items() if name not in leave_out]
    for name in dict.fromkeys(add):
        if name in plug_ins:
            chosen.append(_make(plug_ins[name], name in built_in))
    if not chosen:
        raise UsageError("Expected at least one probe to look at something, found --no-probe for all; leave one in.")
    return tuple(chosen)


def _make(offers: Sequence[PlugIn], taken: bool) -> Probe:
    one = offers[0]
    if taken:
        raise UsageError(
            f"Expected the probe {one.name!r} of {one.distribution} to have a name of its own, found that of a built-in one; "
            "rename its entry point."
        )
    if len(offers) > 1:
        both = ", ".join(each.distribution for each in offers)
        raise UsageError(f"Expected one probe called {one.name!r}, found one in each of {both}; uninstall all but one.")
    origin = f"the probe {one.name!r} of {one.distribution} ({one.target})"
    try:
        made = one.load()
        if isinstance(made, type) and issubclass(made, Probe):
            made = made()
    except Exception as error:  # somebody else's code: whatever it raises is one line about its package
        words = " ".join(str(error).split())
        raise UsageError(f"{origin} cannot be loaded: {type(error).__name__}{': ' if words else ''}{words}") from error
    if not isinstance(made, Probe):
        raise UsageError(f"Expected {origin} to be a subclass of nanhunt.probes.Probe, found {made!r}.")
    made.name = one.name
    return made


def _by_name(plug_ins: Sequence[PlugIn]) -> Dict[str, List[PlugIn]]:
    found: Dict[str, List[PlugIn]] = {}
    for each in plug_ins:
        offers = found.setdefault(each.name, [])
        # An editable installation can stand on the path twice.
        if (each.distribution, each.target) not in [(one.distribution, one.target) for one in offers]:
            offers.append(each)
    return found


def _inventory(plug_ins: Dict[str, List[PlugIn]]) -> str:
    built_in = ", ".join(probe.name for probe in BUILT_IN)
    others = ", ".join(f"{name} ({', '.join(one.distribution for one in offers)})" for name, offers in sorted(plug_ins.items()))
    return f"built in: {built_in}; installed: {others or 'none'}"


def _installed() -> List[PlugIn]:
    """The entry points of GROUP on `sys.path`, by the one reader of package metadata that this Python has."""
    if sys.version_info >= (3, 8):
        from importlib import metadata
    else:
        try:
            import importlib_metadata as metadata
        except ImportError:  # nothing that nanhunt itself needs brings it along on 3.7
            return list(_installed_by_setuptools())
    # Not `entry_points()`: what it returns changed twice up to 3.12, and before 3.10 it does not tell the distribution.
    return [
        PlugIn(each.name, str(distribution.metadata["Name"]), each.value, each.load)
        for distribution in metadata.distributions()
        for each in distribution.entry_points
        if each.group == GROUP
    ]


def _installed_by_setuptools() -> Iterator[PlugIn]:
    import pkg_resources

    for each in pkg_resources.iter_entry_points(GROUP):
        target = f"{each.module_name}:{'.'.join(each.attrs)}"
        yield PlugIn(each.name, each.dist.project_name if each.dist else "?", target, each.resolve)
