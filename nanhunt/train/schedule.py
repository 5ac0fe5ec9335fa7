"""The learning rate as a pure function of the step."""

from dataclasses import dataclass

POLY_POWER = 0.9
"""Of GluonCV's segmentation script; from Liu et al., ParseNet (2015)."""


@dataclass(frozen=True)
class Schedule:
    """Linear warm-up from 0 to `base_lr`, then constant or polynomial decay to 0.

    Attributes:
        base_lr: learning rate after the warm-up.
        total_steps: iterations of the whole run, warm-up included.
        warmup_steps: iterations of the warm-up.
        mode: `poly` or `constant`.
        power: exponent of `poly`.
    """

    base_lr: float
    total_steps: int
    warmup_steps: int = 0
    mode: str = "poly"
    power: float = POLY_POWER

    def lr(self, step: int) -> float:
        """Learning rate of iteration `step`, counted from 0 at the beginning of the run.

        warm-up:  base_lr * step / warmup_steps
        poly:     base_lr * (1 - t / T) ** power, where t and T are step and total_steps counted from the warm-up's end
        """
        if step < self.warmup_steps:
            return self.base_lr * step / self.warmup_steps
        if self.mode == "constant":
            return self.base_lr
        length = max(1, self.total_steps - self.warmup_steps)
        done = min(step - self.warmup_steps, length) / length
        return float(self.base_lr * (1.0 - done) ** self.power)
