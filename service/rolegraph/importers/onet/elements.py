"""Skills and knowledge with their ratings, and the headings of the content model."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rolegraph.importers.onet.reading import ELEMENT, Reading, role

FILES = ("Skills.txt", "Knowledge.txt")
MODEL = "Content Model Reference.txt"
COLUMNS = ("Element ID", "Element Name", "Scale ID", "Data Value", "N", "Recommend Suppress", "Not Relevant")
IMPORTANCE, LEVEL = (1, 5), (0, 7)
ESSENTIAL, OPTIONAL = Decimal(3), Decimal(2)  # on the scale: important, and somewhat important


@dataclass
class Rated:
    """The rows of one element for one occupation; ``relevant`` is false if most respondents found it not relevant."""

    people: str = ""
    importance: Decimal | None = None
    mastery: Decimal | None = None
    relevant: bool = True


def read(reading: Reading) -> None:
    """Read the ratings, then write the elements that occur, and the headings above them and above the activities."""
    names: dict[str, str] = {}
    for file in FILES:
        with reading.needed(file):
            _write(reading, _rated(reading, file, names))
    _model(reading, names)


def _rated(reading: Reading, file: str, names: dict[str, str]) -> dict[tuple[str, str], Rated]:
    ratings: dict[tuple[str, str], Rated] = {}
    clean, report = reading.cleaner(file), reading.report
    for line, code, (element, name, scale, value, people, suppress, irrelevant) in reading.of_occupations(file, COLUMNS, {0: ELEMENT}):
        if element not in names:
            names[element] = clean.label(name, line)
        rated = ratings.setdefault((code, element), Rated())
        detail = f"{code}: {names[element]}, {scale} {value}"
        if scale not in ("IM", "LV"):
            report.skip("unknown scale", file, line, detail)
        elif irrelevant == "Y":
            rated.relevant = False
            report.skip("not relevant", file, line, detail)
        elif suppress == "Y":
            report.skip("suppression recommended", file, line, detail)
        elif scale == "IM":
            rated.importance, rated.people = reading.figure(file, line, value, IMPORTANCE), people
        else:
            rated.mastery, rated.people = reading.figure(file, line, value, LEVEL), rated.people or people
    return ratings


def _write(reading: Reading, ratings: dict[tuple[str, str], Rated]) -> None:
    for (code, element), rated in ratings.items():
        if rated.importance is None and rated.mastery is None:
            continue
        figures: dict[str, int | Decimal | None] = {"rg:importance": rated.importance, "rg:mastery": rated.mastery}
        figures["rg:observations"] = int(rated.people) if rated.people.isascii() and rated.people.isdigit() else None
        reading.rate(code, element, _element(element), figures)
        if rated.importance is None or not rated.relevant or rated.importance < OPTIONAL:
            continue
        property_ = "essentialSkill" if rated.importance >= ESSENTIAL else "optionalSkill"
        reading.triples.link(role(code), f"rg:{property_}", _element(element))
        reading.report.written["essential skills" if property_ == "essentialSkill" else "optional skills"] += 1


def _model(reading: Reading, names: dict[str, str]) -> None:
    """Write the named elements, and all headings above them and above the things placed below an element.

    :param names: the names of the rated elements by identifier
    """
    model: dict[str, tuple[str, str]] = {}
    clean, report = reading.cleaner(MODEL), reading.report
    for line, (element, name, text) in reading.rows(MODEL, ("Element ID", "Element Name", "Description"), {0: ELEMENT}):
        model[element] = clean.label(name, line), clean.prose(text, line)
    if not model:
        raise reading.no_usable_rows(MODEL)
    for thing, element in reading.placed:
        above = element if element in model else next(_above(element, model), None)
        if above:
            reading.triples.link(thing, "skos:broader", _element(above))
    headings = {element for _, element in reading.placed if element in model and element not in names}
    headings |= {above for element in [*names, *(element for _, element in reading.placed)] for above in _above(element, model)}
    for element in sorted(headings - set(names)) + sorted(names):
        label, definition = model.get(element, (names.get(element, ""), ""))
        if element not in model:
            report.note("not in the content model", MODEL, 0, f"{element} {label}")
        reading.concept(_element(element), "rg:Skill" if element in names else "rg:Group", label or element, definition, element)
        for above in _above(element, model):
            reading.triples.link(_element(element), "skos:broader", _element(above))
            break
    report.written["skills and knowledge"] = len(names)
    report.written["headings"] = len(headings - set(names))


def _above(element: str, model: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Yield the elements of the model above an element, the nearest first."""
    while "." in element:
        element = element.rpartition(".")[0]
        if element in model:
            yield element


def _element(identifier: str) -> str:
    return f"onet-element:{identifier}"
