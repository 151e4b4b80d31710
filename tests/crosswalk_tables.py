"""Small crosswalks between ESCO and O*NET, and a graph to import them to."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rdflib import SKOS, Graph, Namespace

from rolegraph import terms
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.facade import Rolegraph
from rolegraph.importers import Imported, crosswalk
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport

RG = Namespace(terms.RG)
ESCO, ONET, ISCO = (terms.prefixes()[name] for name in ("esco-occupation", "onet", "isco"))
SOURCE = terms.KINDS["source"].namespace + "crosswalk-esco-onet-nesta-2020-11"
MATCHES = {SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch}
UUID = "00000000-0000-4000-8000-00000000000{}"
BAKER, POTTER, RIGGER = (ESCO + UUID.format(number) for number in (1, 2, 3))
HEADER = "id,esco_occupation,isco_code,onet_code,onet_occupation,matching_job_titles,semantic_similarity,confidence,concept_uri\n"
CHANGES = """\ufeffsoc2010_code;soc2010_title;soc2019_code;soc2019_title
51-1000.00;Bakers;51-1000.00;Bakers
51-2000.00;Potters;51-2500.00;Potters
51-3000.00;Riggers;51-3100.00;Riggers and Splicers
51-3000.01;Splicers;51-3100.00;Riggers and Splicers
51-4000.00;Weavers;51-4100.00;Hand Weavers
51-4000.00;Weavers;51-4200.00;Loom Operators
51-5000.00;Dyers;51-5000.00;Dyers
51-5000.00;Dyers;51-5100.00;Printers of Cloth
51-6000.00;Tailors;51-6100.00;Tailors and Dressmakers
"""
CURRENT = ("51-1000.00", "51-2500.00", "51-3100.00", "51-4100.00", "51-4200.00", "51-5000.00", "51-5100.00", "51-6100.00")


def row(label: str, code: str, iri: str, confidence: str = "2.0", *, titles: str = "na", similarity: str = "0.8107619822025299") -> str:
    return f'1,{label},7512,{code},whatever,"{titles}",{similarity},{confidence},{iri}\n'


def store(codes: Sequence[str] = CURRENT) -> Rolegraph:
    """A graph in memory with three ESCO occupations, an ISCO group, and O*NET occupations."""
    engine = EmbeddedEngine()
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in terms.prefixes().items())
    labels = {BAKER: "baker", POTTER: "potter", RIGGER: "rigging hand"}
    esco = "".join(f'<{iri}> a rg:Role ; skos:prefLabel "{label}"@en .\n' for iri, label in labels.items())
    esco += f'<{ISCO}C7512> a rg:Group ; skos:prefLabel "Bakers"@en .\n'
    onet = "".join(f'<{ONET}{code}> a rg:Role ; skos:prefLabel "Occupation {code}"@en .\n' for code in codes)
    engine.write({terms.BASE + "source/esco": (prefixes + esco).encode(), terms.BASE + "source/onet": (prefixes + onet).encode()})
    return Rolegraph(engine)


def files(folder: Path, **texts: str) -> Download:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return Download([folder])


def taken(graph: Rolegraph, download: Download, folder: Path, **wanted: object) -> tuple[Graph, ImportReport, Imported]:
    report = ImportReport()
    imported = graph.import_source(crosswalk.read, download, report, folder / "out.nt", **wanted)
    return Graph().parse(folder / "out.nt", format="nt"), report, imported


def nesta(folder: Path, rows: str, codes: Sequence[str] = CURRENT, changes: str = CHANGES) -> tuple[Graph, ImportReport]:
    inside = folder / "in"
    inside.mkdir()
    texts = {"crosswalk_Nov2020": HEADER + rows} | ({"changed": changes} if changes else {})
    found, report, _ = taken(store(codes), files(inside, **texts), folder)
    return found, report


def matches(graph: Graph) -> set[tuple[str, str, str]]:
    return {(str(one), str(match).partition("#")[2], str(other).removeprefix(ONET)) for one, match, other in graph if match in MATCHES}


def remarks(report: ImportReport) -> Counter[tuple[str, str]]:
    return Counter((remark.action, remark.rule) for remark in report.remarks)


# ---------------------------------------------------------------- the official crosswalk


PREAMBLE = "".join(f'"Line {number} of what stands before, with ""quotes"" and, commas"\n' for number in range(1, 19))
OFFICIAL = "O*NET Id,O*NET Title,O*NET Description,ESCO or ISCO URI,ESCO or ISCO Title,ESCO or ISCO Description,Type of Match\n"


def official(code: str, iri: str, match: str) -> str:
    return f'{code},Title,"What it is,\nin two lines",{iri},title,"x",{match}\n'
