"""Early warnings: what is on its way to a NaN while all is finite still. One kind a file; `EarlyWarnings` asks them all."""

from nanhunt.watching.early.warn import EarlyWarnings

__all__ = ["EarlyWarnings"]
