"""The values that the options about data take, by name; light, so that `--help` loads nothing."""

SHORT_SIDE, NONE, DIRECT, ASPECT = "short-side", "none", "direct", "aspect"
RESIZES = (SHORT_SIDE, NONE, DIRECT, ASPECT)
"""What `--resize` takes.

short-side: the short side at base_size, the long side in proportion, rounded to a multiple of 8. GluonCV's baseline on MHP.
none: as the file is. GluonCV's baseline on all other datasets.
direct: base_size x base_size, whatever the proportions.
aspect: the long side at base_size, in proportion, and padded to base_size x base_size on the right and below.
"""
