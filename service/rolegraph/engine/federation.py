"""Federation policy: which endpoints SERVICE and LOAD may call. None, unless the operator allows them."""

import re
from dataclasses import dataclass

from rolegraph.engine import syntax_errors
from rolegraph.engine.query_limits import Unreadable, plain, tokens
from rolegraph.errors import Refused, RolegraphError
from rolegraph.values import Dataset

_IRI = r"(?:<[^>]*>|[\w.-]*:[\w.-]*)"
# surely an IRI and not a comparison with "<": that is in brackets, and none of these characters can close them
_WHOLE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9:/._~%#@-]*>")
_SILENT = re.compile(rf"LOAD\s+SILENT\s+{_IRI}(?:\s+INTO\s+GRAPH\s+{_IRI})?", re.IGNORECASE)
_FROM = re.compile(r"\bFROM\b", re.IGNORECASE)


@dataclass(frozen=True)
class FederationPolicy:
    """The addresses that SERVICE and LOAD may call. An address that ends in a slash allows all addresses that start with it."""

    allowed: tuple[str, ...] = ()

    def check_query(self, text: str) -> None:
        """Refuse a query with a SERVICE clause to an endpoint that is not allowed.

        Only a query that contains the keyword outside IRIs, with or without code point escapes resolved, is parsed. If the parser
        cannot read it, it is refused, since its effect is unknown.

        :raises Refused: with the reason
        """
        if any("service" in _WHOLE.sub("<>", variant).lower() for variant in {text, plain(text)}):
            self._check_services(text, "query")

    def admit(self, text: str) -> str:
        """Refuse an update with SERVICE or LOAD from an address that is not allowed (see :meth:`check_query`), and return its text.

        LOAD SILENT from such an address is removed from the text, as SPARQL lets it fail without an error.

        :raises Refused: with the reason
        """
        words = plain(text).lower()
        if "service" in words:
            self._check_services(text, "update")
        if "load" not in words:
            return text
        from rolegraph.engine import algebra

        try:
            loads = [operation for operation in algebra.operations(text) if operation.name == "Load"]
        except Unreadable as error:
            raise _undecided(text, "LOAD", "update") from error
        pieces, last = [], 0
        places = (start for start, _, word in tokens(text) if word == "load")
        for load, start in zip(loads, places, strict=False):
            if not self._allows(str(load.iri)):
                silent = _SILENT.match(text, start) if load.silent else None
                if silent is None:
                    raise Refused(f"LOAD would fetch {load.iri}", expected=self._expected("send the document itself, to /graphs"))
                pieces += [text[last:start], "DELETE DATA {}"]
                last = silent.end()
        return "".join([*pieces, text[last:]])

    def dataset(self, text: str) -> Dataset | None:
        """Return the dataset of a query with several FROM clauses, otherwise None."""
        if len(_FROM.findall(plain(text))) < 2:
            return None
        from rolegraph.engine import algebra

        return algebra.dataset(text)

    def _check_services(self, text: str, what: str) -> None:
        from rolegraph.engine import algebra

        try:
            called = algebra.services(text)
        except Unreadable as error:
            raise _undecided(text, "SERVICE", what) from error
        for endpoint in called:
            if endpoint is None and self.allowed:
                raise Refused("SERVICE with a variable may call any endpoint", expected=self._expected("the address itself"))
            if endpoint is None or not self._allows(endpoint):
                raise Refused("SERVICE would call another endpoint", expected=self._expected("query that endpoint yourself"))

    def _allows(self, address: str) -> bool:
        return any(address == allowed or (allowed.endswith("/") and address.startswith(allowed)) for allowed in self.allowed)

    def _expected(self, otherwise: str) -> str:
        return f"one of {', '.join(self.allowed)}; or {otherwise}" if self.allowed else f"{otherwise}: this service calls none"


def _undecided(text: str, word: str, what: str) -> RolegraphError:
    """Return the error for a text that could not be parsed: its syntax error if one is found."""
    if mistake := syntax_errors.find(text, what):
        return mistake.error(text, what)
    return Refused(
        f"the text contains the word {word}, and whether it calls another address could not be determined; "
        "write it in plain SPARQL 1.1, or leave the word out",
    )
