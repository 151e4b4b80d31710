"""Related occupations, which O*NET recommends as alternatives."""

from rolegraph.importers.onet.reading import NUMERAL, SOC, Reading, role

FILE = "Related Occupations.txt"


def read(reading: Reading) -> None:
    """Read the related occupations of each occupation with their ranks."""
    if not reading.has(FILE):
        return
    for line, code, (other, rank) in reading.of_occupations(FILE, ("Related O*NET-SOC Code", "Index"), {0: SOC, 1: NUMERAL}):
        if other not in reading.titles or other == code:
            reading.report.skip("leads to nothing", FILE, line, f"{code}: {other} is the same occupation or not in Occupation Data.txt")
            continue
        reading.triples.link(role(code), "rg:relatedRole", role(other))
        reading.rate(code, other, role(other), {"rg:rank": int(rank)})
        reading.report.written["related roles"] += 1
