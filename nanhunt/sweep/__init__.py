"""Many training runs as one command: what to run, how each ended, and what all of them show together."""
