"""Filters of a search, as a full-text condition and as an SQL condition."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Only:
    """Filters on entries; an empty filter accepts all. ``source`` is the number of a graph.

    ``languages`` are the tags that match the requested one, the nearest first; labels of its regions match too.
    """

    kinds: tuple[str, ...] = ()
    source: int | None = None
    languages: tuple[str, ...] = ()

    @property
    def terms(self) -> str:
        """The full-text condition, with a leading blank. For languages it covers only the first part of the tag."""
        parts = [" OR ".join(f'"_k{kind}"' for kind in self.kinds), f'"_s{self.source}"' if self.source is not None else ""]
        parts.append(f'"_l{self.languages[-1]}" OR "_l"' if self.languages else "")
        return "".join(f" AND ({part})" for part in parts if part)

    @property
    def condition(self) -> tuple[str, list[str | int]]:
        """The SQL condition, and its values."""
        text, values = "", list[str | int](self.kinds)
        if self.kinds:
            text += f" AND entry.kind IN ({', '.join('?' * len(self.kinds))})"
        if self.source is not None:
            text += " AND thing.sources LIKE ?"
            values.append(f"% _s{self.source} %")
        language, tags = self.language_condition
        return text + language, [*values, *tags]

    @property
    def language_condition(self) -> tuple[str, list[str | int]]:
        """The SQL condition on the language, and its values."""
        if not self.languages:
            return "", []
        marks = ", ".join("?" * len(self.languages))
        return f" AND (entry.language IN ('', {marks}) OR entry.language LIKE ?)", [*self.languages, f"{self.languages[0]}-%"]
