"""What the entries of an index have to be of, as a condition of full text and as one of SQL."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Only:
    """What entries have to be of, empty where that does not matter; a source is the number of a graph.

    ``languages`` are the tags that answer the one that was asked for, the nearest first: what is said in one of its regions answers too.
    """

    kinds: tuple[str, ...] = ()
    source: int | None = None
    languages: tuple[str, ...] = ()

    @property
    def terms(self) -> str:
        """The condition as one of full text, with a blank before; of a language it knows no more than the first part of its tag."""
        parts = [" OR ".join(f'"_k{kind}"' for kind in self.kinds), f'"_s{self.source}"' if self.source is not None else ""]
        parts.append(f'"_l{self.languages[-1]}" OR "_l"' if self.languages else "")
        return "".join(f" AND ({part})" for part in parts if part)

    @property
    def condition(self) -> tuple[str, list[str | int]]:
        """The condition as one of SQL, with its values."""
        text, values = "", list[str | int](self.kinds)
        if self.kinds:
            text += f" AND entry.kind IN ({', '.join('?' * len(self.kinds))})"
        if self.source is not None:
            text += " AND thing.sources LIKE ?"
            values.append(f"% _s{self.source} %")
        spoken, tags = self.spoken
        return text + spoken, [*values, *tags]

    @property
    def spoken(self) -> tuple[str, list[str | int]]:
        """The condition of language as one of SQL, with its values."""
        if not self.languages:
            return "", []
        marks = ", ".join("?" * len(self.languages))
        return f" AND (entry.language IN ('', {marks}) OR entry.language LIKE ?)", [*self.languages, f"{self.languages[0]}-%"]
