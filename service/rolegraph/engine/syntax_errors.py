"""What is wrong with a query or an update that does not parse, in words for people: read from its text, not from a parser's words."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rolegraph import terms
from rolegraph.engine import algebra
from rolegraph.errors import UnreadableInput

QUERY_WORDS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATE_WORDS = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
LONGEST = 100_000  # characters that are looked at: what is wrong is told of them, or not at all
SHOWN = 40  # characters of what is repeated
_INSIDE = r"\w\xb7\u0300-\u036f\u200c\u200d\u203f\u2040"
_LOCAL = rf"(?:[{_INSIDE}.:-]|%[0-9A-Fa-f]{{2}}|\\.)*"
_TOKEN = re.compile(
    r'(?P<text>"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|""(?!")|\'\'(?!\')|"(?:[^"\\\n\r]|\\.)+"|\'(?:[^\'\\\n\r]|\\.)+\')'
    r'|(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)'
    r"|(?P<comment>\#[^\n\r]*)"
    rf"|(?P<node>_:[{_INSIDE}.-]*)"
    rf"|(?P<variable>[?$][{_INSIDE}]+)"
    r"|(?P<language>@[A-Za-z0-9-]+)"
    rf"|(?P<word>[^\W\d](?:[{_INSIDE}.-]*[{_INSIDE}-])?)(?P<name>:{_LOCAL})?"  # of one piece: nothing is looked at twice
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
_MEANT = (  # what the engine tells of a text that its grammar has, in its words and in ours
    ("SELECT * is not authorized", "SELECT * does not go with GROUP BY", "the variables by name"),
    ("Duplicated variable name", "SELECT gives two columns the same name", "a name of its own for each"),
    ("not allowed in INSERT DATA", "INSERT DATA holds a variable", "INSERT { … } WHERE { … } for what is looked up"),
    ("not allowed in DELETE DATA", "DELETE DATA holds a variable or a blank node", "DELETE { … } WHERE { … } for what is looked up"),
    ("IRI parsing failed", "an IRI in < > is malformed", "an IRI of RFC 3987, without blanks and brackets"),
)
_KEYWORD = re.compile(r"[A-Za-z_]{2,}\d*")
_UNSEEN = re.compile(r"\['[^\n]*?\]|\"(?:[^\"\\]|\\.)*\"")


@dataclass(frozen=True)
class Token:
    """A piece of a query: its kind, where it starts, and how it is written."""

    kind: str
    start: int
    text: str


@dataclass(frozen=True)
class Mistake:
    """What is wrong, at which character where that is known, and what is accepted."""

    detail: str
    start: int | None
    expected: str = ""

    def error(self, text: str, what: str) -> UnreadableInput:
        """Return it as the error about a text."""
        line, column = (None, None) if self.start is None else place(text, self.start)
        return UnreadableInput(f"the {what} does not parse: {self.detail}", line=line, column=column, expected=self.expected or None)


def find(text: str, what: str) -> Mistake | None:
    """Return the first mistake that the text itself shows, or None.

    :param what: ``query`` or ``update``
    """
    if len(text) > LONGEST:
        return None  # what is cut off would seem to be missing
    tokens = list(_tokens(text))
    looks: Sequence[Callable[[], Mistake | None]] = (
        lambda: _unreadable(tokens),
        lambda: _beginning(tokens, what),
        lambda: _undeclared(tokens),
        lambda: _unbalanced(tokens, text),
        lambda: _numbers(tokens, text),
        lambda: _selected(tokens),
    )
    return next((found for look in looks if (found := look())), None)


def meant(text: str, message: str) -> Mistake | None:
    """Return the mistake that a message of the engine means, or None where it only tells what its grammar has."""
    if "that is unbound" in message:
        return ungrouped(text) or Mistake("a variable that SELECT gives is neither in GROUP BY nor in an aggregate", None)
    for theirs, ours, expected in _MEANT:
        if theirs in message:
            return Mistake(ours, None, expected)
    return None


def unmeant(text: str) -> Mistake | None:
    """Return what makes no sense in a query that rdflib's parser lets pass."""
    return _undeclared(list(_tokens(text))) or ungrouped(text)


