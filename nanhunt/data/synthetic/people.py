"""A person as a list of labelled parts to paint, back to front: a skeleton in a pose, dressed at random."""

import math
from dataclasses import dataclass
from typing import List, Sequence, Tuple

import numpy as np

from nanhunt.data.mhp import CLASSES
from nanhunt.data.synthetic.shapes import Above, Ellipse, Limb, Point, Polygon, Shape

Colour = Tuple[float, float, float]
"""Red, green, blue from 0 to 1."""

LABEL = {name: label for label, name in enumerate(CLASSES)}

SKIN: Tuple[Colour, ...] = ((0.95, 0.80, 0.70), (0.88, 0.69, 0.56), (0.76, 0.56, 0.42), (0.58, 0.39, 0.28), (0.39, 0.26, 0.19))
HAIR: Tuple[Colour, ...] = ((0.10, 0.08, 0.07), (0.24, 0.15, 0.10), (0.45, 0.29, 0.16), (0.78, 0.62, 0.36), (0.62, 0.61, 0.60))
CLOTH: Tuple[Colour, ...] = (
    (0.86, 0.86, 0.84),
    (0.14, 0.15, 0.18),
    (0.17, 0.25, 0.44),
    (0.62, 0.15, 0.17),
    (0.30, 0.42, 0.30),
    (0.80, 0.66, 0.42),
    (0.47, 0.30, 0.45),
    (0.32, 0.52, 0.66),
    (0.85, 0.52, 0.30),
    (0.45, 0.45, 0.47),
)
LEATHER: Tuple[Colour, ...] = ((0.13, 0.10, 0.09), (0.36, 0.22, 0.13), (0.60, 0.14, 0.14), (0.75, 0.70, 0.62))

PATTERNS = ("plain", "plain", "plain", "stripes", "checks", "dots")


@dataclass(frozen=True)
class Part:
    """One area to paint: its class id, shape, colour, and how its surface looks."""

    label: int
    shape: Shape
    colour: Colour
    pattern: str = "plain"
    accent: Colour = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class _Frame:
    """Where a person stands: body units (1 = their height, y from -1 at the crown to 0 at the soles) to pixels."""

    x: float
    ground: float
    height: float

    def at(self, x: float, y: float) -> Point:
        return self.x + x * self.height, self.ground + y * self.height

    def limb(self, start: Point, end: Point, start_radius: float, end_radius: float) -> Limb:
        return Limb(self.at(*start), self.at(*end), start_radius * self.height, end_radius * self.height)

    def ellipse(self, centre: Point, radius_x: float, radius_y: float) -> Ellipse:
        return Ellipse(self.at(*centre), radius_x * self.height, radius_y * self.height)

    def polygon(self, corners: Sequence[Point], rounding: float = 0.0) -> Polygon:
        return Polygon(tuple(self.at(*corner) for corner in corners), rounding * self.height)


@dataclass(frozen=True)
class _Pose:
    """Joints in body units, the side that is left on the screen first."""

    lean: float
    elbows: Tuple[Point, Point]
    wrists: Tuple[Point, Point]
    knees: Tuple[Point, Point]
    ankles: Tuple[Point, Point]


SHOULDER, HIP = (0.108, -0.795), (0.056, -0.50)


class _Dice:
    """Named draws from one source."""

    def __init__(self, random: np.random.RandomState) -> None:
        self._random = random

    def chance(self, probability: float) -> bool:
        return bool(self._random.random_sample() < probability)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(self._random.random_sample())

    def colour(self, choices: Sequence[Colour]) -> Colour:
        red, green, blue = choices[int(self._random.random_sample() * len(choices))]
        light = self.between(0.85, 1.12)
        return min(red * light, 1.0), min(green * light, 1.0), min(blue * light, 1.0)

    def word(self, choices: Sequence[str]) -> str:
        return choices[int(self._random.random_sample() * len(choices))]


def _towards(start: Point, degrees: float, length: float) -> Point:
    """`length` away from `start`, `degrees` off straight down, positive to the right."""
    radians = math.radians(degrees)
    # rounded, for libm's last digit differs between platforms
    return start[0] + length * round(math.sin(radians), 6), start[1] + length * round(math.cos(radians), 6)


