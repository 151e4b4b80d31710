"""Tokens: what each allows, until when, and that a running service and the command line see the same ones at once."""

import json
import os
import re
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rolegraph.errors import BadParameter, NotFound, StoreUnusable, Unauthorized
from rolegraph.tokens import FILE, Tokens, lifetime

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
    assert secret not in (tmp_path / FILE).read_text()
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
@pytest.mark.parametrize("settle", [0, 2.5])
def test_an_open_object_sees_what_the_command_line_does(tmp_path: Path, settle: float) -> None:
    tokens = Tokens(tmp_path / FILE)
    assert list(tokens.list()) == []
    text = run("create", "--scope", "write:one", "--name", "[b]nightly[/b]", "--expires", "90d", "--store", str(tmp_path)).stdout.strip()
    time.sleep(settle)  # by then the object no longer reads the file each time
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


def test_two_changes_within_one_tick_of_the_clock_are_both_seen(tmp_path: Path) -> None:
    tokens, other = Tokens(tmp_path / FILE), Tokens(tmp_path / FILE)
    made = other.create("admin")
    before = (tmp_path / FILE).stat()
    assert tokens.check(made.text)
    body = (tmp_path / FILE).read_text().replace(made.token.hash, "0" * 64)
    (tmp_path / FILE).write_text(body)  # same file, same size, and the same time:
    os.utime(tmp_path / FILE, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(Unauthorized):
        tokens.check(made.text)


def test_a_file_is_read_again_only_where_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Tokens(tmp_path / FILE).create("admin")
    os.utime(tmp_path / FILE, (0, 0))
    tokens = Tokens(tmp_path / FILE)
    tokens.check(made.text)
    monkeypatch.setattr(Path, "open", None)
    for _ in range(100):
        tokens.check(made.text)


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


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda body: body[: len(body) // 2],
        lambda _: b"[]",
        lambda body: body.replace(b'"format": 1', b'"format": 2'),
        lambda body: body.replace(b'"hash": "', b'"hash": "x'),
        lambda body: body.replace(b'"scope": "admin"', b'"scope": "all"'),
        lambda body: body.replace(b'"scope": "admin"', b'"scope": null'),
        lambda body: body.replace(b'"expires": null', b'"expires": "soon"'),
        lambda body: body.replace(b'"revoked": null', b'"revoked": "2026-01-01"'),
        lambda body: body.replace(b'"name": "",', b""),
        lambda _: b"[" * 100_000,
        lambda body: b"\xff" + body,
    ],
)
def test_a_damaged_file_is_never_taken_for_an_empty_one(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    tokens = Tokens(tmp_path / FILE)
    made = tokens.create("admin")
    body = damage((tmp_path / FILE).read_bytes())
    (tmp_path / FILE).write_bytes(body)
    for use in (lambda: tokens.check(made.text), tokens.list, lambda: tokens.create("admin"), lambda: tokens.revoke(made.token.id)):
        with pytest.raises(StoreUnusable, match=FILE) as caught:
            use()
        assert "put it back from a backup" in caught.value.members["expected"]
        assert made.token.hash not in str(caught.value)
    assert (tmp_path / FILE).read_bytes() == body


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