def ungrouped(text: str) -> Mistake | None:
    """Return the mistake of a variable that a grouping SELECT gives, but does not group by; None where there is none."""
    name = algebra.ungrouped(text)
    if name is None:
        return None
    start = next((token.start for token in _tokens(text) if token.kind == "variable" and token.text[1:] == name), None)
    detail = f"?{name} is selected where rows are grouped, but is neither in GROUP BY nor in an aggregate"
    return Mistake(detail, start, f"GROUP BY … ?{name}, or an aggregate of it, such as (SAMPLE(?{name}) AS ?one)")


def _undeclared(tokens: Sequence[Token]) -> Mistake | None:
    """Find the prefixes that are used and not declared."""
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
    known = algebra.vocabularies() | terms.prefixes()
    lines = [f"PREFIX {_cut(prefix)}: <{known.get(prefix, 'the IRI that it stands for')}>" for prefix in missing]
    one = len(missing) == 1
    detail = f"the prefix{'' if one else 'es'} {listed} {'is' if one else 'are'} not declared"
    return Mistake(detail, min(missing.values()), f"at the start: {' '.join(lines)}")


def near(text: str, message: str, reached: int) -> Mistake:
    """Return a mistake of which only the neighbourhood is known.

    :param message: of the engine, which lists what it would have taken
    :param reached: the character up to which it looked: the words that it would have taken are behind it
    """
    if len(text) > LONGEST:
        return Mistake("what stands near here does not fit", max(0, min(reached, len(text)) - 1))
    tokens = list(_tokens(text))
    starts = {token.start for token in tokens} | {len(text)}
    lengths = {0} | {len(word) for word in _KEYWORD.findall(_UNSEEN.sub("", message.partition("expected")[2]))}
    found = max((reached - length for length in lengths if reached - length in starts), default=None)
    start = found if found is not None else max((token.start for token in tokens if token.start <= reached), default=0)
    token = next((token for token in tokens if token.start == start), None)
    if token is None:
        return Mistake("it ends too early", len(text.rstrip()), "the rest of it")
    term = token.kind in ("variable", "iri", "name", "text", "node", "number")
    expected = "a full stop, a semicolon or a bracket before it, if that is what is missing" if term else ""
    return Mistake(f"what stands here, or is missing before it, does not fit: {_quoted(token.text)}", start, expected)


def place(text: str, start: int) -> tuple[int, int]:
    """Return the line and the column of a character, both from 1."""
    return text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1


