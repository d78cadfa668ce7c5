"""Gathers observations: of the past from the journal, of the tables from the warehouse, of files and the machine."""
