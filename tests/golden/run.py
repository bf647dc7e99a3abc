#!/usr/bin/env python3
"""Golden cases: input, configuration, what must come of it. Adding one needs no C: a folder here with

    congkhai.yaml    the configuration; PORTAL in it becomes the simulator's URL
    (any input)      as the configuration names it
    expected.json    what must come of it; all but "exit" may be left out
        exit         the exit code
        command      ["run"] when absent
        procedures   code: the canonical procedure that the portal holds in the end; all of them
        rejections   [source key, rule, field] of all errors and warnings, in any order
        held         source keys that were held
        messages     regular expressions, each found in what the program said or in a rejection's words

    tests/golden/run.py [NAME...]            runs all, or those whose names contain NAME
    tests/golden/run.py --accept NAME...     writes what is seen into expected.json: read it before you believe it

The bytes that the portal received are compared with an independent writer of RFC 8785, and their digests with the store's.
"""

import hashlib
import json
import pathlib
import re
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "process"))
from harness import Place, Simulator  # noqa: E402


def canonical(value):
    """RFC 8785 for what canonical procedures hold: texts, integers, ASCII names."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def look(case, portal):
    """Runs a case; gives what came of it, and faults that no expectation allows."""
    expected = {}
    if (case / "expected.json").exists():
        expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    faults = []
    portal.reset()
    with Place(portal) as place:
        shutil.rmtree(place.folder)
        shutil.copytree(case, place.folder)
        path = place.folder / "congkhai.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("PORTAL", portal.url), encoding="utf-8")
        done = place.run("--language", "en", *expected.get("command", ["run"]))
        words = [done.stdout, done.stderr]
        seen = {"exit": done.code}
        if place.store.exists():
            rows = place.sql("SELECT source_key, rule, coalesce(field, '') FROM audit_rejections")
            seen["rejections"] = sorted(map(list, rows))
            seen["held"] = sorted(key for key, in place.sql("SELECT source_key FROM audit_records WHERE outcome = 'held'"))
            words += [message for message, in place.sql("SELECT message FROM audit_rejections")]
            stored = dict(place.sql("SELECT code, content_digest FROM audit_current"))
        else:
            stored = {}
    seen["procedures"] = {}
    for entry in portal.ask("GET", "/_control/held?content=1"):
        code, bytes_sent = entry["code"], entry["content"]
        seen["procedures"][code] = json.loads(bytes_sent)
        if bytes_sent != canonical(json.loads(bytes_sent)):
            faults.append(f"{code}: its bytes are not RFC 8785:\n    {bytes_sent}")
        if stored.get(code) != hashlib.sha256(bytes_sent.encode()).hexdigest():
            faults.append(f"{code}: the store's digest {stored.get(code)} is not that of the bytes that were sent")
    for pattern in expected.get("messages", []):
        if not re.search(pattern, "\n".join(words), re.S):
            faults.append(f"nobody said /{pattern}/ in\n    " + "\n    ".join(words))
    return expected, seen, faults, done


def compare(expected, seen):
    for name in ("exit", "rejections", "held"):
        wanted = expected.get(name)
        wanted = sorted(wanted) if isinstance(wanted, list) else wanted
        if wanted is not None and wanted != seen.get(name):
            yield f"{name}: {json.dumps(seen.get(name), ensure_ascii=False)}\n    not {json.dumps(wanted, ensure_ascii=False)}"
    if "procedures" in expected:
        for code in sorted({*expected["procedures"], *seen["procedures"]}):
            yield from differences(code, expected["procedures"].get(code), seen["procedures"].get(code))


def differences(where, wanted, found):
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in sorted({*wanted, *found}):
            yield from differences(f"{where}.{name}", wanted.get(name), found.get(name))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for at, pair in enumerate(zip(wanted, found)):
            yield from differences(f"{where}[{at}]", *pair)
    elif wanted != found or type(wanted) is not type(found):
        yield (f"{where} is {json.dumps(found, ensure_ascii=False)}\n"
               f"    not {json.dumps(wanted, ensure_ascii=False)}")


def accept(case, expected, seen):
    kept = {name: expected[name] for name in ("command", "messages") if name in expected}
    if expected.get("command", ["run"]) == ["check"]:
        seen = {"exit": seen["exit"]}
    text = json.dumps({**kept, **seen}, ensure_ascii=False, indent=1)
    text = re.sub(r"\[\s+(\"[^\[\]\n]*\"),\s+(\"[^\[\]\n]*\"),\s+(\"[^\[\]\n]*\")\s+\]", r"[\1, \2, \3]", text)
    (case / "expected.json").write_text(text + "\n", encoding="utf-8")


def main():
    names = [name for name in sys.argv[1:] if not name.startswith("--")]
    cases = sorted(path.parent for path in HERE.glob("*/congkhai.yaml"))
    cases = [case for case in cases if not names or any(name in case.name for name in names)]
    failed = 0
    with Simulator() as portal:
        for case in cases:
            try:
                expected, seen, faults, done = look(case, portal)
            except AssertionError as broken:
                failed += 1
                print(f"FAIL {case.name}\n  {broken}")
                continue
            if "--accept" in sys.argv:
                accept(case, expected, seen)
                print(f"{case.name}: {seen['exit']}, {len(seen['procedures'])} procedures")
                continue
            if "exit" not in expected:
                faults.append("expected.json is missing or names no exit code")
            faults += compare(expected, seen)
            if faults:
                failed += 1
                print(f"FAIL {case.name}\n  " + "\n  ".join(faults) + f"\n  {done}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
