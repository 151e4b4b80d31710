"""As people write titles and skills: what of a text may be left off, and the forms under which a text or a label is looked up."""

import re
from dataclasses import dataclass

from rolegraph.search import folding, shortforms

_GENDER = re.compile(
    r"[(\[]\s*(?:[mfwdxnihg]|all genders|gn|alle?)(?:\s*[/|*,]\s*(?:[mfwdxnihg]|divers\w*))*\s*[)\]]"
    r"|\b[mfwdx](?:/[mfwdx])+\b",
    re.I,
)
_BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
_NUMBERING = re.compile(r"^\s*(?:[-*•·–]|\(?\d{1,3}[.):](?=\s))\s*")
_TAIL = re.compile(r"\s+[-–—|@]\s+.*$|\s*\|.*$|,\s+(?:[A-Z][\w.]*\s*){1,3}(?:,.*)?$")
_YEARS = re.compile(
    r"\b\d+\s*\+?\s*(?:years?|yrs?)\b(?:\s+of\s+experience)?(?:\s+(?:in|with|of))?"
    r"|\b(?:19|20)\d\d\b|\bv?\d+(?:\.\d+)+\b",
    re.I,
)
_LEVELS = re.compile(
    r"\b(?:senior|junior|sr|jr|lead|entry[ -]level|mid[ -]level|experienced|principal|intern|trainee|graduate|"
    r"level\s+\d|grade\s+\d|[ivx]{1,3}(?=\s*$)|\d(?=\s*$))\b\.?",
    re.I,
)
_PROFICIENCY = re.compile(
    r"^\s*(?:(?:strong|good|excellent|proven|solid|basic|advanced|working|in-depth|deep)\s+)*"
    r"(?:knowledge of|experience (?:in|with|of)|proficien(?:t|cy) (?:in|with)|familiar(?:ity)? with|ability to|able to|"
    r"understanding of|skills? in|expertise in|fluen(?:t|cy) in)\s+",
    re.I,
)
_STEPS = (
    ("numbering", _NUMBERING, ""), ("gender", _GENDER, " "), ("brackets", _BRACKETS, " "), ("years or version", _YEARS, " "),
    ("wording", _PROFICIENCY, ""), ("what follows the title", _TAIL, ""), ("level", _LEVELS, " "),
)  # fmt: skip


@dataclass(frozen=True)
class Form:
    """A form of a text: ``left_off`` are the pieces that were left off for it, as they were written."""

    text: str
    left_off: tuple[str, ...] = ()


def forms(text: str) -> list[Form]:
    """Return the text, and what remains of it as more and more is left off, such as brackets, years and levels."""
    found, left_off, rest = [Form(text)], [], text
    for _, pattern, instead in _STEPS:
        shorter = " ".join(pattern.sub(instead, rest).split()).strip(" ,;:-–|/")
        if shorter and shorter != rest.strip() and folding.fold(shorter):
            left_off += [piece for match in pattern.finditer(rest) if (piece := match[0].strip(" ,;:-–|"))]
            rest = shorter
            found.append(Form(rest, tuple(left_off)))
    return found


def expansions(text: str) -> list[str]:
    """Return what a short form may stand for; it may stand for something else too."""
    folded = folding.fold(text)
    return list(shortforms.expansions().get(folded.replace(" ", ""), ()))
