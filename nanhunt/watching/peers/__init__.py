"""Several workers of one training: who they are, that they stop together, and that none waits for ever for one that is gone."""
