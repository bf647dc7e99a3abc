"""What a forger does to a store, and to what was taken out of one: each edit is (name, function of the file or folder)."""

import contextlib
import json
import re
import sqlite3
import types

from harness import opened
from sealed_nights import Forger, canonical

UNSEEN = ("README.txt", "key.pub", "verify-ledger")  # of a bundle: the verifiers say that they do not look at them
PUT_IN = ("CREATE VIEW quiet AS SELECT * FROM ledger", "CREATE TABLE quiet (a)", "CREATE INDEX quiet ON record (locator)",
          "CREATE TRIGGER quiet AFTER INSERT ON ledger BEGIN SELECT 1; END",
          "CREATE VIEW quiet AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r")
NAMES = ("source_digest", "config_digest", "rules_digest", "text_digest", "signature_digest", "revoked_digest", "digests", "schema",
         "schema_before", "head", "newest", "recover", "locator", "kind", "list")
EVENTS = ("run-started", "run-finished", "forgotten", "migrated", "restored", "copy-failed", "approval-founded", "submitted", "approved",
          "approval-recovered", "published", "whatever")
CLASSES = (("a letter", rb"[A-Za-z]"), ("a digit", rb"[0-9]"), ("a quote", rb'"'), ("a bracket", rb"[][{}]"), ("a line's end", rb"\n"),
           ("a blank", rb" "), ("a sign", rb"[:,+/=.-]"), ("a byte beyond ASCII", rb"[\x80-\xff]"))
STUFF = (b"\n", b" ", b"\0", b"\xef\xbb\xbf", b"9" * 5000, b"[" * 5000, b'"a":1,"a":1', b"\\ud800", b"\xff")

KINDS = {"ledger": "event", "setting": "name", "payload": "kept", "checkpoint": "run", "record": "outcome", "procedure_state": "state"}


def kinds_of(database, table):
    """Rows of a table that mean different things: a condition each."""
    column = KINDS.get(table)
    return [f"{column} IS {kind}" for kind, in database.execute(f"SELECT DISTINCT quote({column}) FROM {table}")] if column else ["1"]


def any_row(chance, database, table, kind="1"):
    """Its condition: tables without a rowid are known by their keys."""
    keys = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")') if row[5]] or ["rowid"]
    rows = database.execute(f"SELECT {', '.join(keys)} FROM \"{table}\" WHERE {kind} ORDER BY 1").fetchall()
    return " AND ".join(f"{key} IS ?" for key in keys), chance.choice(rows)


def set_column(chance, table, column, way, kind):
    def edit(path):
        with opened(path) as database:
            where, key = any_row(chance, database, table, kind)
            old, = database.execute(f'SELECT "{column}" FROM "{table}" WHERE {where}', key).fetchone()
            others = [value for value, in database.execute(f'SELECT DISTINCT "{column}" FROM "{table}"') if value != old]
            if way == "other":
                new = chance.choice(others) if others else old + 1 if isinstance(old, int) else "khác"
            elif way == "kind":
                new = old.encode() if isinstance(old, str) else str(old) if isinstance(old, (int, float)) else 7 if old is None else old.hex()
            else:
                new = {"null": None, "zero": 0, "huge": 2**60, "text": "x", "blob": b"\0" * 32, "strange": "\ud7ff\0\x1b[2J"}[way]
            database.execute(f'UPDATE OR REPLACE "{table}" SET "{column}" = ? WHERE {where}', (new, *key))
    return f"{table}.{column} {way}" + f" where {kind}" * (kind != "1"), edit


