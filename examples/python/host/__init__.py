"""A host for the connector in Python: what it takes to run the component without `writeback`'s own host."""
