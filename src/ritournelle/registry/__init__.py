"""The registry: every trained model with its manifest, and which of them is the champion."""
