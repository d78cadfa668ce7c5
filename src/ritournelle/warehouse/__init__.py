"""The door to the warehouse: everything that reads or writes tables goes through its protocol."""
