"""Linked data: JSON-LD, concise descriptions of things, and the description of the service."""
