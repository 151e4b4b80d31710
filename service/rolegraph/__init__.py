"""Rolegraph: an open knowledge graph of job roles, and the service that answers for it."""

import logging

__version__ = "0.1.0"

# what these log of an entry or a profile is a part of it, and nobody is to find that in a log
for _name in ("rdflib", "pyshacl"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
