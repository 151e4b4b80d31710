"""Rolegraph: an open knowledge graph of job roles, and the service that answers for it."""

__version__ = "0.1.0"
