"""Instrument a training loop: look at every tensor of every iteration, and keep what is needed to run it again."""
