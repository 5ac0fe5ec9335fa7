"""What a training log alone can tell: from lines of text to readings, and from readings to what happened in the run."""