def _pose(dice: _Dice) -> _Pose:
    elbows, wrists, knees, ankles = [], [], [], []
    for side in (-1, 1):
        shoulder, hip = (side * SHOULDER[0], SHOULDER[1]), (side * HIP[0], HIP[1])
        manner = dice.word(("hang", "hang", "hang", "hip", "raise", "fold"))
        upper, lower = {
            "hang": (dice.between(4, 22), dice.between(-8, 14)),
            "hip": (dice.between(38, 52), dice.between(-62, -42)),
            "raise": (dice.between(95, 140), dice.between(130, 185)),
            "fold": (dice.between(8, 20), dice.between(-115, -80)),
        }[manner]
        elbow = _towards(shoulder, side * upper, 0.165)
        elbows.append(elbow)
        wrists.append(_towards(elbow, side * lower, 0.14))
        knee = _towards(hip, side * dice.between(-3, 13), 0.235)
        knees.append(knee)
        ankles.append(_towards(knee, side * dice.between(-9, 5), 0.225))
    return _Pose(
        dice.between(-0.02, 0.02),
        (elbows[0], elbows[1]),
        (wrists[0], wrists[1]),
        (knees[0], knees[1]),
        (ankles[0], ankles[1]),
    )


def draw_person(random: np.random.RandomState, x: float, ground: float, height: float) -> List[Part]:
    """The parts of one person, back to front.

    Args:
        random: where pose, build and clothes come from.
        x, ground, height: middle, soles and size on the picture, in pixels.
    """
    dice = _Dice(random)
    frame = _Frame(x, ground, height)
    pose = _pose(dice)
    facing = dice.chance(0.85)
    names = ("right", "left") if facing else ("left", "right")
    skin, hair = dice.colour(SKIN), dice.colour(HAIR)
    outfit = dice.word(("pants", "pants", "pants", "skirt", "dress"))
    long_hair = dice.chance(0.75 if outfit != "pants" else 0.25)
    top = "dress" if outfit == "dress" else "upper clothes"
    top_cloth = (dice.colour(CLOTH), dice.word(PATTERNS), dice.colour(CLOTH))

    parts: List[Part] = []
    head = (pose.lean, -0.925)
    if long_hair and facing:
        parts.append(Part(LABEL["hair"], frame.limb((head[0], -0.93), (head[0], -0.80), 0.068, 0.074), hair, "strands"))
    parts += _legs(frame, dice, pose, names, skin)
    if outfit == "pants":
        parts += _pants(frame, dice, pose)
    parts.append(Part(LABEL["torso skin"], frame.limb((head[0], -0.88), (0.0, -0.79), 0.030, 0.036), skin))
    arms_in_front = dice.chance(0.7)
    arms = _arms(frame, dice, pose, names, skin, top, top_cloth)
    if not arms_in_front:
        parts += arms
    parts += _trunk(frame, dice, outfit, top, top_cloth, skin, facing)
    if outfit != "dress" and dice.chance(0.45) or outfit == "dress" and dice.chance(0.3):
        waist = -0.515 if outfit == "pants" else -0.57
        band = frame.polygon(
            ((-0.088, waist - 0.011), (0.088, waist - 0.011), (0.09, waist + 0.011), (-0.09, waist + 0.011)), 0.004
        )
        parts.append(Part(LABEL["belt"], band, dice.colour(LEATHER)))
        parts.append(Part(LABEL["belt"], frame.ellipse((0.0, waist), 0.012, 0.011), (0.80, 0.72, 0.45)))
    if arms_in_front:
        parts += arms
    if dice.chance(0.3):
        parts += _bag(frame, dice, pose)
    parts += _head(frame, dice, head, skin, hair, facing, long_hair)
    if dice.chance(0.2):
        parts += _scarf(frame, dice)
    return parts


