"""Explains why a query or an update does not parse: finds frequent mistakes in its text, as parsers' messages are hard to read."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rolegraph import terms
from rolegraph.errors import UnreadableInput

QUERY_WORDS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATE_WORDS = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
LONGEST = 100_000  # characters: a longer text is not analysed
SHOWN = 40  # characters of the text that a message quotes
_INSIDE = r"\w\xb7\u0300-\u036f\u200c\u200d\u203f\u2040"
_LOCAL = rf"(?:[{_INSIDE}.:-]|%[0-9A-Fa-f]{{2}}|\\.)*"
_TOKEN = re.compile(
    r'(?P<text>"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|""(?!")|\'\'(?!\')|"(?:[^"\\\n\r]|\\.)+"|\'(?:[^\'\\\n\r]|\\.)+\')'
    r'|(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)'
    r"|(?P<comment>\#[^\n\r]*)"
    rf"|(?P<node>_:[{_INSIDE}.-]*)"
    rf"|(?P<variable>[?$][{_INSIDE}]+)"
    r"|(?P<language>@[A-Za-z0-9-]+)"
    rf"|(?P<word>[^\W\d](?:[{_INSIDE}.-]*[{_INSIDE}-])?)(?P<name>:{_LOCAL})?"  # one group, to avoid backtracking
    rf"|(?P<default>:{_LOCAL})"
    rf"|(?P<number>\d[{_INSIDE}.]*)"
    r"|(?P<opening>[({\[])|(?P<closing>[)}\]])"
    r"|(?P<quote>\"\"\"|'''|[\"'])"
    r"|(?P<odd>[^\t\n\r\x20-\x7e])"
    r"|(?P<sign>\S)",
    re.DOTALL,
)
_CLOSED_BY = {"(": ")", "{": "}", "[": "]"}
_TYPED = {"×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "¬": "!", "∧": "&&", "∨": "||", "´": "'", "−": "-"}
_MEANT = (  # (message of Oxigraph about a grammatical text, our message, what is accepted)
    ("SELECT * is not authorized", "SELECT * cannot be used with GROUP BY", "the variables by name"),
    ("Duplicated variable name", "SELECT has two columns of the same name", "a different name for each column"),
    ("not allowed in INSERT DATA", "INSERT DATA has a variable", "INSERT { … } WHERE { … } to insert query results"),
    ("not allowed in DELETE DATA", "DELETE DATA has a variable or a blank node", "DELETE { … } WHERE { … } to delete query results"),
    ("IRI parsing failed", "an IRI in < > is malformed", "an IRI of RFC 3987, without spaces and brackets"),
)
_KEYWORD = re.compile(r"[A-Za-z_]{2,}\d*")
_UNSEEN = re.compile(r"\['[^\n]*?\]|\"(?:[^\"\\]|\\.)*\"")


@dataclass(frozen=True)
class Token:
    """A token of a query: its kind, its offset and its text."""

    kind: str
    start: int
    text: str


@dataclass(frozen=True)
class Mistake:
    """What is wrong, the offset of the character if known, and what is accepted."""

    detail: str
    start: int | None
    expected: str = ""

    def error(self, text: str, what: str) -> UnreadableInput:
        """Return the error, with line and column.

        :param what: ``query`` or ``update``
        """
        line, column = (None, None) if self.start is None else place(text, self.start)
        return UnreadableInput(f"the {what} does not parse: {self.detail}", line=line, column=column, expected=self.expected or None)


def find(text: str, what: str) -> Mistake | None:
    """Return the first mistake found in the text, or None.

    :param what: ``query`` or ``update``
    """
    if len(text) > LONGEST:
        return None  # analysing a part would report missing text
    tokens = list(_tokens(text))
    checks: Sequence[Callable[[], Mistake | None]] = (
        lambda: _unreadable(tokens),
        lambda: _beginning(tokens, what),
        lambda: _undeclared(tokens),
        lambda: _unbalanced(tokens, text),
        lambda: _numbers(tokens, text),
        lambda: _selected(tokens),
    )
    return next((mistake for check in checks if (mistake := check())), None)


def meant(text: str, message: str) -> Mistake | None:
    """Return the mistake for a specific message of Oxigraph, or None for a message that only lists the expected tokens."""
    if "that is unbound" in message:
        return ungrouped(text) or Mistake("a selected variable is neither in GROUP BY nor in an aggregate", None)
    for pattern, detail, expected in _MEANT:
        if pattern in message:
            return Mistake(detail, None, expected)
    return None


def unmeant(text: str) -> Mistake | None:
    """Return the mistake in a query that rdflib's parser accepts although it is not valid, or None."""
    return _undeclared(list(_tokens(text))) or ungrouped(text)


