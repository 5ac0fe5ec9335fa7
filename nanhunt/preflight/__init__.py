"""Before the first iteration: what will make a run hang or go non-finite, seen from its structure."""