def _legs(frame: _Frame, dice: _Dice, pose: _Pose, names: Sequence[str], skin: Colour) -> List[Part]:
    shoe, boots = dice.colour(LEATHER + CLOTH[:4]), dice.chance(0.2)
    parts = []
    for side, name, knee, ankle in zip((-1, 1), names, pose.knees, pose.ankles):
        parts.append(Part(LABEL[name + " leg"], frame.limb((side * HIP[0], HIP[1]), knee, 0.050, 0.034), skin))
        parts.append(Part(LABEL[name + " leg"], frame.limb(knee, ankle, 0.034, 0.021), skin))
        sole = ankle[1] + 0.012
        if boots:
            parts.append(Part(LABEL[name + " shoe"], frame.limb(_between(knee, ankle, 0.45), ankle, 0.034, 0.027), shoe))
        toe = (ankle[0] + side * 0.026, sole + 0.006)
        parts.append(Part(LABEL[name + " shoe"], frame.limb((ankle[0], sole), toe, 0.024, 0.020), shoe))
    return parts


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _pants(frame: _Frame, dice: _Dice, pose: _Pose) -> List[Part]:
    colour, pattern = dice.colour(CLOTH), dice.word(("plain", "plain", "plain", "checks"))
    accent, shorts, wide = dice.colour(CLOTH), dice.chance(0.25), dice.between(0.9, 1.25)
    hips = ((-0.084, -0.545), (0.084, -0.545), (0.088, -0.46), (0.035, -0.42), (-0.035, -0.42), (-0.088, -0.46))
    shapes: List[Shape] = [frame.polygon(hips, 0.012)]
    for side, knee, ankle in zip((-1, 1), pose.knees, pose.ankles):
        shapes.append(frame.limb((side * HIP[0], HIP[1]), _between((side * HIP[0], HIP[1]), knee, 0.9), 0.055, 0.043 * wide))
        if not shorts:
            shapes.append(frame.limb(knee, _between(knee, ankle, 0.93), 0.042 * wide, 0.032 * wide))
    return [Part(LABEL["pants"], shape, colour, pattern, accent) for shape in shapes]


def _trunk(
    frame: _Frame, dice: _Dice, outfit: str, top: str, cloth: Tuple[Colour, str, Colour], skin: Colour, facing: bool
) -> List[Part]:
    colour, pattern, accent = cloth
    parts = []
    if outfit in ("skirt", "dress"):
        hem, flare = dice.between(-0.40, -0.16), dice.between(0.10, 0.17)
        skirt = frame.polygon(((-0.078, -0.585), (0.078, -0.585), (flare, hem), (-flare, hem)), 0.012)
        if outfit == "skirt":
            parts.append(Part(LABEL["skirt"], skirt, dice.colour(CLOTH), dice.word(PATTERNS), dice.colour(CLOTH)))
        else:
            parts.append(Part(LABEL["dress"], skirt, colour, pattern, accent))
    bottom = {"pants": dice.between(-0.52, -0.44), "skirt": -0.56, "dress": -0.56}[outfit]
    trunk = (
        (-0.060, -0.832),
        (0.060, -0.832),
        (0.122, -0.800),
        (0.088, -0.62),
        (0.086, bottom),
        (-0.086, bottom),
        (-0.088, -0.62),
        (-0.122, -0.800),
    )
    parts.append(Part(LABEL[top], frame.polygon(trunk, 0.010), colour, pattern, accent))
    if facing and dice.chance(0.7):
        depth = dice.between(-0.80, -0.765)
        neckline = frame.polygon(((-0.034, -0.838), (0.034, -0.838), (0.0, depth)), 0.004)
        parts.append(Part(LABEL["torso skin"], neckline, skin))
    return parts


def _arms(
    frame: _Frame, dice: _Dice, pose: _Pose, names: Sequence[str], skin: Colour, top: str, cloth: Tuple[Colour, str, Colour]
) -> List[Part]:
    colour, pattern, accent = cloth
    sleeve = dice.word(("none", "short", "short", "long", "long"))
    parts = []
    for side, name, elbow, wrist in zip((-1, 1), names, pose.elbows, pose.wrists):
        shoulder, arm = (side * SHOULDER[0], SHOULDER[1]), LABEL[name + " arm"]
        parts.append(Part(arm, frame.limb(shoulder, elbow, 0.031, 0.025), skin))
        parts.append(Part(arm, frame.limb(elbow, wrist, 0.025, 0.018), skin))
        parts.append(Part(arm, frame.limb(wrist, _between(elbow, wrist, 1.22), 0.020, 0.015), skin))
        if sleeve != "none":
            reach = elbow if sleeve == "long" else _between(shoulder, elbow, 0.55)
            parts.append(Part(LABEL[top], frame.limb(shoulder, reach, 0.036, 0.033), colour, pattern, accent))
        if sleeve == "long":
            parts.append(
                Part(LABEL[top], frame.limb(elbow, _between(elbow, wrist, 0.92), 0.032, 0.026), colour, pattern, accent)
            )
    return parts


