"""Hostile inputs: bodies, queries and crowds of clients. Each is prepared first, and then returns its answers."""

import contextlib
import http.client
import itertools
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from bodies import INTEGER, MIB, SOURCE, attributes, complete, decimal, entities, entry, nested, tags

CROSS = "SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f FILTER(?c != ?f) }} # {}"
ROWS = "SELECT ?a ?b {{ {{ SELECT ?a {{ ?s ?p ?a }} LIMIT 1000 }} {{ SELECT ?b {{ ?t ?q ?b }} LIMIT 1000 }} }} LIMIT {}"
TURTLE, JSONLD, RDFXML = "text/turtle", "application/ld+json", "application/rdf+xml"
LETTERS = "+".join("a" * 100)
TYPED = ("/similar?role=", "/gap?to=ai-architect&from=", "/search?q=", "/suggest?q=", "/compare?role=ai-architect&role=")
OTHER = "127.0.0.3"  # the address of somebody else than the attacker
SLOW = 20.0  # seconds that slow clients stay


@dataclass(frozen=True)
class Target:
    """A service, an admin token for it, and the time limit of a request in seconds."""

    host: str
    port: int
    token: str
    seconds: float

    def ask(self, method: str, path: str, body: Any = None, media: str = "", address: str = "127.0.0.1", **headers: str) -> str:
        """Read an answer to its end and return its status, or the name of the error."""
        try:
            with contextlib.closing(self.connect(address)) as connection:
                connection.request(method, path, body, ({"Content-Type": media} if media else {}) | headers)
                with connection.getresponse() as answer:
                    while answer.read(MIB):
                        pass
                    return str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__

    def json(self, path: str) -> Any:
        """Return the JSON at a path."""
        with contextlib.closing(self.connect()) as connection:
            connection.request("GET", path)
            return json.load(connection.getresponse())

    def connect(self, address: str = "127.0.0.1") -> http.client.HTTPConnection:
        """Return a connection from an address of this machine."""
        return http.client.HTTPConnection(self.host, self.port, timeout=self.seconds, source_address=(address, 0))


Answers = list[str]
Sending = Callable[[], Answers]


@dataclass(frozen=True)
class Attack:
    """A hostile input: ``prepare`` builds it and returns a function that sends it; ``taxonomies`` is set if it needs ESCO and O*NET."""

    name: str
    prepare: Callable[[Target], Sending]
    taxonomies: bool = False


def told(answers: Answers) -> str:
    """Return the answers as one line, with the number of equal ones."""
    return ", ".join(answer if count == 1 else f"{count} × {answer}" for answer, count in Counter(answers).items())


# ---------------------------------------------------------------- one body


def posting(path: str, media: str, *bodies: str | bytes) -> Callable[[Target], Sending]:
    """Return the preparation of an attack that posts bodies one after the other."""
    return lambda target: lambda: [target.ask("POST", path, _bytes(body), media) for body in bodies]


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def pushing(target: Target) -> Sending:
    """Replace a source with complete graphs of blank nodes, each larger than the one before."""
    headers = {"Authorization": f"Bearer {target.token}"}
    bodies = [(SOURCE + complete(nodes)).encode() for nodes in (8, 9, 10)]
    return lambda: [target.ask("PUT", "/sources/hostile", body, TURTLE, **headers) for body in bodies]


def flooding(target: Target) -> Sending:
    """Send 200 MB before reading the answer."""
    return lambda: [target.ask("POST", "/validate", itertools.repeat(b" " * MIB, 200), TURTLE, **{"Content-Length": str(200 * MIB)})]


def misspelling(target: Target) -> Sending:
    """Request the gap of a profile with 2,000 misspelt skills."""
    chance = random.Random(7)
    labels = [member["label"] for page in (1, 2) for member in target.json(f"/skill.json?limit=1000&page={page}").get("members", ())]
    words = set[str]()
    while len(words) < 2000:
        label = chance.choice(labels)
        place = chance.randrange(len(label))
        words.add((label[:place] + chance.choice("aeioxqz") + label[place + 1 :]).replace(",", " ").replace(";", " "))
    body = "\n".join(sorted(words)).encode()
    return lambda: [target.ask("POST", "/gap", body, "text/plain")]


# ---------------------------------------------------------------- addresses


def getting(*paths: str, **headers: str) -> Callable[[Target], Sending]:
    """Return the preparation of an attack that requests paths one after the other."""
    return lambda target: lambda: [target.ask("GET", path, **headers) for path in paths]


