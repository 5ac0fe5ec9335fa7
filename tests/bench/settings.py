"""What one run of the benchmark is asked for."""

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Settings:
    """Options that the measurements read.

    Attributes:
        quick: few rounds, for everyday use.
        crop: of PSPNet, in pixels.
        icnet_crop: of ICNet, in pixels: 192 gives its pyramid pooling the 6x6 that its finest bins need.
        backbone: of both.
        rounds: instead of each measurement's own number.
    """

    quick: bool = False
    crop: int = 240
    icnet_crop: int = 192
    backbone: str = "resnet50"
    rounds: Optional[int] = None

    def several(self, full: int, quick: int) -> int:
        """Number of rounds."""
        return self.rounds or (quick if self.quick else full)
