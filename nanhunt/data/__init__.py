"""Segmentation data without a framework: datasets, seeded augmentation, batches, inspection (numpy and Pillow only)."""
