"""Occupations and their job zones, the levels of preparation."""

from rolegraph.importers.onet.reading import NUMERAL, OCCUPATION, SOC, Reading, role, thing

FILE = "Occupation Data.txt"
ZONES = "Job Zones.txt"
ZONE_NAMES = "Job Zone Reference.txt"


def read(reading: Reading) -> None:
    """Read the occupations and their job zones."""
    with reading.needed(FILE):
        _occupations(reading)
    if reading.has(ZONES):
        _zones(reading)


def _occupations(reading: Reading) -> None:
    clean = reading.cleaner(FILE)
    for line, (code, title, text) in reading.rows(FILE, (OCCUPATION, "Title", "Description"), {0: SOC}):
        if code in reading.titles:
            reading.report.skip("occupation twice", FILE, line, f"{code} is on line {reading.titles[code][1]} already")
            continue
        label = clean.label(title, line)
        if not label:
            reading.report.skip("no title", FILE, line, code)
            continue
        reading.titles[code] = label, line
        reading.concept(role(code), "rg:Role", label, clean.prose(text, line), code)
    reading.report.written["roles"] = len(reading.titles)


def _zones(reading: Reading) -> None:
    clean = reading.cleaner(ZONE_NAMES)
    zones = set()
    columns = ("Job Zone", "Name", "Experience", "Education", "Job Training")
    for line, (zone, name, *texts) in reading.rows(ZONE_NAMES, columns, {0: NUMERAL}):
        zones.add(zone)
        definition = " ".join(clean.prose(text, line) for text in texts if text)
        reading.concept(_zone(zone), "rg:PreparationLevel", clean.label(name, line) or f"Job Zone {zone}", definition, zone)
        reading.triples.value(_zone(zone), "rg:step", str(int(zone)), "integer")
    for line, code, (zone,) in reading.of_occupations(ZONES, ("Job Zone",), {0: NUMERAL}):
        if zone in zones:
            reading.triples.link(role(code), "rg:preparation", _zone(zone))
            reading.report.written["job zones of roles"] += 1
        else:
            reading.report.skip("unknown job zone", ZONES, line, f"{code}: {zone}")


def _zone(number: str) -> str:
    return thing("preparation", f"onet-{int(number)}")
