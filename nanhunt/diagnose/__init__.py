"""From evidence to cause."""
