"""Items and claims on pages, which have hundreds of them: by functions, since macros would be slow, and what repeats is made once."""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from flask import Flask, request
from markupsafe import Markup, escape

from rolegraph import terms
from rolegraph.catalogue import groups
from rolegraph.comparison.model import Claim, Item
from rolegraph.values import Link, Rating, RequirementGroup, Source
from rolegraph.web.http import context
from rolegraph.web.pages import filters

LINKS = 10_000  # links of items that are kept


def install(app: Flask) -> None:
    """Add these functions to the templates."""
    app.jinja_env.filters.update(note=note)
    app.jinja_env.tests.update(has_statements=has_statements)
    app.jinja_env.globals.update(evidence=evidence, item_link=item_link, role_item=role_item)


class Marks:
    """The sources of a page by their numbers.

    :param sources: the sources in the order of their numbers
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self.numbers = filters.numbered(sources)
        self.titles = {source.iri: source.label for source in sources}
        self._with_statements = {source.iri for source in sources if not source.credit}
        self._texts: dict[tuple[str, ...], tuple[str, Markup, str]] = {}

    def of_link(self, role: str, link: Link) -> Markup:
        """Return the marks of the claim that a link of a role makes."""
        return self.of_claim(role, link.other.value, link.label, tuple([source.iri for source in link.sources]))

    def of_grouped(self, link: Link, groups_: Iterable[RequirementGroup]) -> Markup | str:
        """Return what requirement groups say of the thing that a link of a role leads to."""
        return self.of_groups(groups_, (link.other.value,), [source.iri for source in link.sources]) if groups_ else ""

    def of_claim(self, role: str, item: str, label: str, sources: tuple[str, ...]) -> Markup:
        """Return the numbers of the sources of a claim, linked to its statements.

        Imported sources have no statements: if there are only such sources, the link leads to the list of sources on the page.
        """
        texts = self._texts.get(sources)
        if texts is None:
            texts = self._texts[sources] = self._texts_of(sources)
        numbers, title, listed = texts
        address = evidence(role, item) if not listed or _is_part(item) else listed
        return Markup(  # noqa: S704 - all that comes from outside is escaped
            f'<a class="marks" href="{escape(address)}" aria-label="{numbers} evidence for {escape(label)}" title="{title}">{numbers}</a>\n'
        )

    def of_groups(self, groups_: Iterable[RequirementGroup], names: Collection[str], sources: Collection[str]) -> Markup:
        """Return what requirement groups say of one of their members, each linked to the statement in its source."""
        notes = [
            Markup('<a href="{}">{}</a> {}').format(
                filters.href(note.group.iri), note.text, "".join([f"[{self.numbers[iri]}]" for iri in note.sources])
            )
            for note in groups.notes(groups_, names, sources)
        ]
        return Markup('<span class="group">{}</span>\n').format(Markup("; ").join(text.rstrip() for text in notes))

    def _texts_of(self, sources: tuple[str, ...]) -> tuple[str, Markup, str]:
        """Return the numbers and the titles of sources, and the address of the first in the list if none of them has statements."""
        numbers = "".join([f"[{self.numbers[iri]}]" for iri in sources])
        title = escape("".join([f"{self.numbers[iri]} {self.titles[iri]}" for iri in sources]))
        only_listed = sources and self._with_statements.isdisjoint(sources)
        return numbers, title, f"#source-{self.numbers[sources[0]]}" if only_listed else ""


def evidence(role: str, item: str) -> str:
    """Return the address of the statements that link a role with an item. An outlook is itself part of its source."""
    if _is_part(item):
        return filters.href(item)
    return f"{request.script_root}/queries/evidence?role={_parameter(role)}&concept={_parameter(item, whole=True)}"


def has_statements(source: str) -> bool:
    """Return whether a source may have statements for its facts. An imported source, which has a credit line, has none."""
    return not context.graph().catalogue.sources([source])[source].credit


def note(claim: Claim) -> str:
    """Return how a role has an item, if its section has several ways, such as essential, and the required proficiency."""
    facet = filters.FACETS[claim.facet]
    parts = [facet.label.lower()] if facet.section in ("skills", "education") or facet.name == "level" else []
    return ", ".join([*parts, *dict.fromkeys(label.lower() for label, _ in claim.proficiency)])


def item_link(item: Item, beside: Markup | None = None) -> Markup:
    """Return the link to an item, and beside it its broader concepts, or something else."""
    link = _link(filters.href(item.iri), item.label, item.same)
    return link + (_broader(tuple([concept.label for concept in item.broader])) if beside is None else beside)


def role_item(  # noqa: PLR0917 - the template passes them by position
    link: Link, marks: Markup, outlook: Markup | str, levels: Iterable[str], rating: Rating | None, wanted: bool, grouped: Markup | str = ""
) -> Markup:
    """Return an item on the page of a role: its link, what its sources say of it, and their marks."""
    parts = [_link(filters.href(link.other.value), link.label, ()), outlook]
    if levels:
        parts.append(f'<span class="level">{escape(", ".join(dict.fromkeys(levels)))}</span>')
    if rating:
        importance = escape(filters.format_number(rating.importance))
        parts.append(f'<span class="level" title="importance from 1 to 5">importance {importance}</span>')
    if wanted:
        parts.append('<span class="level">in demand</span>')
    return Markup("".join([*parts, "    ", marks, grouped]))  # noqa: S704 - all that comes from outside is escaped


@lru_cache(maxsize=LINKS)
def _link(address: str, label: str, same: tuple[str, ...]) -> Markup:
    title = Markup("")
    if same:
        names = ", ".join(map(terms.shorten, same))
        title = Markup(' title="Known under {} identifiers: {}"').format(len(same), names)
    return Markup('<a href="{}"{}>{}</a>\n').format(address, title, label)


@lru_cache(maxsize=LINKS)
def _broader(labels: tuple[str, ...]) -> Markup:
    return Markup('<span class="broader">{}</span>').format(Markup(", ").join(map(filters.bdi, labels))) if labels else Markup("")


def _is_part(iri: str) -> bool:
    """Return whether an IRI is that of a part of a source."""
    return filters.is_local(iri) and "#" in iri


@lru_cache(maxsize=filters.ADDRESSES)
def _parameter(iri: str, *, whole: bool = False) -> str:
    """Return the name of a thing as it stands in an address: its CURIE or IRI, or even its slug, if not the ``whole`` name is wanted."""
    return filters.parameter(filters.short(iri) if whole else filters.handle(iri))
