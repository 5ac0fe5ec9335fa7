"""MXNet 1.4.1 to 1.9.1; the only package besides `train` that imports it."""
