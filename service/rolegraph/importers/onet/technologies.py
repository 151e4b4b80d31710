"""Technologies: the software of occupations, by the names of our vocabulary where it has them."""

import csv
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field

from rolegraph import resources, terms
from rolegraph.importers.onet.reading import ENGLISH, NUMERAL, Reading, role, thing

FILE = "Technology Skills.txt"
COLUMNS = ("Example", "Commodity Code", "Commodity Title")
MARKS = ("Hot Technology", "In Demand")
ALIASES = "onet-tools.csv"
DIGEST = 8  # hexadecimal digits, in the slugs of the few names that share theirs


@dataclass
class Technology:
    """A technology by its name as first spelt, the line where it is, its commodities, and whether it is hot."""

    name: str
    line: int
    commodities: set[str] = field(default_factory=set)
    hot: bool = False


def read(reading: Reading) -> None:
    """Read the technologies of each occupation as tools, below the commodities that they are bought as."""
    with reading.needed(FILE):
        _read(reading)


def _read(reading: Reading) -> None:
    found: dict[str, Technology] = {}
    commodities: dict[str, str] = {}
    links = _links(reading, found, commodities)
    for commodity, title in commodities.items():
        reading.concept(_commodity(commodity), "rg:Tool", title, notation=commodity)
    tools, triples = _Names(reading).tools(list(found.values())), reading.triples
    for name, technology in found.items():
        for commodity in sorted(technology.commodities):
            triples.link(tools[name], "skos:broader", _commodity(commodity))
        if technology.hot:
            triples.value(tools[name], "rg:hot", "true", "boolean")
    for (code, name), demanded in links.items():
        triples.link(role(code), "rg:tool", tools[name])
        if demanded:
            triples.link(role(code), "rg:toolInDemand", tools[name])
    counts = {"tools of roles": len(links), "tools in demand": sum(links.values()), "commodities": len(commodities)}
    reading.report.written.update(counts)


def _links(reading: Reading, found: dict[str, Technology], commodities: dict[str, str]) -> dict[tuple[str, str], bool]:
    """Return whether a technology is in demand by occupation and case-folded name, and fill in technologies and commodities."""
    clean, report = reading.cleaner(FILE), reading.report
    links: dict[tuple[str, str], bool] = {}
    for line, code, (example, commodity, title, hot, demand) in reading.of_occupations(FILE, COLUMNS, {1: NUMERAL}, MARKS):
        name = clean.label(example, line)
        if not name:
            report.skip("no text", FILE, line, code)
            continue
        technology = found.setdefault(name.casefold(), Technology(name, line))
        label = clean.label(title, line) or commodity
        for kept, other in ((technology.name, name), (commodities.setdefault(commodity, label), label)):
            if kept != other:
                report.note("written in two ways", FILE, line, f"{other!r} is {kept!r} further up, which is kept")
        technology.commodities.add(commodity)
        technology.hot |= hot == "Y"
        key = code, name.casefold()
        links[key] = links.get(key, False) or demand == "Y"
    return links


class _Names:
    """Finds the tool that a name stands for: by the table of aliases, by the labels of our vocabulary, or else a new one."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._labels = reading.labelled("tool")
        self._ours = set(self._labels.values())
        known = {name.casefold(): thing("tool", slug) for name, slug in aliases()}
        self._aliases = {name: tool for name, tool in known.items() if tool in self._ours}

    def tools(self, technologies: list[Technology]) -> dict[str, str]:
        """Return the tools by case-folded name, and describe them."""
        found: dict[str, str] = {}
        new = []
        written = self._reading.report.written
        for technology in technologies:
            name = technology.name.casefold()
            if name in self._aliases:
                found[name] = self._aliases[name]
                self._reading.triples.text(found[name], "skos:altLabel", technology.name, ENGLISH)
                written["names of the vocabulary's tools, by alias"] += 1
            elif name in self._labels:
                found[name] = self._labels[name]
                written["names of the vocabulary's tools, by label"] += 1
            else:
                new.append(technology)
        sharing = Counter(slug_of(technology.name) for technology in new)
        for technology in new:
            found[technology.name.casefold()] = self._new(technology, sharing)
        written["tools of the source's own"] = len(new)
        return found

    def _new(self, technology: Technology, sharing: Counter[str]) -> str:
        slug = slug_of(technology.name)
        taken = thing("tool", slug) in self._ours
        if not slug or taken or sharing[slug] > 1:
            why = "a tool of the vocabulary" if taken else "another name" if slug else "no letters"
            slug = f"{slug}-{hashlib.sha256(technology.name.casefold().encode()).hexdigest()[:DIGEST]}".strip("-")
            self._reading.report.note("slug with a digest", FILE, technology.line, f"{technology.name!r} has {slug}: it shares with {why}")
        self._reading.concept(thing("tool", slug), "rg:Tool", technology.name)
        return thing("tool", slug)


def aliases() -> list[tuple[str, str]]:
    """Return the names of O*NET that stand for a tool of our vocabulary though none of its labels, each with the tool's slug."""
    with (resources.folder("data") / "aliases" / ALIASES).open(encoding="utf-8", newline="") as lines:
        return [(row["name"], row["tool"]) for row in csv.DictReader(lines)]


def slug_of(name: str) -> str:
    """Return the slug of a technology, which depends on its name alone: C, C++ and C# have three."""
    return terms.slugify(re.sub(r"#", " sharp ", re.sub(r"\+", " plus ", name)))


def _commodity(code: str) -> str:
    return thing("tool", f"unspsc-{code}")
