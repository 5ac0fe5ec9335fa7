"""Run a dumped iteration again: whole and compared bit by bit, or operator by operator."""