def _tokens(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        kind = {"default": "name"}.get(found.lastgroup or "", found.lastgroup or "sign")
        if kind == "comment":
            continue
        yield Token(kind, found.start(), found[0])
        if kind == "quote":
            return  # a text without an end: what follows may be part of it


def _unreadable(tokens: Sequence[Token]) -> Mistake | None:
    """Find a character that SPARQL has no use for, or a text that does not end."""
    for token in tokens:
        if token.kind == "odd":
            name = unicodedata.name(token.text, "a control character").lower()
            return Mistake(
                f"the character U+{ord(token.text):04X} ({name}) fits nowhere but in texts and comments", token.start, _typed(token.text)
            )
        if token.kind == "quote":
            several = "" if len(token.text) > 1 else f" on the same line; a text of several lines stands between {token.text * 3}"
            return Mistake("the text that begins here does not end", token.start, f"{token.text} after it{several}")
    return None


def _typed(character: str) -> str:
    """Say what to type in place of a character."""
    category, plain = unicodedata.category(character), unicodedata.normalize("NFKC", character).strip()
    quote = category in ("Pi", "Pf") or "QUOTATION" in unicodedata.name(character, "")
    if category in ("Zs", "Zl", "Zp"):
        typed = "a plain blank"
    elif category in ("Cf", "Cc", "Mn"):
        typed = "nothing"
    elif quote:
        typed = "'" if "SINGLE" in unicodedata.name(character, "") else '"'
    else:
        typed = _TYPED.get(character) or ("-" if category == "Pd" else plain if plain.isascii() else "")
    return f"{typed} in its place" if typed else "texts in quotes, IRIs in < >, comments after #"


def _beginning(tokens: Sequence[Token], what: str) -> Mistake | None:
    """Find what is wrong with the prefixes, or a text of the other kind, or of none."""
    rest = list(tokens)
    while rest and rest[0].text.upper() in ("BASE", "PREFIX", "VERSION"):
        word = rest[0].text.upper()
        kinds = {"BASE": ("iri",), "PREFIX": ("name", "iri"), "VERSION": ("text",)}[word]
        given = rest[1 : 1 + len(kinds)]
        bare = word != "PREFIX" or (given and given[0].text.endswith(":"))
        if [token.kind for token in given] != list(kinds) or not bare:
            expected = {"BASE": "BASE <http://example.org/>", "VERSION": 'VERSION "1.2"'}.get(word, "PREFIX name: <http://example.org/>")
            return Mistake(f"{word} is not followed by what it declares", rest[0].start, expected)
        rest = rest[1 + len(kinds) :]
    words, others, own, other = (
        (QUERY_WORDS, UPDATE_WORDS, "a query", "an update") if what == "query" else (UPDATE_WORDS, QUERY_WORDS, "an update", "a query")
    )
    listed = f"{', '.join(words[:-1])} or {words[-1]}"
    if not rest:
        return Mistake("it is empty", 0, listed) if what == "query" else None
    word = rest[0].text.upper()
    if word in others:
        path = "/sparql" if what == "update" else "/update"
        return Mistake(f"this is {other}; {own} starts with {listed}", rest[0].start, f"{own} here; {other} goes to {path}")
    return None if word in words else Mistake(f"{own} does not start with {_quoted(rest[0].text)}", rest[0].start, listed)


def _unbalanced(tokens: Sequence[Token], text: str) -> Mistake | None:
    """Find a bracket without its other half."""
    opened: list[Token] = []
    for token in tokens:
        if token.kind == "opening":
            opened.append(token)
        elif token.kind == "closing":
            if not opened:
                return Mistake(f"the {token.text} closes nothing", token.start, "an opening one before it, or none here")
            if _CLOSED_BY[opened[-1].text] != token.text:
                line, column = place(text, opened[-1].start)
                missing = _CLOSED_BY[opened[-1].text]
                detail = f"the {token.text} stands where {missing} is missing, which would close line {line}, column {column}"
                return Mistake(detail, token.start, f"{missing} before it")
            opened.pop()
    if opened:
        return Mistake(f"the {opened[-1].text} is never closed", opened[-1].start, f"{_CLOSED_BY[opened[-1].text]} after it")
    return None


def _numbers(tokens: Sequence[Token], text: str) -> Mistake | None:
    """Find a LIMIT or an OFFSET that is no whole number."""
    for token, after in pairwise((*tokens, Token("", len(text), ""))):
        word = token.text.upper()
        if token.kind == "word" and word in ("LIMIT", "OFFSET") and not re.fullmatch("[0-9]+", after.text):
            given = text[after.start :].split(maxsplit=1)
            detail = f"{word} is given {_quoted(given[0])}" if given else f"{word} is given nothing"
            return Mistake(detail, after.start, f"a whole number from 0, such as {word} 10")
    return None


def _selected(tokens: Sequence[Token]) -> Mistake | None:
    """Find what SELECT cannot give: an expression without a name, a comma."""
    expected = "variables with blanks between them, expressions in brackets with a name: (COUNT(?x) AS ?number)"
    for number, token in enumerate(tokens):
        if token.kind != "word" or token.text.upper() != "SELECT":
            continue
        depth, named = 0, True
        for each in tokens[number + 1 :]:
            word = each.text.upper()
            if depth == 0 and (each.text == "{" or word in ("WHERE", "FROM")):
                break
            if depth == 0 and (each.text == "," or (each.kind == "word" and word not in ("DISTINCT", "REDUCED"))):
                return Mistake(f"SELECT does not give {_quoted(each.text)}", each.start, expected)
            depth += (each.kind == "opening") - (each.kind == "closing")
            named = (named or word == "AS") and not (depth == 1 and each.kind == "opening")
            if depth == 0 and each.kind == "closing" and not named:
                return Mistake("an expression of SELECT has no name", each.start, expected)
    return None


def _quoted(text: str) -> str:
    return repr(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
