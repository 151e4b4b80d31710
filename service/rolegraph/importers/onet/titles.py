"""Alternate titles of occupations; many belong to several occupations."""

from rolegraph.importers.onet.reading import ENGLISH, Reading, role

FILE = "Alternate Titles.txt"


def read(reading: Reading) -> None:
    """Read alternate and short titles as alternative labels, and note titles of several occupations."""
    clean = reading.cleaner(FILE)
    spelt: dict[str, tuple[str, int]] = {}
    owners: dict[str, dict[str, None]] = {}
    for code, (title, _) in reading.titles.items():
        owners[title.casefold()] = {code: None}
    written = set()
    with reading.needed(FILE):
        for line, code, titles in reading.of_occupations(FILE, ("Alternate Title",), {}, ("Short Title",)):
            for label in [label for title in titles if (label := clean.label(title, line))]:
                if label.casefold() == reading.titles[code][0].casefold():
                    reading.report.skip("repeats the preferred label", FILE, line, f"{code}: {label!r}")
                    continue
                if (code, label) not in written:
                    written.add((code, label))
                    reading.triples.text(role(code), "skos:altLabel", label, ENGLISH)
                spelt.setdefault(label.casefold(), (label, line))
                owners.setdefault(label.casefold(), {})[code] = None
    reading.report.written["alternative labels of roles"] = len(written)
    for name, (label, line) in spelt.items():
        if len(owners[name]) > 1:
            reading.report.note("title of several occupations", FILE, line, f"{label!r}: {', '.join(sorted(owners[name]))}")
