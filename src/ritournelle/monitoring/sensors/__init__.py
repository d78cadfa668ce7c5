"""One small class per kind of trouble: a pure decision on a typed observation."""
