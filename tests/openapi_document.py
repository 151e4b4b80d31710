"""The OpenAPI document in tests: the requests that it makes possible, and whether an answer is one that it states."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

Json = dict[str, Any]
GENERAL = {"content-type", "content-length", "content-disposition", "vary", "cache-control", "date"}
SECURITY = ("access-control-", "content-security-", "x-content-type-", "referrer-")


@dataclass
class Described:
    """The document, and what was seen of each operation: its statuses and the headers of each of them."""

    document: Json
    seen: dict[tuple[str, str], dict[str, set[str]]] = field(default_factory=dict)

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Yield path, method and operation."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def operation(self, path: str, method: str) -> Json:
        operation: Json = self.document["paths"][path][method]
        return operation

    def media(self, path: str, method: str, status: str = "200") -> list[str]:
        """Return the media types of an answer."""
        return list(self.operation(path, method)["responses"].get(status, {}).get("content", ()))

    def address(self, path: str, method: str, chosen: Mapping[str, object]) -> str:
        """Return the address of a request with the examples of all required parameters, and with some chosen values."""
        query: list[tuple[str, str]] = []
        values = dict(chosen)
        for parameter in self.operation(path, method)["parameters"]:
            name = parameter["name"]
            value = values.pop(name, parameter.get("example") if parameter["required"] else None)
            if parameter["in"] == "path":
                path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
            elif value is not None:
                query += [(name, str(each)) for each in (value if isinstance(value, list) else [value])]
        query += [(name, str(value)) for name, value in values.items()]
        return f"{path}?{urlencode(query)}" if query else path

    def check(self, path: str, method: str, answer: TestResponse) -> None:
        """Hold the status, the headers and the body of an answer against the document."""
        status = str(answer.status_code)
        responses = self.operation(path, method)["responses"]
        stated = self._resolved(responses.get(status) or responses["default"])
        about = f"{method} {answer.request.path} {status}"
        headers = {name.lower() for name in answer.headers.keys()}  # noqa: SIM118 - Werkzeug's are pairs
        special = {name for name in headers - GENERAL if not name.startswith(SECURITY)}
        assert special <= {name.lower() for name in stated.get("headers", ())}, f"{about} {special}"
        self.seen.setdefault((path, method), {}).setdefault(status, set()).update(special)
        if "content" not in stated:
            assert answer.data == b"", about
            return
        assert answer.mimetype is not None, about
        assert answer.mimetype in stated["content"], f"{about} {answer.mimetype}"
        if (answer.mimetype or "").endswith("json"):
            self.hold(stated["content"][answer.mimetype]["schema"], answer.get_json(force=True), about)
        else:
            answer.data.decode()

    def hold(self, schema: Json, value: object, about: str) -> None:
        """Hold a value against a schema of the document."""
        validator = Draft202012Validator({**schema, "components": self.document["components"]})
        wrong = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]
        assert not wrong, f"{about} {wrong[:5]}"

    def _resolved(self, stated: Json) -> Json:
        if "$ref" not in stated:
            return stated
        found: Json = self.document["components"]["responses"][stated["$ref"].rpartition("/")[2]]
        return found