def _bag(frame: _Frame, dice: _Dice, pose: _Pose) -> List[Part]:
    colour, side = dice.colour(LEATHER), 0 if dice.chance(0.5) else 1
    if dice.chance(0.5):
        hand = _between(pose.elbows[side], pose.wrists[side], 1.15)
        x, y = hand[0], hand[1] + 0.02
        handle = frame.limb(hand, (x, y + 0.03), 0.006, 0.006)
    else:
        x, y = (0.125, -0.53) if side else (-0.125, -0.53)
        handle = frame.limb((-x * 0.7, -0.815), (x, y + 0.02), 0.008, 0.008)
    body = ((x - 0.048, y + 0.03), (x + 0.048, y + 0.03), (x + 0.058, y + 0.125), (x - 0.058, y + 0.125))
    flap = ((x - 0.048, y + 0.03), (x + 0.048, y + 0.03), (x + 0.040, y + 0.075), (x - 0.040, y + 0.075))
    darker = (colour[0] * 0.75, colour[1] * 0.75, colour[2] * 0.75)
    return [
        Part(LABEL["bag"], handle, darker),
        Part(LABEL["bag"], frame.polygon(body, 0.008), colour),
        Part(LABEL["bag"], frame.polygon(flap, 0.006), darker),
    ]


def _head(frame: _Frame, dice: _Dice, head: Point, skin: Colour, hair: Colour, facing: bool, long_hair: bool) -> List[Part]:
    x, y = head
    skull = frame.ellipse((x, y - 0.008), 0.060, 0.072)
    parts = [Part(LABEL["hair"], skull, hair, "strands")]
    if facing:
        ruddy = (skin[0] * 0.86, skin[1] * 0.62, skin[2] * 0.60)
        face, dark = LABEL["face"], (0.12, 0.09, 0.08)
        parts.append(Part(face, frame.ellipse((x, y + 0.010), 0.049, 0.062), skin))
        for side in (-1, 1):
            parts.append(Part(face, frame.ellipse((x + side * 0.019, y + 0.004), 0.0085, 0.0048), (0.93, 0.92, 0.90)))
            parts.append(Part(face, frame.ellipse((x + side * 0.019, y + 0.004), 0.0042, 0.0046), dark))
            brow = frame.limb((x + side * 0.010, y - 0.011), (x + side * 0.029, y - 0.012), 0.003, 0.002)
            parts.append(Part(face, brow, (hair[0] * 0.8, hair[1] * 0.8, hair[2] * 0.8)))
        nose = (skin[0] * 0.86, skin[1] * 0.80, skin[2] * 0.78)
        parts.append(Part(face, frame.limb((x, y + 0.008), (x + 0.002, y + 0.024), 0.003, 0.006), nose))
        parts.append(Part(face, frame.limb((x - 0.013, y + 0.043), (x + 0.013, y + 0.043), 0.004, 0.004), ruddy))
        parts.append(Part(LABEL["hair"], Above(skull, frame.at(x, y - dice.between(0.018, 0.034))[1]), hair, "strands"))
        if dice.chance(0.22):
            glass, label = (0.08, 0.08, 0.10), LABEL["sunglasses"]
            parts.append(Part(label, frame.limb((x - 0.045, y), (x + 0.045, y), 0.004, 0.004), glass))
            parts += [Part(label, frame.ellipse((x + side * 0.021, y + 0.005), 0.018, 0.014), glass) for side in (-1, 1)]
    elif long_hair:
        parts.append(Part(LABEL["hair"], frame.limb((x, -0.93), (x, -0.78), 0.062, 0.066), hair, "strands"))
    if dice.chance(0.28):
        parts += _hat(frame, dice, head)
    return parts


def _hat(frame: _Frame, dice: _Dice, head: Point) -> List[Part]:
    x, y = head
    colour, label, level = dice.colour(CLOTH), LABEL["hat"], head[1] - 0.026
    crown: Shape = Above(frame.ellipse((x, y - 0.022), 0.065, 0.076), frame.at(x, level)[1])
    band = (colour[0] * 0.7, colour[1] * 0.7, colour[2] * 0.7)
    brim = dice.between(0.066, 0.115)
    return [
        Part(label, crown, colour),
        Part(label, frame.limb((x - 0.060, level - 0.010), (x + 0.060, level - 0.010), 0.009, 0.009), band),
        Part(label, frame.ellipse((x, level), brim, 0.014), colour),
    ]


def _scarf(frame: _Frame, dice: _Dice) -> List[Part]:
    colour, pattern, accent = dice.colour(CLOTH), dice.word(("plain", "stripes", "checks")), dice.colour(CLOTH)
    side, end = (-1 if dice.chance(0.5) else 1), dice.between(-0.70, -0.60)
    shapes = [
        frame.limb((side * 0.030, -0.835), (side * 0.045, end), 0.024, 0.030),
        frame.limb((-0.050, -0.842), (0.050, -0.842), 0.024, 0.024),
    ]
    return [Part(LABEL["scarf"], shape, colour, pattern, accent) for shape in shapes]
