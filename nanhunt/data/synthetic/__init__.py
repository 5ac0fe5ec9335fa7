"""`synthetic-mhp`: a dataset in LV-MHP-v1's layout that nanhunt draws itself, the same everywhere for the same seed."""

from nanhunt.data.synthetic.folder import VERSION, cache_root, ensure, generate, is_complete

__all__ = ["VERSION", "cache_root", "ensure", "generate", "is_complete"]
