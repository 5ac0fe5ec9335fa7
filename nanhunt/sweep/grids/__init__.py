"""The grid files that ship."""
