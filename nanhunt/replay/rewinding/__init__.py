"""Go back before a dumped iteration and walk to it again, as it was or with something changed."""
