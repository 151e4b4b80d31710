"""Comparison of roles: the model of a comparison, and making one."""
