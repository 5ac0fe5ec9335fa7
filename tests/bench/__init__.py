"""What nanhunt costs, in ratios inside one run: see `run.py`."""
