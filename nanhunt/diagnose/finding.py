"""The Finding: what nanhunt says about one non-finite iteration, as plain data."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Dict, Mapping, Optional, Tuple

SCHEMA = 1

ABSURD_WEIGHT = 1e8
"""A float32 network in order has weights below 1e4; ten thousand times more than the largest is no doubt."""

PHASES = ("data", "parameter", "aux", "forward", "backward", "optimizer")
PROOFS = ("proven", "likely", "unknown")
HANGS = ("loader", "engine", "barrier", "blocked", "python")
"""What a run that comes no further waits in: its data loader, the framework's engine, a meeting of devices or processes,
something else that lets the processor rest (a lock, a pipe, a sleep), or nothing: it is at work in code without an end."""


@dataclass(frozen=True)
class Position:
    """Where in the run: zero-based epoch, iteration in the epoch, and iterations since the run began."""

    epoch: int = 0
    iteration: int = 0
    step: int = 0


@dataclass(frozen=True)
class Producer:
    """The first thing, in execution order, that was non-finite although all it was made from was finite.

    Attributes:
        phase: one of PHASES; `data`, `parameter` and `aux` mean bad on arrival.
        op: the framework's operator name as recorded (in backward, the forward op whose gradient it is); empty on arrival.
        block: path of the network part that called it, or the name of the array.
        source: `file.py:line` that called it.
        value: `nan`, `+inf` or `-inf`, the first bad element's.
        count: number of non-finite elements.
        shape: shape of the tensor.
        index: position of the first bad element.
        sample: which sample of the device's batch that element belongs to, where the leading axis is the batch.
        file: that sample's image file.
        device: such as `cpu(0)`.
    """

    phase: str
    op: str = ""
    block: str = ""
    source: str = ""
    value: str = ""
    count: int = 0
    shape: Tuple[int, ...] = ()
    index: Tuple[int, ...] = ()
    sample: Optional[int] = None
    file: Optional[str] = None
    device: str = ""


@dataclass(frozen=True)
class Fix:
    """One change, whether it was tried on this iteration, and what came out."""

    do: str
    tried: bool = False
    result: Optional[str] = None


@dataclass(frozen=True)
class Spread:
    """What the non-finite value reached before it was stopped."""

    loss: bool = False
    gradients: bool = False
    parameters: bool = False
    aux: bool = False
    optimizer: bool = False


@dataclass(frozen=True)
class Reproduction:
    """The outcome of running the iteration again: tensors compared, and the first that differs."""

    bit_identical: bool
    compared: int
    diverges_at: Optional[str] = None


NOT_RUN = "not-run"


@dataclass(frozen=True)
class Recurrence:
    """Whether the iteration, run again at once from the same state with the same inputs and seed, gave the same.

    Attributes:
        again: `persistent`: the same to the last bit. `transient`: something else, so that it was nondeterminism or hardware.
            `unclear`: something else, which may be the replay's doing. `not-run`: it could not be run.
        differing: the tensors that differ, in order.
        why: in words; empty for `persistent`.
    """

    again: str
    differing: Tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class RunUpVerdict:
    """What the iterations before tell.

    Attributes:
        verdict: `diverged`: numbers grew until they broke. `single event`: they were as ever until then. `unknown`.
        iterations: how many there were, the dumped one included.
        kind, name: of the tensor in which growth began; empty where nothing grew.
        since: the first iteration of the growth. With `unknown`, that in which sizes left all before them, if any did.
        within: iterations by which that may be off.
        before: it may have begun before the first iteration that is known.
        times: how much larger that tensor is at the end.
        growing: how many tensors grew.
        together: how many others may have begun when the named one did.
    """

    verdict: str
    iterations: int
    kind: str = ""
    name: str = ""
    since: Optional[Position] = None
    within: int = 0
    before: bool = False
    times: Optional[float] = None
    growing: int = 0
    together: int = 0


@dataclass(frozen=True)
class Worker:
    """One process of a distributed run.

    Attributes:
        rank: from 0; None where it is not known.
        size: workers in all.
        stopped_with: the worker whose finding ended the run, where that is another one.
        what: what that one found, in words.
    """

    rank: Optional[int]
    size: int
    stopped_with: Optional[int] = None
    what: str = ""


@dataclass(frozen=True)
class Hang:
    """Where a run stood when it came no further; see docs/hangs.md.

    Attributes:
        kind: one of HANGS: what was waited in.
        seconds: without any progress.
        limit: of `seconds`, which was passed.
        under_way: whether an iteration was.
        thread: name of the thread that trains.
        call: what it waited in: the framework's function, or the program's own.
        source: `file.py:line` of the program.
        waits_for: the array, batch or device that was waited for, in words; empty where that is not known.
        reached: the last layer of which the devices are known to have finished; empty where nothing is known.
        unfinished: the first layers after it, of which they have not.
        barriers: layers that wait for another number of devices than there are.
        workers: what became of the loader's worker processes, one line each.
        missing: what of the iteration the dump does not hold, in words.
        stacks: `thread` and `frames` of every thread, innermost last.
    """

    kind: str
    seconds: float
    limit: float
    under_way: bool = False
    thread: str = ""
    call: str = ""
    source: str = ""
    waits_for: str = ""
    reached: str = ""
    unfinished: Tuple[str, ...] = ()
    barriers: Tuple[Mapping[str, Any], ...] = ()
    workers: Tuple[str, ...] = ()
    missing: Tuple[str, ...] = ()
    stacks: Tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Finding:
    """See `docs/finding.md`; the JSON form is the same in the dump and in every `--json FILE`.

    Attributes:
        largest_weight: largest magnitude in a trained array, where that is more than any training in order comes to
            (`ABSURD_WEIGHT`): the weights are finite and lost all the same.
        hang: set where the run did not go non-finite but came no further; only then it is part of the JSON.
    """

    iteration: Position
    producer: Optional[Producer] = None
    proof: str = "unknown"
    cause: str = "unknown"
    why: str = ""
    fixes: Tuple[Fix, ...] = ()
    spread: Spread = field(default_factory=Spread)
    chain: Tuple[str, ...] = ()
    replay: Optional[Reproduction] = None
    recurrence: Optional[Recurrence] = None
    run_up: Optional[RunUpVerdict] = None
    worker: Optional[Worker] = None
    largest_weight: Optional[float] = None
    schema: int = SCHEMA
    hang: Optional[Hang] = None

    def to_json(self) -> Dict[str, Any]:
        """Plain JSON values; keys in the order of docs/finding.md, others where known."""
        body = asdict(self)
        order = ("schema", "iteration", "producer", "proof", "cause", "why", "fixes", "spread", "chain", "replay")
        known = [key for key in ("recurrence", "run_up", "worker", "largest_weight", "hang") if body[key] is not None]
        return {key: body[key] for key in (*order, *known)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Finding":
        """The reverse of `to_json`. Keys of a later schema are ignored.

        Raises:
            KeyError, TypeError: the body is no Finding.
        """

        def build(kind: Any, values: Any) -> Any:
            if values is None:
                return None
            known = {f.name for f in fields(kind)}
            picked = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in known}
            return kind(**picked)

        run_up = body.get("run_up")
        if run_up is not None:
            run_up = dict(run_up, since=build(Position, run_up.get("since")))
        return cls(
            iteration=build(Position, body["iteration"]),
            producer=build(Producer, body.get("producer")),
            proof=body.get("proof", "unknown"),
            cause=body.get("cause", "unknown"),
            why=body.get("why", ""),
            fixes=tuple(build(Fix, each) for each in body.get("fixes", ())),
            spread=build(Spread, body.get("spread") or {}),
            chain=tuple(body.get("chain", ())),
            replay=build(Reproduction, body.get("replay")),
            recurrence=build(Recurrence, body.get("recurrence")),
            run_up=build(RunUpVerdict, run_up),
            worker=build(Worker, body.get("worker")),
            largest_weight=body.get("largest_weight"),
            schema=body.get("schema", SCHEMA),
            hang=build(Hang, body.get("hang")),
        )
