"""The shipped data: loading it into a store, and auditing its files."""
