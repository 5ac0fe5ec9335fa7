"""What is said of a run that came no further: a Finding, out of where it stands and what its devices have finished."""

import multiprocessing
from typing import Any, List, Optional, Sequence, Tuple

from nanhunt.backends.base import Backend, BatchPosition, Instrumentation
from nanhunt.backends.stalling import Barrier
from nanhunt.diagnose.finding import Finding, Fix, Hang, Position
from nanhunt.watching.hang.asking import Questions
from nanhunt.watching.hang.place import Place, being_read, stacks
from nanhunt.watching.hang.record import InFlight

CAUSE = "hang"
_MOST = 4


def verdict_of(
    backend: Backend,
    instrumentation: Instrumentation,
    flight: InFlight,
    place: Place,
    seconds: float,
    limit: float,
    loaded: Optional[BatchPosition],
) -> Finding:
    """The Finding, without what the dump lacks.

    Args:
        seconds: without any progress.
        limit: of them.
        loaded: the last batch that a loader gave.
    """
    kind, questions = place.kind, Questions(0.5)
    reached = ""
    unfinished: Tuple[str, ...] = ()
    stuck: List[Barrier] = []
    if kind == "engine" or (kind == "barrier" and flight.under_way):
        reached, unfinished = _progress(backend, flight, questions)
        stuck = _closed(backend, instrumentation.barriers(), questions)
        kind = "barrier" if stuck else kind
    wait = place.wait
    waits_for = instrumentation.name_of(wait.tensor) if wait is not None and wait.tensor is not None else ""
    waits_for = waits_for or _head(flight, wait.tensor if wait is not None else None)
    hang = Hang(
        kind=kind,
        seconds=round(seconds, 1),
        limit=round(limit, 1),
        under_way=flight.under_way,
        thread=place.thread,
        call=place.call,
        source=place.source,
        waits_for=_next_batch(instrumentation, loaded, flight) if kind == "loader" else waits_for,
        reached=reached,
        unfinished=unfinished,
        barriers=tuple({"block": each.path, "waits_for": each.waits_for, "devices": list(each.devices)} for each in stuck),
        workers=_workers() if kind == "loader" else (),
        stacks=stacks(instrumentation.thread),
    )
    at = Position(*(int(flight.meta.get(key) or 0) for key in ("epoch", "iteration", "step")))
    advice = list(dict.fromkeys(each.advice for each in stuck if each.advice))
    # That a barrier is short of devices follows from its number; that the devices stand in this one, from their order.
    proof = "likely" if stuck or kind == "loader" else "unknown"
    return Finding(at, None, proof, CAUSE, why(hang), tuple(Fix(each) for each in advice), hang=hang)


def why(hang: Hang) -> str:
    """One sentence."""
    if hang.barriers:
        first = hang.barriers[0]
        number = len(first["devices"])
        there = "is" if number == 1 else "are"
        more = len(hang.barriers) - 1
        others = " (so do%s %d more layer%s)" % ("es" if more == 1 else "", more, "s" if more > 1 else "") if more else ""
        if number == first["waits_for"]:
            return "%s waits for %d devices, which cannot all come%s" % (first["block"], number, others)
        return "%s waits for %d devices, and %d %s in use%s" % (first["block"], first["waits_for"], number, there, others)
    if hang.kind == "loader":
        return "the data loader gives no batch%s" % (": " + hang.waits_for if hang.waits_for else "")
    if hang.kind == "barrier":
        return "%s waits for other processes" % hang.call
    if hang.kind == "engine":
        after = "; the devices have finished %s, and not %s" % (hang.reached, hang.unfinished[0]) if hang.unfinished else ""
        after = after if hang.reached else "; the devices have not finished %s" % hang.unfinished[0] if hang.unfinished else ""
        return "the engine does not finish %s%s" % (hang.waits_for or "what was queued", after)
    if hang.kind == "python":
        return "the program is at work in %s, and comes to no end" % hang.call
    return "the program waits in %s, outside of the framework: for a lock, a pipe, a socket or a sleep" % hang.call


def _progress(backend: Backend, flight: InFlight, questions: Questions) -> Tuple[str, Tuple[str, ...]]:
    """The last block whose output is known to be computed, and the first ones of which that is not so."""
    reached = ""
    for array, blocks in flight.queued:
        answered, _ = questions.ask(lambda array=array: backend.wait_for(array))  # type: ignore[misc]
        if not answered:
            return reached, tuple(blocks)
        reached = blocks[-1]
    return reached, ()


def _closed(backend: Backend, barriers: Sequence[Barrier], questions: Questions) -> List[Barrier]:
    """Those that do not open: not finished, and waiting for more devices than there are, or for ones that cannot come."""
    suspects = [each for each in barriers if each.waits_for != len(each.devices)]
    suspects = suspects or [each for each in barriers if each.advice]
    for place, each in enumerate(suspects):
        # In the order in which they ran: behind the first that has not finished, none has.
        if any(not questions.ask(lambda array=array: backend.wait_for(array))[0] for array in each.changed[:1]):  # type: ignore[misc]
            return suspects[place:]
    return []


def _head(flight: InFlight, tensor: Any) -> str:
    named = next((key for key, array in flight.named.items() if array is tensor), None) if tensor is not None else None
    return "%s, on %s" % (named[1], named[0]) if named is not None else ""


def _next_batch(instrumentation: Instrumentation, loaded: Optional[BatchPosition], flight: InFlight) -> str:
    indices, paths = instrumentation.awaited
    if loaded is not None:
        which = "the batch after batch %d of epoch %d" % (loaded.iteration, loaded.epoch)
    else:
        step = int(flight.meta.get("step") or 0)
        which = "the batch after that of step %d" % step if step or flight.named else "the first batch of the run"
    if not indices:
        reading = being_read()
        return which + (": reading %s" % ", ".join(reading) if reading else "")
    files = " (%s)" % ", ".join(each for each in paths if each) if any(paths) else ""
    return "%s: sample%s %s%s" % (which, "s" if len(indices) > 1 else "", ", ".join(str(each) for each in indices), files)


def _workers() -> Tuple[str, ...]:
    """Processes that this one started and that are still there; a pool replaces those that died, with higher numbers."""
    found = multiprocessing.active_children()
    return tuple("%s, process %d" % (each.name, each.pid or 0) for each in found[:_MOST]) + (
        ("%d more" % (len(found) - _MOST),) if len(found) > _MOST else ()
    )