def change_rows(chance, table, way, kind):
    def edit(path):
        with opened(path) as database:
            where, key = any_row(chance, database, table, kind)
            columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
            values = list(database.execute(f'SELECT * FROM "{table}" WHERE {where}', key).fetchone())
            if way == "taken":
                database.execute(f'DELETE FROM "{table}" WHERE {where}', key)
            elif way == "put in":
                values[0] = 10**6 if isinstance(values[0], int) else "9.999999" if isinstance(values[0], str) else b"\1" * 32
                values[1] = "khác" if table == "source" else b"\1" * 32 if table == "payload" else values[1]
                database.execute(f"INSERT INTO \"{table}\" VALUES ({', '.join('?' * len(values))})", values)
            else:
                other = any_row(chance, database, table)[1]
                values = [database.execute(f'SELECT * FROM "{table}" WHERE {where}', one).fetchone() for one in (key, other)]
                for row, one in zip(values[::-1], (key, other)):
                    rest = [name for name in columns if f"{name} IS" not in where and name not in ("id", "digest", "name", "key")]
                    if rest:
                        sets = ", ".join(f'"{name}" = ?' for name in rest)
                        database.execute(f'UPDATE "{table}" SET {sets} WHERE {where}', (*[row[columns.index(name)] for name in rest], *one))
    return f"{table} a row {way}" + f" where {kind}" * (kind != "1"), edit


def change_object(name, way):
    def edit(path):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            kind, sql = database.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
            if way == "dropped":
                database.execute(f'DROP {kind} "{name}"')
            else:
                database.execute("PRAGMA writable_schema = ON")
                database.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (re.sub(r"\b(1|0|=|TEXT)\b|$", "2", sql, count=1), name))
    return f"schema {name} {way}", edit


def put_in(sql):
    def edit(path):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute(sql)
    return f"schema {sql[:30]}", edit


def store_edits(chance, path):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        objects = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")]
        filled = [table for table in tables if database.execute(f'SELECT 1 FROM "{table}"').fetchone()]
        for table, kind in [(table, kind) for table in filled for kind in kinds_of(database, table)]:
            for row in database.execute(f'PRAGMA table_info("{table}")').fetchall():
                for way in ("other", "null", "kind", "zero", "huge", "text", "blob", "strange"):
                    yield set_column(chance, table, row[1], way, kind)
            for way in ("taken", "put in", "swapped"):
                yield change_rows(chance, table, way, kind)
    for name in objects:
        yield change_object(name, "dropped")
        yield change_object(name, "changed")
    yield from map(put_in, PUT_IN)
    for way in ("a byte", "some bytes", "zeroed", "another's", "swapped", "cut off", "put behind"):
        yield from [change_page(chance, way) for _ in range(40 if way == "a byte" else 8)]


def change_page(chance, way):
    def edit(path):
        data = bytearray(path.read_bytes())
        size = int.from_bytes(data[16:18], "big")
        pages = [data[at:at + size] for at in range(0, len(data), size)]
        one, other = (chance.randrange(0 if way.endswith(("byte", "bytes")) else 1, len(pages)) for _ in range(2))
        if way in ("a byte", "some bytes"):
            filled = [at for at in range(0 if one else 100, size) if pages[one][at]] or [0]
            for at in chance.sample(filled, min(len(filled), 1 if way == "a byte" else 8)):
                pages[one][at] ^= chance.randrange(1, 256)
        elif way == "zeroed":
            pages[one] = bytes(size)
        elif way == "another's":
            pages[one] = pages[other]
        elif way == "swapped":
            pages[one], pages[other] = pages[other], pages[one]
        elif way == "cut off":
            del pages[one:]
        else:
            pages.append(pages[one])
        path.write_bytes(b"".join(pages))
    return f"pages: {way}", edit


def beside(path, end):
    return path.with_name(path.name + end)


def part_of(path, name):
    """A file of a folder, or what lies beside a file; no name: the file itself."""
    return path / name if path.is_dir() else beside(path, name)


def change_byte(chance, name, pattern, what):
    """2^n: of a letter it may be the case alone."""
    def edit(path):
        path = part_of(path, name)
        data = bytearray(path.read_bytes())
        places = [found.start() for found in re.finditer(pattern, data)]
        if not places:
            raise LookupError(what)
        data[chance.choice(places)] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
    return f"{name}: {what}", edit


