"""Technologies: the software of occupations, mapped to tools of our vocabulary where possible."""

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
DIGEST = 8  # hexadecimal digits, for the few names whose slugs collide


@dataclass
class Technology:
    """A technology: its name as first spelt, the line of that row, its commodities, and whether it is hot."""

    name: str
    line: int
    commodities: set[str] = field(default_factory=set)
    hot: bool = False


def read(reading: Reading) -> None:
    """Read the technologies of each occupation as tools; those that are not ours are below their UNSPSC commodities."""
    with reading.needed(FILE):
        _read(reading)


def _read(reading: Reading) -> None:
    technologies: dict[str, Technology] = {}
    commodities: dict[str, str] = {}
    links = _links(reading, technologies, commodities)
    for commodity, title in commodities.items():
        reading.concept(_commodity(commodity), "rg:ToolCategory", title, notation=commodity)
    names, triples = _Names(reading), reading.triples
    tools = names.tools(list(technologies.values()))
    for name, technology in technologies.items():
        # our vocabulary says what our tools are, and a mapping set which commodities fit: Keras is filed under operating systems
        for commodity in sorted(technology.commodities) if tools[name] not in names.ours else ():
            triples.link(tools[name], "skos:broader", _commodity(commodity))
        if technology.hot:
            triples.value(tools[name], "rg:hot", "true", "boolean")
    for (code, name), in_demand in links.items():
        triples.link(role(code), "rg:tool", tools[name])
        if in_demand:
            triples.link(role(code), "rg:toolInDemand", tools[name])
    counts = {"tools of roles": len(links), "tools in demand": sum(links.values()), "commodities": len(commodities)}
    reading.report.written.update(counts)


def _links(reading: Reading, technologies: dict[str, Technology], commodities: dict[str, str]) -> dict[tuple[str, str], bool]:
    """Return, by occupation and case-folded name, whether a technology is in demand; fill in technologies and commodities."""
    clean, report = reading.cleaner(FILE), reading.report
    links: dict[tuple[str, str], bool] = {}
    for line, code, (example, commodity, title, hot, demand) in reading.of_occupations(FILE, COLUMNS, {1: NUMERAL}, MARKS):
        name = clean.label(example, line)
        if not name:
            report.skip("no text", FILE, line, code)
            continue
        technology = technologies.setdefault(name.casefold(), Technology(name, line))
        label = clean.label(title, line) or commodity
        for first, other in ((technology.name, name), (commodities.setdefault(commodity, label), label)):
            if first != other:
                report.note("written in two ways", FILE, line, f"{other!r} is {first!r} on an earlier line, which is used")
        technology.commodities.add(commodity)
        technology.hot |= hot == "Y"
        key = code, name.casefold()
        links[key] = links.get(key, False) or demand == "Y"
    return links


class _Names:
    """Maps names to tools: by the table of aliases, by the labels of our vocabulary, whose tools are ``ours``, or else to a new tool."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._labels = reading.iris_by_label("tool")
        self.ours = set(self._labels.values())
        by_alias = {name.casefold(): thing("tool", slug) for name, slug in aliases()}
        self._aliases = {name: tool for name, tool in by_alias.items() if tool in self.ours}

    def tools(self, technologies: list[Technology]) -> dict[str, str]:
        """Return the tools by case-folded name, and write the new ones."""
        by_name: dict[str, str] = {}
        new = []
        written = self._reading.report.written
        for technology in technologies:
            name = technology.name.casefold()
            if name in self._aliases:
                by_name[name] = self._aliases[name]
                self._reading.triples.text(by_name[name], "skos:altLabel", technology.name, ENGLISH)
                written["names of the vocabulary's tools, by alias"] += 1
            elif name in self._labels:
                by_name[name] = self._labels[name]
                written["names of the vocabulary's tools, by label"] += 1
            else:
                new.append(technology)
        sharing = Counter(slug_of(technology.name) for technology in new)
        for technology in new:
            by_name[technology.name.casefold()] = self._new(technology, sharing)
        written["tools of the source's own"] = len(new)
        return by_name

    def _new(self, technology: Technology, sharing: Counter[str]) -> str:
        slug = slug_of(technology.name)
        taken = thing("tool", slug) in self.ours
        if not slug or taken or sharing[slug] > 1:
            conflict = "a tool of the vocabulary has its slug" if taken else "another name has its slug" if slug else "it has no letters"
            slug = f"{slug}-{hashlib.sha256(technology.name.casefold().encode()).hexdigest()[:DIGEST]}".strip("-")
            detail = f"{technology.name!r} gets the slug {slug}: {conflict}"
            self._reading.report.note("slug with a digest", FILE, technology.line, detail)
        self._reading.concept(thing("tool", slug), "rg:Tool", technology.name)
        return thing("tool", slug)


def aliases() -> list[tuple[str, str]]:
    """Return names in O*NET of tools of our vocabulary that are not among its labels, each with the slug of the tool."""
    with (resources.folder("data") / "aliases" / ALIASES).open(encoding="utf-8", newline="") as lines:
        return [(row["name"], row["tool"]) for row in csv.DictReader(lines)]


def slug_of(name: str) -> str:
    """Return the slug of a technology, which depends only on its name: C, C++ and C# get different ones."""
    return terms.slugify(re.sub(r"#", " sharp ", re.sub(r"\+", " plus ", name)))


def _commodity(code: str) -> str:
    return thing("tool", f"unspsc-{code}")