def roles(target: Target, number: int, source: str) -> list[str]:
    """Return roles of a source, or of all sources if the service does not have it."""
    found = target.json(f"/role.json?limit=1000&source={source}").get("members") or target.json("/role.json")["members"]
    return [member["id"] for member in found[:number]]


def comparing(target: Target) -> Sending:
    """Compare eight roles, in each format."""
    query = urlencode([("role", role) for role in roles(target, 8, "esco-1-1-1")])
    return lambda: [target.ask("GET", f"/compare.{ending}?{query}") for ending in ("html", "json", "ttl", "csv")]


def canned(target: Target) -> Sending:
    """Run every canned query with the maximum number of the largest roles."""
    asked = []
    for path, item in target.json("/openapi.json")["paths"].items():
        if path.startswith("/queries/") and "{" not in path:
            own = [parameter for parameter in item["get"]["parameters"] if "example" in parameter]
            asked.append(f"{path}.{'ttl' if path.endswith('graph') else 'json'}?{urlencode(list(_largest(target, own)))}")
    return lambda: [target.ask("GET", path) for path in asked]


def _largest(target: Target, parameters: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for parameter in parameters:
        if parameter["name"] == "role":
            yield from (("role", role) for role in roles(target, parameter["schema"].get("maxItems", 1), "onet-29-2"))
        else:
            example = parameter["example"]
            yield parameter["name"], example if isinstance(example, str) else example[0]


def analysing(target: Target) -> Sending:
    """Request each analysis with its maximum parameters."""
    one, other, *_ = (quote(role, safe="") for role in roles(target, 2, "onet-29-2"))
    many = urlencode([("role", role) for role in roles(target, 20, "onet-29-2")])
    paths = (
        f"/similar.json?role={one}&count=100",
        f"/openings.json?from={one}&count=20",
        f"/paths.json?from={one}&to={other}&k=10",
        f"/agreement.json?role={one}&matching=yes",
        f"/distinguish.json?{many}",
    )
    return lambda: [target.ask("GET", path) for path in paths]


# ---------------------------------------------------------------- crowds


def together(calls: Sequence[Callable[[], Answers]]) -> Answers:
    """Make calls at the same time and return all answers."""
    found: Answers = []
    threads = [threading.Thread(target=lambda call=call: found.extend(call()), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def dumping(target: Target) -> Sending:
    """Read a large source in three formats at once."""
    paths = [f"/sources/esco-1-1-1.{ending}" for ending in ("nt", "ttl", "rdf")]
    return lambda: together([lambda path=path: [target.ask("GET", path)] for path in paths])  # type: ignore[misc]


def joining(target: Target) -> Sending:
    """Send twelve cross joins at once, while another client sends small queries."""

    def send() -> Answers:
        done = threading.Event()
        found: Answers = []
        joins = threading.Thread(target=crowd, args=(found, done), daemon=True)
        joins.start()
        worst, others = 0.0, Counter[str]()
        for number in itertools.count():
            began = time.monotonic()
            others[target.ask("GET", f"/sparql.json?{urlencode({'query': f'ASK {{ ?s ?p ?o }} # {number}'})}", address=OTHER)] += 1
            worst = max(worst, time.monotonic() - began)
            if done.wait(0.2):
                break
        joins.join()
        return [*found, f"another's ASK {dict(others)}, at most {worst:.1f} s"]

    def crowd(found: Answers, done: threading.Event) -> None:
        found += together([join(number) for number in range(12)])
        done.set()

    def join(number: int) -> Callable[[], Answers]:
        return lambda: [target.ask("GET", f"/sparql.json?{urlencode({'query': CROSS.format(number)})}")]

    return send


def reading_slowly(target: Target) -> Sending:
    """Request an answer of 100 MB six times, read its head, and wait."""

    def send() -> Answers:
        connections = [_raw(target, f"GET /sparql.json?{urlencode({'query': ROWS.format(400_000 + n)})} HTTP/1.1") for n in range(6)]
        found = [connection.recv(600).decode("latin-1").partition("\r\n")[0].removeprefix("HTTP/1.1 ")[:3] for connection in connections]
        time.sleep(SLOW)
        for connection in connections:
            connection.close()
        return found

    return send


def sending_slowly(target: Target) -> Sending:
    """Begin 64 bodies of 1,000 bytes and do not complete them."""

    def send() -> Answers:
        head = "POST /validate HTTP/1.1\r\nContent-Type: text/turtle\r\nContent-Length: 1000"
        connections = [_raw(target, head, b"<") for _ in range(64)]
        until = time.monotonic() + SLOW
        found = []
        for connection in connections:
            connection.settimeout(max(0.01, until - time.monotonic()))
            try:
                found.append(connection.recv(600).decode("latin-1")[9:12] or "closed")
            except OSError as error:
                found.append("nothing" if isinstance(error, TimeoutError) else type(error).__name__)
            connection.close()
        return found

    return send


def _raw(target: Target, head: str, body: bytes = b"") -> socket.socket:
    connection = socket.create_connection((target.host, target.port), timeout=target.seconds)
    connection.sendall(f"{head}\r\nHost: x\r\n\r\n".encode() + body)
    return connection


def busting(target: Target) -> Sending:
    """Send 5,000 small requests, each to a new address."""
    paths = [f"/health?x={n}" for n in range(2500)] + [f"/suggest?q=zq&format=json&format={n}" for n in range(2500)]
    return lambda: together([lambda own=paths[first::8]: _kept(target, own) for first in range(8)])  # type: ignore[misc]


def _kept(target: Target, paths: Sequence[str]) -> Answers:
    """Request paths over one connection."""
    found: Answers = []
    with contextlib.closing(target.connect()) as connection:
        for path in paths:
            try:
                connection.request("GET", path)
                with connection.getresponse() as answer:
                    answer.read()
                    found.append(str(answer.status))
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                found.append(type(error).__name__)
    return found


def looking_back(target: Target) -> Sending:
    """Request past revisions with 16 clients for ten seconds."""
    headers = {"Authorization": f"Bearer {target.token}"}
    for number in range(12):
        body = f'{SOURCE}<http://x/s> <http://x/p> "{number}" .'.encode()
        target.ask("PUT", "/sources/hostile", body, TURTLE, **headers)
    numbers = [one["number"] for one in target.json("/revisions.json")["revisions"]][1:]

    def look(first: int) -> Answers:
        found: Answers = []
        until = time.monotonic() + 10
        for number in itertools.count(first):
            if time.monotonic() > until:
                return found
            found.append(target.ask("GET", f"/role/ai-architect?again={number}&revision={numbers[number % len(numbers)]}"))
        raise AssertionError

    return lambda: together([lambda first=first: look(first * 1_000_003) for first in range(16)])  # type: ignore[misc]


def waiting(_: Target) -> Sending:
    """Send nothing for ten seconds: the baseline of the waits on this machine."""

    def send() -> Answers:
        time.sleep(10)
        return ["-"]

    return send


ATTACKS = (
    Attack("nothing, for 10 s", waiting),
    Attack("1 MiB of roles to /validate", posting("/validate", TURTLE, entry())),
    Attack("decimal 1E+999999999 to /validate", posting("/validate", TURTLE, decimal())),
    Attack("nested entities in UTF-16 to /validate", posting("/validate", RDFXML, entities())),
    Attack("complete graph of 10 blank nodes to /validate", posting("/validate", TURTLE, complete(10))),
    Attack("complete graphs of 8, 9, 10 blank nodes to PUT /sources", pushing),
    Attack("JSON-LD 600 and 900 objects deep, an integer of 5,000 digits", posting("/validate", JSONLD, nested(600), nested(900), INTEGER)),
    Attack("RDF/XML with 40,000 attributes", posting("/validate", RDFXML, attributes(40_000))),
    Attack("RDF/XML of 84,000 open tags", posting("/validate", RDFXML, tags())),
    Attack("a body of 200 MB", flooding),
    Attack("64 bodies that do not end", sending_slowly),
    Attack("six slow readers of 100 MB each", reading_slowly),
    Attack("2,000 misspelt skills to /gap", misspelling),
    Attack("ESCO as JSON-LD", getting("/sources/esco-1-1-1.jsonld"), taxonomies=True),
    Attack("ESCO as nt, ttl and rdf at once", dumping, taxonomies=True),
    Attack("/skill.json?limit=00000000199999999", getting("/skill.json?limit=00000000199999999"), taxonomies=True),
    Attack("12 cross joins at once", joining),
    Attack("5,000 small requests that defeat the cache", busting),
    Attack("16 clients with ?revision= for 10 s", looking_back),
    Attack("a hundred words of one letter as a role and in a search", getting(*(path + LETTERS for path in TYPED))),
    Attack("Accept: */*;q=nan", getting("/health", Accept="*/*;q=nan")),
    Attack("canned queries with the most roles", canned),
    Attack("eight roles compared in four formats", comparing),
    Attack("analyses with the greatest numbers", analysing),
)
