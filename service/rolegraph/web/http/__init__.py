"""HTTP: negotiation, parameters, bodies, conditions, errors, and the SPARQL protocol; no routes."""
