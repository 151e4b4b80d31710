"""Tokens: what each allows, until when, and that a running service and the command line see the same ones at once."""

import hashlib
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from rolegraph.errors import BadParameter, NotFound, StoreUnusable, Unauthorized
from rolegraph.tokens import FILE, Tokens, lifetime
from rolegraph.tokens.database import OLD_FILE

SOURCE = "https://w3id.org/rolegraph/source/"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rolegraph", "token", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "COLUMNS": "200"}, check=False)


def create_many(path: Path) -> None:
    for _ in range(10):
        Tokens(path).create("admin")


MANY = """
import sys
from pathlib import Path
from rolegraph.tokens import Tokens
for _ in range(10):
    Tokens(Path(sys.argv[1])).create("admin")
"""


def test_a_token_allows_what_its_scope_says(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / FILE)
    admin, one = tokens.create("admin"), tokens.create("write:source:one", name="Ann’s import")
    assert re.fullmatch(r"rg_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", admin.text)
    assert tokens.check(one.text) == one.token
    assert one.token.scope == "write:one"
    graphs = (SOURCE + "one", SOURCE + "one-more", SOURCE, "https://w3id.org/rolegraph/role", "", None)
    assert [tokens.check(one.text).allows(graph) for graph in graphs] == [True, False, False, False, False, False]
    assert all(tokens.check(admin.text).allows(graph) for graph in graphs)