def ungrouped(text: str) -> Mistake | None:
    """Return the mistake if a SELECT with groups has a variable that is neither grouped nor aggregated, or None."""
    from rolegraph.engine import algebra

    name = algebra.ungrouped(text)
    if name is None:
        return None
    start = next((token.start for token in _tokens(text) if token.kind == "variable" and token.text[1:] == name), None)
    detail = f"?{name} is selected in a grouped query, but is neither in GROUP BY nor in an aggregate"
    return Mistake(detail, start, f"GROUP BY … ?{name}, or an aggregate of it, such as (SAMPLE(?{name}) AS ?one)")


def _undeclared(tokens: Sequence[Token]) -> Mistake | None:
    """Find prefixes that are used but not declared."""
    declared: set[str] = set()
    missing: dict[str, int] = {}
    for before, token in pairwise((Token("", 0, ""), *tokens)):
        if token.kind != "name":
            continue
        prefix = token.text.partition(":")[0]
        if before.text.upper() == "PREFIX":
            declared.add(prefix)
        elif prefix not in declared:
            missing.setdefault(prefix, token.start)
    if not missing:
        return None
    listed = " and ".join(f"{_cut(prefix)}:" for prefix in missing)
    from rolegraph.engine import algebra

    namespaces = algebra.vocabularies() | terms.prefixes()
    lines = [f"PREFIX {_cut(prefix)}: <{namespaces.get(prefix, 'its namespace IRI')}>" for prefix in missing]
    single = len(missing) == 1
    detail = f"the prefix{'' if single else 'es'} {listed} {'is' if single else 'are'} not declared"
    return Mistake(detail, min(missing.values()), f"at the start: {' '.join(lines)}")


def near(text: str, message: str, reached: int) -> Mistake:
    """Return a mistake whose position is only approximately known.

    :param message: the message of Oxigraph, which lists the expected keywords
    :param reached: the offset that it reached while looking ahead for these keywords: a token starts there, or before by the length
        of a keyword
    """
    if len(text) > LONGEST:
        return Mistake("there is a syntax error near here", max(0, min(reached, len(text)) - 1))
    tokens = list(_tokens(text))
    starts = {token.start for token in tokens} | {len(text)}
    lengths = {0} | {len(word) for word in _KEYWORD.findall(_UNSEEN.sub("", message.partition("expected")[2]))}
    matching = max((reached - length for length in lengths if reached - length in starts), default=None)
    start = matching if matching is not None else max((token.start for token in tokens if token.start <= reached), default=0)
    token = next((token for token in tokens if token.start == start), None)
    if token is None:
        return Mistake("it ends too early", len(text.rstrip()), "the missing end")
    term = token.kind in ("variable", "iri", "name", "text", "node", "number")
    expected = "a full stop, a semicolon or a bracket before it, if that is what is missing" if term else ""
    return Mistake(f"{_quoted(token.text)} is not allowed here, or something is missing before it", start, expected)


def place(text: str, start: int) -> tuple[int, int]:
    """Return the line and the column of an offset, both from 1."""
    return text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = {"default": "name"}.get(match.lastgroup or "", match.lastgroup or "sign")
        if kind == "comment":
            continue
        yield Token(kind, match.start(), match[0])
        if kind == "quote":
            return  # an unterminated string: the following text may be part of it


def _unreadable(tokens: Sequence[Token]) -> Mistake | None:
    """Find a character that SPARQL does not allow, or an unterminated string."""
    for token in tokens:
        if token.kind == "odd":
            name = unicodedata.name(token.text, "a control character").lower()
            return Mistake(
                f"the character U+{ord(token.text):04X} ({name}) is only allowed in strings and comments", token.start, _typed(token.text)
            )
        if token.kind == "quote":
            multiline = "" if len(token.text) > 1 else f" on the same line; a string of several lines needs {token.text * 3}"
            return Mistake("the string that begins here is not closed", token.start, f"{token.text} after it{multiline}")
    return None


def _typed(character: str) -> str:
    """Return the expected replacement of a character."""
    category, plain = unicodedata.category(character), unicodedata.normalize("NFKC", character).strip()
    quote = category in ("Pi", "Pf") or "QUOTATION" in unicodedata.name(character, "")
    if category in ("Zs", "Zl", "Zp"):
        typed = "a plain space"
    elif category in ("Cf", "Cc", "Mn"):
        typed = "nothing"
    elif quote:
        typed = "'" if "SINGLE" in unicodedata.name(character, "") else '"'
    else:
        typed = _TYPED.get(character) or ("-" if category == "Pd" else plain if plain.isascii() else "")
    return f"{typed} in its place" if typed else "strings in quotes, IRIs in < >, comments after #"


