"""nanhunt finds the NaN in a training run, proves where it came from, and says what to do about it.

    hunt = nanhunt.watch(net, trainer)

Importing this package loads neither a framework nor NumPy; the names below are loaded when they are first used (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, List

from nanhunt._version import __version__

if TYPE_CHECKING:
    from nanhunt.diagnose.finding import Finding
    from nanhunt.errors import NanhuntError, NonFiniteError
    from nanhunt.watching.hunt import Hunt
    from nanhunt.watching.start import estimator_handler, watch

__all__ = ["Finding", "Hunt", "NanhuntError", "NonFiniteError", "__version__", "estimator_handler", "watch"]

_HOMES = {
    "Finding": "nanhunt.diagnose.finding",
    "Hunt": "nanhunt.watching.hunt",
    "NanhuntError": "nanhunt.errors",
    "NonFiniteError": "nanhunt.errors",
    "estimator_handler": "nanhunt.watching.start",
    "watch": "nanhunt.watching.start",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nanhunt' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
