"""Tasks, the detailed work activities above them, and emerging tasks."""

import hashlib

from rolegraph import terms
from rolegraph.importers.onet.reading import ELEMENT, NUMERAL, Reading, role, thing

FILE = "Task Statements.txt"
EMERGING = "Emerging Tasks.txt"
LINKS = "Tasks to DWAs.txt"
ACTIVITIES = "DWA Reference.txt"
CORE = {"Core": "true", "Supplemental": "false"}
DIGEST = 12  # hexadecimal digits, enough for the few emerging tasks of one occupation


def read(reading: Reading) -> None:
    """Read tasks as responsibilities, below their detailed work activities."""
    with reading.needed(FILE):
        numbers = _tasks(reading)
    if reading.has(LINKS):
        _activities(reading, numbers)
    if reading.has(EMERGING):
        _emerging(reading, numbers)


def _tasks(reading: Reading) -> set[str]:
    clean, report = reading.cleaner(FILE), reading.report
    numbers: set[str] = set()
    for line, code, (number, text, kind) in reading.of_occupations(FILE, ("Task ID", "Task", "Task Type"), {0: NUMERAL}):
        label, task = clean.label(text, line), _task(number)
        if number in numbers or not label:
            report.skip("task twice" if label else "no text", FILE, line, f"{code}: task {number}")
            continue
        numbers.add(number)
        reading.concept(task, "rg:Responsibility", label, notation=number)
        reading.triples.link(role(code), "rg:responsibility", task)
        if kind in CORE:
            reading.triples.value(task, "rg:core", CORE[kind], "boolean")
    report.written["tasks"] = len(numbers)
    return numbers


def _activities(reading: Reading, tasks: set[str]) -> None:
    clean, report = reading.cleaner(ACTIVITIES), reading.report
    activities: set[str] = set()
    for line, (element, activity, title) in reading.rows(ACTIVITIES, ("Element ID", "DWA ID", "DWA Title"), {0: ELEMENT, 1: ELEMENT}):
        label = clean.label(title, line)
        if activity in activities or not label:
            report.skip("activity twice" if label else "no text", ACTIVITIES, line, activity)
            continue
        activities.add(activity)
        reading.concept(_activity(activity), "rg:Responsibility", label, notation=activity)
        reading.placed.append((_activity(activity), element))
    report.written["detailed work activities"] = len(activities)
    for line, code, (number, activity) in reading.of_occupations(LINKS, ("Task ID", "DWA ID"), {0: NUMERAL, 1: ELEMENT}):
        if number in tasks and activity in activities:
            reading.triples.link(_task(number), "skos:broader", _activity(activity))
            report.written["tasks below activities"] += 1
        else:
            missing = f"task {number} is not in {FILE}" if number not in tasks else f"{activity} is not in {ACTIVITIES}"
            report.skip("leads to nothing", LINKS, line, f"{code}: {missing}")


def _emerging(reading: Reading, tasks: set[str]) -> None:
    clean, report = reading.cleaner(EMERGING), reading.report
    columns = ("Task", "Category", "Original Task ID")
    for line, code, (text, kind, original) in reading.of_occupations(EMERGING, columns, {}):
        label = clean.label(text, line)
        if not label:
            report.skip("no text", EMERGING, line, code)
            continue
        digest = hashlib.sha256(label.encode()).hexdigest()[:DIGEST]
        task = thing("responsibility", f"onet-{terms.slugify(code)}-emerging-{digest}")
        reading.concept(task, "rg:Responsibility", label)
        reading.triples.link(role(code), "rg:responsibility", task)
        reading.triples.value(task, "rg:emerging", "true", "boolean")
        report.written["emerging tasks"] += 1
        if original in tasks:
            reading.triples.link(task, "skos:related", _task(original))
        elif original:
            report.note("original task unknown", EMERGING, line, f"{code}: {kind} of task {original!r}, which is not in {FILE}")


def _task(number: str) -> str:
    return thing("responsibility", f"onet-{number}")


def _activity(code: str) -> str:
    return thing("responsibility", f"onet-{terms.slugify(code)}")