def _beginning(tokens: Sequence[Token], what: str) -> Mistake | None:
    """Find a mistake in the prologue, an update in place of a query or the reverse, or neither of them."""
    remaining = list(tokens)
    while remaining and remaining[0].text.upper() in ("BASE", "PREFIX", "VERSION"):
        word = remaining[0].text.upper()
        kinds = {"BASE": ("iri",), "PREFIX": ("name", "iri"), "VERSION": ("text",)}[word]
        arguments = remaining[1 : 1 + len(kinds)]
        bare = word != "PREFIX" or (arguments and arguments[0].text.endswith(":"))
        if [token.kind for token in arguments] != list(kinds) or not bare:
            expected = {"BASE": "BASE <http://example.org/>", "VERSION": 'VERSION "1.2"'}.get(word, "PREFIX name: <http://example.org/>")
            return Mistake(f"{word} is not followed by its declaration", remaining[0].start, expected)
        remaining = remaining[1 + len(kinds) :]
    words, others, wanted, other = (
        (QUERY_WORDS, UPDATE_WORDS, "a query", "an update") if what == "query" else (UPDATE_WORDS, QUERY_WORDS, "an update", "a query")
    )
    listed = f"{', '.join(words[:-1])} or {words[-1]}"
    if not remaining:
        return Mistake("it is empty", 0, listed) if what == "query" else None
    word = remaining[0].text.upper()
    if word in others:
        path = "/sparql" if what == "update" else "/update"
        return Mistake(f"this is {other}; {wanted} starts with {listed}", remaining[0].start, f"{wanted} here; {other} goes to {path}")
    return None if word in words else Mistake(f"{wanted} does not start with {_quoted(remaining[0].text)}", remaining[0].start, listed)


def _unbalanced(tokens: Sequence[Token], text: str) -> Mistake | None:
    """Find a bracket without its counterpart."""
    opened: list[Token] = []
    for token in tokens:
        if token.kind == "opening":
            opened.append(token)
        elif token.kind == "closing":
            if not opened:
                return Mistake(f"the {token.text} has no opening bracket", token.start, "an opening bracket before it, or none here")
            if _CLOSED_BY[opened[-1].text] != token.text:
                line, column = place(text, opened[-1].start)
                missing = _CLOSED_BY[opened[-1].text]
                detail = f"there is a {token.text} in place of {missing}, which would close the bracket in line {line}, column {column}"
                return Mistake(detail, token.start, f"{missing} before it")
            opened.pop()
    if opened:
        return Mistake(f"the {opened[-1].text} is not closed", opened[-1].start, f"{_CLOSED_BY[opened[-1].text]} after it")
    return None


def _numbers(tokens: Sequence[Token], text: str) -> Mistake | None:
    """Find a LIMIT or an OFFSET that is not a whole number."""
    for token, after in pairwise((*tokens, Token("", len(text), ""))):
        word = token.text.upper()
        if token.kind == "word" and word in ("LIMIT", "OFFSET") and not re.fullmatch("[0-9]+", after.text):
            values = text[after.start :].split(maxsplit=1)
            detail = f"{word} must be a whole number, not {_quoted(values[0])}" if values else f"{word} has no number"
            return Mistake(detail, after.start, f"a whole number from 0, such as {word} 10")
    return None


def _selected(tokens: Sequence[Token]) -> Mistake | None:
    """Find mistakes in the projection of SELECT, such as an expression without a name, or a comma."""
    expected = "variables separated by spaces, expressions in brackets with a name: (COUNT(?x) AS ?number)"
    for number, token in enumerate(tokens):
        if token.kind != "word" or token.text.upper() != "SELECT":
            continue
        depth, named = 0, True
        for each in tokens[number + 1 :]:
            word = each.text.upper()
            if depth == 0 and (each.text == "{" or word in ("WHERE", "FROM")):
                break
            if depth == 0 and (each.text == "," or (each.kind == "word" and word not in ("DISTINCT", "REDUCED"))):
                return Mistake(f"SELECT cannot return {_quoted(each.text)}", each.start, expected)
            depth += (each.kind == "opening") - (each.kind == "closing")
            named = (named or word == "AS") and not (depth == 1 and each.kind == "opening")
            if depth == 0 and each.kind == "closing" and not named:
                return Mistake("an expression of SELECT has no name", each.start, expected)

    return None


def _quoted(text: str) -> str:
    return repr(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
