"""Real faults planted into a user's own training: which of them are found and named rightly, and what watching costs."""