def change_file(chance, name, way):
    def edit(path):
        path = part_of(path, name)
        data, at = path.read_bytes(), 0
        lines = data.splitlines(keepends=True)
        if not lines:
            raise LookupError(way)
        at = chance.randrange(len(lines))
        if way == "gone":
            return path.unlink()
        if way == "a line twice":
            lines.insert(at, lines[at])
        elif way == "a line gone":
            del lines[at]
        elif way == "cut":
            lines = [data[:chance.randrange(len(data))]]
        elif way == "empty":
            lines = []
        else:
            at = chance.randrange(len(data) + 1)
            lines = [data[:at], chance.choice(STUFF), data[at:]]
        path.write_bytes(b"".join(lines))
    return f"{name}: {way}", edit


def members(value, path=()):
    if isinstance(value, (dict, list)):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield path + (name,)
            yield from members(one, path + (name,))


def change_member(chance, name, place, way):
    def edit(path):
        path = path / name
        document = json.loads(path.read_bytes())
        parent = document
        for part in place[:-1]:
            parent = parent[part]
        old = parent[place[-1]]
        if way == "gone":
            del parent[place[-1]]
        elif way == "beside":
            parent.update({chance.choice(("note", "approved", "Code")): old}) if isinstance(parent, dict) else parent.append(old)
        elif way == "near":
            parent[place[-1]] = old + 1 if isinstance(old, int) else old[:-1] if isinstance(old, (str, list)) else {}
        else:
            parent[place[-1]] = chance.choice([None, 0, 1.5, "", "x", [], {}, "2999-01-01", "abolished", ["0" * 64]])
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return f"{name or 'proof'} {'.'.join(map(str, place))} {way}", edit


def evidence_edits(chance, path):
    files = sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()) if path.is_dir() else [""]
    payloads = [name for name in files if name.startswith("payloads/")]
    for name in files:
        if name not in UNSEEN and name not in payloads[2:]:
            for what, pattern in CLASSES:
                yield change_byte(chance, name, pattern, what)
            for way in ("a line twice", "a line gone", "cut", "empty", "put in", "put in", *(["gone"] if name else [])):
                yield change_file(chance, name, way)
        if (name or path.name).endswith(".json") and name not in ("configuration.json", "rules.json"):
            for place in members(json.loads((path / name).read_bytes())):
                for way in ("gone", "near", "other", "beside"):
                    yield change_member(chance, name, place, way)


# ---- who needs no key ----

def change_detail(chance):
    """A member of an event's detail, which goes on being canonical."""
    def edit(path):
        with opened(path) as database:
            seq, detail = chance.choice(database.execute("SELECT seq, detail FROM ledger").fetchall())
            detail = json.loads(detail)
            place = chance.choice(list(members(detail)) or [("head",)])
            parent = detail
            for part in place[:-1]:
                parent = parent[part]
            values = [None, 0, 1, 1.5, 2**53, True, "", "x", "0" * 64, [], {}, {"size": 1, "root": "0" * 64}, "\u2028\ud7ff"]
            parent[place[-1]] = chance.choice(values)
            if chance.random() < 0.3:
                detail[chance.choice(NAMES)] = chance.choice(values)
            database.execute("UPDATE ledger SET detail = ? WHERE seq = ?", (canonical(detail).decode(), seq))
    return "ledger.detail a member", edit


def change_event(chance):
    """It becomes an event of another kind."""
    def edit(path):
        with opened(path) as database:
            where, key = any_row(chance, database, "ledger")
            database.execute(f"UPDATE ledger SET event = ? WHERE {where}", (chance.choice(EVENTS), *key))
    return "ledger.event another kind", edit


def made_anew(edit):
    name, change = edit

    def do(path):
        change(path)
        with Forger(types.SimpleNamespace(store=path)) as forger:
            forger.rebuild()
    return name + ", made anew", do


