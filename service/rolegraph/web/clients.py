from rolegraph.engine import Gone, waiting


def gone() -> Gone:
    return waiting
