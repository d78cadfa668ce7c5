"""Scale: training, nightly lists and single answers against the bare library."""
