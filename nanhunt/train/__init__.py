"""The segmentation training that `nanhunt train` runs: GluonCV's models and losses, our data, every iteration watched."""
