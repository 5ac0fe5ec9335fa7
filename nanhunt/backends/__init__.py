"""The frameworks that nanhunt can watch; everything else talks to them through `base.Backend`."""
