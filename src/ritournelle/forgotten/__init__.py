"""The forgotten: who was erased, as keyed hashes, so that nothing brings them back."""
