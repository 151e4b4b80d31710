"""Required education: the share of respondents that name each level, and the degrees derived from it."""

from dataclasses import dataclass
from decimal import Decimal

from rolegraph.importers.onet.reading import ELEMENT, NUMERAL, Reading, role, thing

FILE = "Education, Training, and Experience.txt"
CATEGORIES = "Education, Training, and Experience Categories.txt"
SCALE = "RL"
SHARE = (0, 100)
PREFERRED = Decimal(20)  # percent of the respondents


@dataclass(frozen=True)
class Share:
    """The percentage of respondents that name a category, and their number; ``withheld`` if O*NET recommends suppression."""

    line: int
    category: int
    percent: Decimal
    people: int | None
    withheld: bool


def read(reading: Reading) -> None:
    """Read the distributions of required education. Other scales of the file are ignored."""
    if not reading.has(FILE):
        return
    degrees = _degrees(reading)
    shares_of: dict[str, list[Share]] = {}
    ignored: set[str] = set()
    columns = ("Element ID", "Scale ID", "Category", "Data Value", "N", "Recommend Suppress")
    for line, code, (_, scale, category, value, people, suppress) in reading.of_occupations(FILE, columns, {0: ELEMENT}):
        if scale != SCALE:
            if scale not in ignored:
                reading.report.note("scale that is not taken", FILE, line, f"{scale}, on this and later lines")
            ignored.add(scale)
            continue
        detail = f"{code}: category {category}, {value} percent"
        if not NUMERAL.fullmatch(category) or int(category) not in degrees:
            reading.report.skip("unknown category", FILE, line, detail)
            continue
        percent = reading.figure(FILE, line, value, SHARE)
        if suppress == "Y":
            reading.report.skip("suppression recommended", FILE, line, detail)
        if percent is not None:
            number = int(people) if NUMERAL.fullmatch(people) else None
            shares_of.setdefault(code, []).append(Share(line, int(category), percent, number, suppress == "Y"))
    for code, shares in shares_of.items():
        _write(reading, code, shares, degrees)


def _degrees(reading: Reading) -> dict[int, str]:
    """Return the degree of each category of required education: one of our vocabulary with the same name, or a new one."""
    ours = reading.iris_by_label("degree")
    clean, report = reading.cleaner(CATEGORIES), reading.report
    degrees: dict[int, str] = {}
    columns = ("Scale ID", "Category", "Category Description")
    for line, (scale, category, text) in reading.rows(CATEGORIES, columns, {0: ELEMENT, 1: NUMERAL}):
        if scale != SCALE:
            continue
        description = clean.label(text, line)
        label = description.partition(" - ")[0] or f"Category {category}"
        degrees[int(category)] = ours.get(label.casefold()) or thing("degree", f"onet-{int(category)}")
        if label.casefold() in ours:
            report.written["degrees of the vocabulary"] += 1
            continue
        report.written["degrees of the source's own"] += 1
        reading.concept(degrees[int(category)], "rg:Degree", label, description if description != label else "", f"{scale} {category}")
    return degrees


def _write(reading: Reading, code: str, shares: list[Share], degrees: dict[int, str]) -> None:
    """Write the shares as ratings. The level that most name is required; higher ones that a fifth or more name are preferred."""
    for share in shares:
        if not share.withheld:
            figures = {"rg:share": share.percent, "rg:observations": share.people}
            reading.rate(code, f"education-{share.category}", degrees[share.category], figures)
    most = max(share.percent for share in shares)
    top = [share for share in shares if share.percent == most > 0]
    if any(share.withheld for share in top):
        reading.report.note("no required degree", FILE, top[0].line, f"{code}: the suppression of the level that most name is recommended")
        return
    required = min((share.category for share in top), default=0)
    for share in shares:
        if share in top:
            reading.triples.link(role(code), "rg:requiredDegree", degrees[share.category])
            reading.report.written["required degrees"] += 1
        elif share.category > required and share.percent >= PREFERRED and not share.withheld:
            reading.triples.link(role(code), "rg:preferredDegree", degrees[share.category])
            reading.report.written["preferred degrees"] += 1
