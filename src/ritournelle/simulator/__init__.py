"""The simulated music app: a seeded world with planted tastes, served with the contract of a real app."""
