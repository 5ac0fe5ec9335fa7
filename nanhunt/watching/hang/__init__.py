"""A watchdog for runs that come no further: where they stand, what they wait for, and a dump of the iteration under way."""
