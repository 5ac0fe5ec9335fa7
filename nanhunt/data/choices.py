"""The values that the options about data take, by name; light, so that `--help` loads nothing."""

from nanhunt.errors import UsageError

SHORT_SIDE, NONE, DIRECT, ASPECT = "short-side", "none", "direct", "aspect"
RESIZES = (SHORT_SIDE, NONE, DIRECT, ASPECT)
"""What `--resize` takes.

short-side: the short side at base_size, the long side in proportion, rounded to a multiple of 8. GluonCV's baseline on MHP.
none: as the file is. GluonCV's baseline on all other datasets.
direct: base_size x base_size, whatever the proportions.
aspect: the long side at base_size, in proportion, and padded to base_size x base_size on the right and below.
"""

REPLICATE, CHROMA = "replicate", "chroma"
GRAYS = (REPLICATE, CHROMA)
"""What `--gray` takes: how a gray image gets three channels. replicate: its one channel three times, the baseline. chroma: the
mean chroma of the training split's colour images is given to it."""

FIRST, LAST, SMALLER_ON_TOP = "first", "last", "smaller-on-top"
OVERLAPS = (FIRST, LAST, SMALLER_ON_TOP)
"""What `--overlap` takes: whose a pixel is that several persons' masks cover, persons being taken in the order of their ids."""

GLUONCV_07 = "gluoncv-0.7"
LIKES = (GLUONCV_07,)
"""What `--like` takes: whose behaviour is reproduced, its mistakes included."""

KEEP = "keep"
WIDEST_BOUNDARY = 64


def boundary_width(text: str) -> int:
    """What `--boundary` says, in pixels; 0 for `keep`.

    Raises:
        UsageError: it is none of `keep`, `ignore` (1 pixel) and `ignore:WIDTH`.
    """
    word, _, number = text.partition(":")
    if text == KEEP:
        return 0
    if word == "ignore" and text != "ignore:" and (number or "1").isdecimal() and 1 <= int(number or "1") <= WIDEST_BOUNDARY:
        return int(number or "1")
    raise UsageError(f"Expected --boundary keep, ignore or ignore:WIDTH with 1 to {WIDEST_BOUNDARY} pixels, found {text!r}.")


def check_choice(option: str, value: str, known: "tuple[str, ...]") -> None:
    """Raises: UsageError: the value is none of those known."""
    if value not in known:
        raise UsageError(f"Expected {option} out of {', '.join(known)}, found {value!r}.")


def check_resize(how: str, crop: bool) -> None:
    """Raises: UsageError: no such way, or one that does not end in a square where nothing is cut."""
    check_choice("--resize", how, RESIZES)
    if not crop and how not in (DIRECT, ASPECT):
        raise UsageError(f"Expected --resize {DIRECT} or {ASPECT} with --no-crop, found {how}: its pictures are no squares.")
