"""The groups of verbs below `ritournelle`; `ritournelle.cli` puts them together."""
