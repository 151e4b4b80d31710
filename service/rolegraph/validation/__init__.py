"""Validation: role entries, the shapes that check them, and the findings."""