@pytest.mark.parametrize("scope", ["", "write", "write:", "write:*", "write:Two Words", "write:role:x", "write:one\n", "Admin", "read:one"])
def test_what_is_no_scope_is_refused(tmp_path: Path, scope: str) -> None:
    with pytest.raises(BadParameter) as caught:
        Tokens(tmp_path / FILE).create(scope)
    assert "write: and the slug of a source" in caught.value.members["expected"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.service
def test_no_secret_is_kept_and_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    made = run("create", "--scope", "admin", "--store", str(tmp_path))
    text = made.stdout.strip()
    secret = text.split("_", 2)[2]
    assert Tokens(tmp_path / FILE).check(text).allows(None)
    assert secret not in made.stderr
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert secret.encode() not in (tmp_path / FILE).read_bytes()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert secret not in repr(Tokens(tmp_path / FILE).create("admin"))


def test_what_is_not_known_expired_or_revoked_is_not_let_in(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / FILE)
    made, short, ended = tokens.create("admin"), tokens.create("admin", expires=timedelta(seconds=0.3)), tokens.create("admin")
    assert tokens.check(short.text).state == "valid"
    tokens.revoke(ended.token.id)
    other = made.text[:-1] + ("A" if made.text[-1] != "A" else "B")
    swapped = f"rg_{made.token.id}_{short.text.split('_', 2)[2]}"
    malformed = ("", "rg_", made.text + "x", made.text + "\n", " " + made.text, "é" * 9000, "\ud800")
    for text in (*malformed, other, swapped, "rg_aaaaaaaa_" + "A" * 43):
        with pytest.raises(Unauthorized, match=r"^this token is not known$"):
            tokens.check(text)
    with pytest.raises(Unauthorized, match="revoked"):
        tokens.check(ended.text)
    with pytest.raises(Unauthorized, match="not known"):  # who has no secret does not learn that there was such a token
        tokens.check(f"rg_{ended.token.id}_{'A' * 43}")
    time.sleep(0.4)
    with pytest.raises(Unauthorized, match="expired"):
        tokens.check(short.text)
    assert tokens.check(made.text)


@pytest.mark.service
def test_an_open_object_sees_what_the_command_line_does(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / FILE)
    assert list(tokens.list()) == []
    text = run("create", "--scope", "write:one", "--name", "[b]nightly[/b]", "--expires", "90d", "--store", str(tmp_path)).stdout.strip()
    token = tokens.check(text)
    assert token.expires is not None
    assert timedelta(days=89, hours=23) < token.expires - datetime.now(UTC) < timedelta(days=90)
    listed = run("list", "--store", str(tmp_path)).stdout
    assert re.search(rf"{token.id} +valid +write:one +\[b\]nightly\[/b\] ", listed)
    (record,) = json.loads(run("list", "--format", "json", "--store", str(tmp_path)).stdout)
    assert record.keys() == {"id", "name", "scope", "created", "expires", "revoked", "state"}
    assert run("revoke", token.id, "--store", str(tmp_path)).returncode == 0
    with pytest.raises(Unauthorized, match="revoked"):
        tokens.check(text)


def test_a_file_that_is_replaced_or_removed_is_seen_at_once(tmp_path: Path) -> None:
    tokens, other = Tokens(tmp_path / FILE), Tokens(tmp_path / "other" / FILE)
    first, second = tokens.create("admin"), other.create("admin")
    assert tokens.check(first.text)
    (tmp_path / "other" / FILE).replace(tmp_path / FILE)
    assert tokens.check(second.text)
    with pytest.raises(Unauthorized):
        tokens.check(first.text)
    (tmp_path / FILE).unlink()
    assert list(tokens.list()) == []
    with pytest.raises(Unauthorized):
        tokens.check(second.text)


def test_a_change_that_fails_half_way_changes_nothing(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / FILE)
    made = tokens.create("admin")
    with patch("rolegraph.tokens.replace", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        tokens.revoke(made.token.id)
    assert tokens.check(made.text) == made.token
    assert tokens.revoke(made.token.id).state == "revoked"


@pytest.mark.service
def test_changes_of_several_processes_and_threads_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / FILE
    reader, made, stop = Tokens(path), Tokens(path).create("admin"), threading.Event()
    failures: list[BaseException] = []

    def read() -> None:
        while not stop.is_set():
            try:
                reader.check(made.text)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test is to tell of it
                failures.append(error)

    workers = [subprocess.Popen([sys.executable, "-c", MANY, str(path)]) for _ in range(3)]
    threads = [threading.Thread(target=create_many, args=(path,)) for _ in range(3)]
    reading = threading.Thread(target=read)
    for thread in (reading, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    stop.set()
    reading.join()
    assert failures == []
    assert len(reader.list()) == 61
    assert [found.name for found in tmp_path.iterdir()] == [FILE]


def change(statement: str) -> Callable[[Path], None]:
    """Return what changes the file of tokens by a statement."""

    def changed(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(statement)

    return changed


def rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Return what changes the bytes of a file."""

    def changed(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return changed


@pytest.mark.parametrize(
    "damage",
    [
        rewrite(lambda _: b""),
        rewrite(lambda body: body[: len(body) // 2]),
        rewrite(lambda _: b"[]"),
        rewrite(lambda body: b"\xff" + body),
        rewrite(lambda body: body[:4096] + b"\xff" * (len(body) - 4096)),
        change("PRAGMA user_version = 2"),
        change("DROP TABLE token"),
        change("ALTER TABLE token DROP COLUMN revoked"),
        change("UPDATE token SET hash = 'x' || hash"),
        change("UPDATE token SET scope = 'all'"),
        change("UPDATE token SET scope = x'00'"),
        change("UPDATE token SET expires = 'soon'"),
        change("UPDATE token SET revoked = '2026-01-01'"),
        change("UPDATE token SET created = 7"),
        change("UPDATE token SET name = x'ff'"),
    ],
)
def test_a_damaged_file_is_never_taken_for_an_empty_one(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    tokens = Tokens(tmp_path / FILE)
    made = tokens.create("admin")
    damage(tmp_path / FILE)
    body = (tmp_path / FILE).read_bytes()
    for use in (lambda: tokens.check(made.text), tokens.list, lambda: tokens.revoke(made.token.id), tokens.test):
        with pytest.raises(StoreUnusable, match=FILE) as caught:
            use()
        assert "put it back from a backup" in caught.value.members["expected"]
        assert made.token.hash not in str(caught.value)
    assert (tmp_path / FILE).read_bytes() == body


OLD = """{"format": 1, "tokens": [
 {"id": "aaaaaaaa", "name": "Ann’s import", "scope": "write:one", "hash": "HASH", "created": "2026-01-01T00:00:00Z",
  "expires": null, "revoked": null},
 {"id": "bbbbbbbb", "name": "", "scope": "admin", "hash": "HASH", "created": "2026-01-02T00:00:00.5Z", "expires": "2027-01-01T00:00:00Z",
  "revoked": "2026-02-01T00:00:00Z"}
]}"""


def test_the_tokens_of_an_older_version_are_taken_over_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old, secret = tmp_path / OLD_FILE, "A" * 43
    body = OLD.replace("HASH", hashlib.sha256(secret.encode()).hexdigest())
    old.write_text(body)
    tokens = Tokens(tmp_path / FILE)
    assert tokens.check(f"rg_aaaaaaaa_{secret}").name == "Ann’s import"
    assert "may be removed" in caplog.text
    with pytest.raises(Unauthorized, match="revoked"):
        tokens.check(f"rg_bbbbbbbb_{secret}")
    assert [token.id for token in tokens.list()] == ["aaaaaaaa", "bbbbbbbb"]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir() if path.name == FILE} == {FILE: 0o600}
    assert not old.exists()
    tokens.revoke("aaaaaaaa")
    old.write_text(body)  # one that is put back later brings back nothing
    with pytest.raises(Unauthorized, match="revoked"):
        tokens.check(f"rg_aaaaaaaa_{secret}")
    assert {path.name for path in tmp_path.iterdir()} == {FILE, f"{OLD_FILE}.old"}


@pytest.mark.parametrize(
    "body",
    [
        "",
        OLD[: len(OLD) // 2],
        "[]",
        OLD.replace('"format": 1', '"format": 2'),
        OLD,
        OLD.replace('"write:one"', "null"),
        "[" * 100_000,
        "\ufeff{",
    ],
)
def test_a_damaged_file_of_an_older_version_is_left_as_it_is(tmp_path: Path, body: str) -> None:
    old = tmp_path / OLD_FILE
    old.write_text(body)
    tokens = Tokens(tmp_path / FILE)
    for use in (lambda: tokens.check(""), tokens.list, lambda: tokens.create("admin"), lambda: tokens.revoke("aaaaaaaa")):
        with pytest.raises(StoreUnusable, match=OLD_FILE) as caught:
            use()
        assert "put it back from a backup" in caught.value.members["expected"]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {OLD_FILE: body}


def test_times_to_expire(tmp_path: Path) -> None:
    assert lifetime("90d") == timedelta(days=90)
    assert lifetime("12h") == timedelta(hours=12)
    assert lifetime("2127-01-01") == datetime(2127, 1, 1, tzinfo=UTC)
    for text in ("", "soon", "-1d", "1.5h", "2027-02-30", "٣d"):
        with pytest.raises(BadParameter, match="no time"):
            lifetime(text)
    tokens = Tokens(tmp_path / FILE)
    for over in ("0d", "2020-01-01"):
        with pytest.raises(BadParameter, match="expired already"):
            tokens.create("admin", expires=lifetime(over))
    assert tokens.create("admin", expires=lifetime("2127-01-01")).token.expires == datetime(2127, 1, 1, tzinfo=UTC)
    assert tokens.create("admin", expires=lifetime("999999d"))
    with pytest.raises(BadParameter, match="year 9999"):
        tokens.create("admin", expires=timedelta.max)


@pytest.mark.service
def test_revoking_says_which_there_are_and_never_repeats_a_secret(tmp_path: Path) -> None:
    made = Tokens(tmp_path / FILE).create("admin")
    unknown = run("revoke", "aaaaaaaa", "--store", str(tmp_path))
    assert (unknown.returncode, made.token.id in unknown.stderr) == (2, True)
    whole = run("revoke", made.text, "--store", str(tmp_path))
    assert whole.returncode == 2
    assert made.text.split("_", 2)[2] not in whole.stderr
    first = Tokens(tmp_path / FILE).revoke(made.token.id)
    assert Tokens(tmp_path / FILE).revoke(made.token.id) == first
    with pytest.raises(NotFound, match="no such token"):
        Tokens(tmp_path / FILE).revoke("")
    refused = run("create", "--scope", "everything", "--store", str(tmp_path))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "admin, or write:" in refused.stderr
