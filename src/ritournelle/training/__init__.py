"""Training: from the interactions mart to a registered model."""
