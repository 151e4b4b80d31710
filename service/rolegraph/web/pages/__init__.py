"""What pages need beside their templates: filters, choices, tables of pay, and the words of the ontology."""