# ---- bytes of a store's files, whatever they mean ----

def journal_of(chance, data):
    """As a transaction that died leaves it: SQLite would put these pages back."""
    size = int.from_bytes(data[16:18], "big")
    nonce, count = chance.randrange(2**32), chance.randrange(4)
    head = bytes.fromhex("d9d505f920a163d7") + b"".join(number.to_bytes(4, "big") for number in (count, nonce, len(data) // size, 512, size))
    pages = b""
    for _ in range(count):
        number = chance.randrange(len(data) // size)
        page = bytearray(data[number * size:number * size + size])
        page[chance.randrange(size)] ^= 1 << chance.randrange(8)
        added = nonce + sum(page[at] for at in range(size - 200, 0, -200))
        pages += (number + 1).to_bytes(4, "big") + page + (added % 2**32).to_bytes(4, "big")
    return head.ljust(512, b"\0") + pages


def scrambled(chance, data):
    """Bytes in disorder: single ones, in a row, numbers of a page's head and of its cells, pieces moved, taken and put in."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 40))):
        way, at = chance.randrange(8), chance.randrange(len(data) or 1)
        if way < 2 or not data:
            data[at:at + 1] = bytes([chance.randrange(256)])
        elif way == 2:
            data[at:at + chance.choice((2, 4, 8))] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f" + b"\xff" * 7, chance.randbytes(4)))
        elif way in (3, 4):  # the first bytes of a page say what it is, where its cells are and which page comes next
            page = at // 4096 * 4096 + (100 if at < 4096 else 0)
            at = page + chance.randrange(12 if way == 3 else 60)
            data[at:at + 2] = chance.choice((chance.randbytes(2), b"\0\0", b"\xff\xff", (len(data) // 4096).to_bytes(2, "big")))
        elif way == 5:
            data[at:at + 4096] = chance.randbytes(len(data[at:at + 4096]))
        elif way == 6:
            other = chance.randrange(len(data))
            data[at:at + 4096] = data[other:other + 4096]
        else:
            del data[at:at + chance.choice((1, 24, 4096, 4120, len(data)))]
    return bytes(data)


def change_bytes(chance, end):
    """Of the store's own file, or what lies beside it."""
    def edit(path):
        target, data = beside(path, end), path.read_bytes()
        if end == "-journal":
            data = journal_of(chance, data)
            target.write_bytes(data if chance.random() < 0.5 else scrambled(chance, data))
        elif end == "-shm":
            target.write_bytes(chance.randbytes(32768))
        elif end == "head":  # the first page says what the file is
            at = chance.randrange(100)
            path.write_bytes(data[:at] + chance.choice((b"\0", b"\xff", chance.randbytes(1))) + data[at + 1:])
        elif end == "log's head":  # of the log, or of a page in it
            log = beside(path, "-wal")
            data, at = log.read_bytes(), chance.choice((0, 32 + 4120 * chance.randrange(4))) + chance.randrange(32)
            log.write_bytes(data[:at] + chance.randbytes(1) + data[at + 1:])
        else:
            target.write_bytes(scrambled(chance, target.read_bytes()))
    return f"bytes: {end or 'the file'}", edit


def byte_edits(chance, path, count):
    ends = ["", "", "head", "-journal", "-shm"] + ["-wal", "-wal", "log's head"] * beside(path, "-wal").exists()
    return [change_bytes(chance, chance.choice(ends)) for _ in range(count)]


def with_log(path, copy):
    """The store as a copy finds it beside a run: all of its pages in the log."""
    copy.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for words in ("PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0", "VACUUM"):
            database.execute(words)
        for end in ("", "-wal"):
            beside(copy, end).write_bytes(beside(path, end).read_bytes())
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode = DELETE")
    beside(copy, ".checkpoint").write_bytes(beside(path, ".checkpoint").read_bytes())
    return copy
