"""The Finding: what nanhunt says about one non-finite iteration, as plain data."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Dict, Mapping, Optional, Tuple

SCHEMA = 1

PHASES = ("data", "parameter", "aux", "forward", "backward", "optimizer")
PROOFS = ("proven", "likely", "unknown")


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


@dataclass(frozen=True)
class Finding:
    """See `docs/finding.md`; the JSON form is the same in the dump and in every `--json FILE`."""

    iteration: Position
    producer: Optional[Producer] = None
    proof: str = "unknown"
    cause: str = "unknown"
    why: str = ""
    fixes: Tuple[Fix, ...] = ()
    spread: Spread = field(default_factory=Spread)
    chain: Tuple[str, ...] = ()
    replay: Optional[Reproduction] = None
    schema: int = SCHEMA

    def to_json(self) -> Dict[str, Any]:
        """Plain dicts, lists, strings, numbers; keys in DESIGN.md's order."""
        body = asdict(self)
        order = ("schema", "iteration", "producer", "proof", "cause", "why", "fixes", "spread", "chain", "replay")
        return {key: body[key] for key in order}

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
            schema=body.get("schema", SCHEMA),
        )
