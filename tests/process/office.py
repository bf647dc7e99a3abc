"""An office where nothing is sent before somebody signed it: its people with their keys and certificates, and what they do."""

import contextlib
import glob
import json
import shutil
import subprocess
import tempfile

from harness import opened

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
A, B, C = "Nguyễn Thị A", "Trần Văn B", "Lê Thị C"


class Keys:
    """Keys of people, made once: a passphrase costs time by design."""

    folder = None

    @classmethod
    def of(cls, place):
        if cls.folder is None:
            cls.folder = tempfile.TemporaryDirectory(prefix="congkhai-keys-")
            for letter, name in zip("abc", (A, B, C)):
                Office.call(place, "audit", "key", f"{cls.folder.name}/{letter}", "--as", name, words=f"mật khẩu {letter}")
        shutil.copytree(cls.folder.name, place.folder / "keys", dirs_exist_ok=True)


class Office:
    """A place with people in it."""

    PEOPLE = [{"name": A, "role": "approver", "login": ["a"], "key": "keys/a.pub"},
              {"name": B, "role": "submitter", "login": ["b"], "key": "keys/b.pub"},
              {"name": C, "role": "approver", "login": ["c"], "key": "keys/c.pub"}]

    @staticmethod
    def call(place, *arguments, login="op", words=None, at=None, **options):
        environment = {**place.environment, "SUDO_USER": login}
        if at is not None:  # seconds from now, by the program's clock
            environment.update(LD_PRELOAD=FAKETIME, FAKETIME=f"{at:+d}s")
        with contextlib.ExitStack() as stack:
            if words is not None:
                options["stdin"] = stack.enter_context(tempfile.TemporaryFile())
                options["stdin"].write(words.encode() + b"\n")
                options["stdin"].seek(0)
            return place.run(*arguments, env=environment, **options)

    def setUp(self):
        super().setUp()
        Keys.of(self.place)
        self.scope()

    def scope(self, scope="all", people=None, **changes):
        self.place.configure(approval={"scope": scope, "people": people or self.PEOPLE, "expires": "5d", **changes})

    def run_as(self, *arguments, **options):
        return self.call(self.place, *arguments, **options)

    def night(self, *records, code=1, **options):
        if records:
            self.place.records(*records)
        return self.expect(self.run_as("run", **options), code)

    def submit(self, *options, code=0, login="b", name=B, **rest):
        return self.expect(self.run_as("submit", "--as", name, *options, login=login, **rest), code)

    def approve(self, number=1, *options, code=0, letter="a", name=A, **rest):
        done = self.run_as("approve", str(number), "--as", name, "--key", self.place.folder / "keys" / letter, *options,
                           **{"login": letter, "words": f"mật khẩu {letter}", **rest})
        return self.expect(done, code)

    def send_back(self, number=1, *options, code=0, reason="Tên chưa đúng quyết định", **rest):
        done = self.run_as("send-back", str(number), "--as", A, "--reason", reason, *options, **{"login": "a", **rest})
        return self.expect(done, code)

    def events(self, *names):
        marks = ", ".join("?" for _ in names)
        return [(event, code, json.loads(detail)) for event, code, detail in self.place.sql(
            f"SELECT event, code, detail FROM audit_events WHERE event IN ({marks}) ORDER BY seq", *names)]

    def sent(self):
        return self.portal.effect_counts()

    def store(self):
        return opened(self.place.store)


class Certified(Office):
    """Its approver has a certificate made with openssl, and signs with openssl cms."""

    @staticmethod
    def openssl(folder, *arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    @classmethod
    def authority(cls, folder, name):
        cls.openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                    "-days", "3650", "-subj", f"/C=VN/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        (folder / f"{name}.txt").write_text("")
        (folder / f"{name}.cnf").write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndir=.\ndatabase={name}.txt\nnew_certs_dir=.\nserial={name}.srl\ncertificate={name}.pem\n"
            f"private_key={name}.key\ndefault_md=sha256\npolicy=p\ncrlnumber={name}.crl.srl\nunique_subject=no\n[p]\n"
            "commonName=supplied\n[e]\nkeyUsage=critical,digitalSignature,nonRepudiation\nbasicConstraints=CA:false\n")
        (folder / f"{name}.srl").write_text("1000\n")
        (folder / f"{name}.crl.srl").write_text("01\n")

    @classmethod
    def certificate(cls, folder, name, authority="ca", days="365"):
        cls.openssl(folder, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        cls.openssl(folder, "ca", "-batch", "-config", f"{authority}.cnf", "-extensions", "e", "-days", days, "-in",
                    f"{name}.csr", "-out", f"{name}.pem", "-notext")

    def sign(self, number=1, signer="head", form="DER", text=None, more=()):
        folder = self.place.folder
        words = text or self.expect(self.run_as("plan", "--list", str(number)), 0).stdout
        (folder / "list.txt").write_bytes(words.encode())
        self.openssl(folder, "cms", "-sign", "-binary", "-in", "list.txt", "-signer", f"certificates/{signer}.pem", "-inkey",
                     f"certificates/{signer}.key", "-outform", form, "-out", "list.p7s", *more)

    def hand_in(self, number=1, code=0, *words, **options):
        done = self.run_as("approve", str(number), "--as", A, "--signature", self.place.folder / "list.p7s",
                           **{"login": "a", **options})
        return self.expect(done, code, *words)
