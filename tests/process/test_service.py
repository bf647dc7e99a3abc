"""The service: what `make install` puts where, what the units ask of systemd, what the package does (INTERFACE §11)."""

import configparser
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.request

from harness import BUILD, PROGRAM, ROOT, SANITIZED, Night, procedure, slow

OFFLINE = shutil.which("systemd-analyze")
PACKAGES = all(map(shutil.which, ("dpkg-buildpackage", "dh", "lintian")))


def unit(path):
    """A unit as {section: {name: [values]}}."""
    found, section = {}, None
    for line in path.read_text().splitlines():
        if re.fullmatch(r"\[\w+\]", line):
            section = found.setdefault(line[1:-1], {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            section.setdefault(name, []).append(value)
    return found


@unittest.skipIf(SANITIZED, "the same files in every build")
class Installed(Night):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="congkhai-install-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        subprocess.run(["make", "-s", "-C", ROOT, f"BUILD={BUILD.relative_to(ROOT)}", f"DESTDIR={cls.root}", "PREFIX=/usr",
                        "SYSTEMD=/lib/systemd/system", "install"], check=True, env={**os.environ, "MAKEFLAGS": ""})
        cls.units = cls.root / "lib/systemd/system"

    def test_each_thing_has_its_place(self):
        for path in ("bin/congkhai", "share/man/man1/congkhai.1", "share/man/vi/man1/congkhai.1",
                     "share/bash-completion/completions/congkhai", "share/locale/vi/LC_MESSAGES/congkhai.mo",
                     "share/congkhai/rules/nd63.yaml", "share/congkhai/codes/holidays.csv", "share/congkhai/verify-ledger",
                     "share/congkhai/night-failed", "share/doc/congkhai/README.md", "lib/sysusers.d/congkhai.conf",
                     "lib/tmpfiles.d/congkhai.conf"):
            self.assertTrue((self.root / "usr" / path).is_file(), path)
        self.assertEqual(sorted(path.name for path in self.units.iterdir()),
                         ["congkhai-console.service", "congkhai-console.socket", "congkhai-failed.service", "congkhai.service",
                          "congkhai.timer"])
        for path in self.root.rglob("*"):
            self.assertFalse(path.is_file() and path.stat().st_mode & 0o022, path)

    def test_the_units_name_what_is_installed(self):
        for path in self.units.glob("*.service"):
            program = unit(path)["Service"]["ExecStart"][0].split()[0]
            self.assertTrue(os.access(self.root / program[1:], os.X_OK), program)
            for document in re.findall(r"file:(\S+)", path.read_text()):
                self.assertTrue((self.root / document[1:]).is_file(), document)

    def test_the_units_own_command_line_is_a_night(self):
        service = unit(self.units / "congkhai.service")["Service"]
        self.assertEqual(service["SuccessExitStatus"], ["1"])
        command = service["ExecStart"][0].split()
        arguments = [str(self.place.folder / "congkhai.yaml") if word == "/etc/congkhai/congkhai.yaml" else word
                     for word in command[1:]]
        self.place.change_portal(auth={"bearer": "${credential:portal-token}"})
        name, _, _ = service["LoadCredential"][0].partition(":")
        self.place.write(f"credentials/{name}", "a-token\n")
        self.place.records(procedure("1.000001"))
        environment = {**self.place.environment, "CREDENTIALS_DIRECTORY": str(self.place.folder / "credentials")}
        done = subprocess.run([self.root / command[0][1:], *arguments], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(self.place.one("SELECT published FROM audit_runs"), 1)

    def test_the_socket_that_is_handed_over_outlives_the_pages(self):
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("--quiet", "run"), 0)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            number = listening.fileno()
            command = (f'exec 3<&{number}; export LISTEN_FDS=1 LISTEN_PID=$$; '
                       f'exec {PROGRAM} --config "{self.place.folder}/congkhai.yaml" --quiet console')
            for _ in range(2):
                pages = subprocess.Popen(["/bin/sh", "-c", command], pass_fds=[number])
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout=60) as answer:
                        self.assertEqual(answer.status, 200)
                finally:
                    pages.terminate()
                    self.assertEqual(pages.wait(), 0)

    @unittest.skipUnless(OFFLINE, "needs systemd-analyze")
    def test_systemd_reads_the_units_and_finds_them_closed(self):
        names = [path.name for path in self.units.glob("*.service")]
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", f"--root={self.root}", *names], capture_output=True, text=True)
        ours = [line for line in done.stderr.splitlines() if "congkhai" in line and "Failed to create" not in line]
        self.assertEqual(ours, [], done.stderr)
        for name, most in (("congkhai", 2.0), ("congkhai-console", 2.0)):
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", self.units / f"{name}.service"],
                                  capture_output=True, text=True, check=True)
            level = re.search(r"exposure level for \S+ ([\d.]+)", done.stdout)
            self.assertLess(float(level[1]), most, done.stdout)

    def test_the_sandbox_of_the_program_is_let_in(self):
        for name in ("congkhai", "congkhai-console"):
            allowed = set(" ".join(unit(self.units / f"{name}.service")["Service"]["SystemCallFilter"]).split())
            self.assertLessEqual({"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"}, allowed)

    def test_what_is_built_with_is_asked_for_by_the_package(self):
        wanted = set(re.findall(r"\blib[\w+.-]+-dev\b|zlib1g-dev|unixodbc-dev", (ROOT / "scripts/setup").read_text()))
        control = configparser.RawConfigParser()
        control.read_string("[s]\n" + (ROOT / "debian/control").read_text().split("\n\n")[0])
        given = {name.strip() for name in control["s"]["build-depends"].split(",")}
        self.assertEqual({name for name in wanted if not name.startswith("libclang")} - given, set())


@slow
@unittest.skipIf(SANITIZED or not PACKAGES, "needs dpkg-buildpackage, debhelper and lintian")
class Package(unittest.TestCase):
    def test_it_builds_and_lintian_has_nothing_to_say(self):
        with tempfile.TemporaryDirectory(prefix="congkhai-package-") as folder:
            environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "BUILD", "CFLAGS")}
            done = subprocess.run([ROOT / "scripts/package", folder], capture_output=True, text=True, env=environment)
            self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
            package = next(path for path in pathlib.Path(folder).glob("congkhai_*.deb"))
            subprocess.run(["dpkg-deb", "--raw-extract", package, f"{folder}/x"], check=True)
            control = pathlib.Path(folder, "x/DEBIAN")
            self.assertEqual((control / "conffiles").read_text(), "/etc/default/congkhai\n")
            scripts = "".join((control / name).read_text() for name in ("postinst", "prerm", "postrm"))
            self.assertNotRegex(scripts, r"rm .*(var/lib|etc)/congkhai|deluser|userdel")
            if os.geteuid() == 0:
                done = subprocess.run([ROOT / "scripts/try-package", package], capture_output=True, text=True, env=environment)
                self.assertIn(done.returncode, (0, 77), done.stdout + done.stderr)
            for page in ("man/man1", "man/vi/man1"):
                self.assertTrue(pathlib.Path(folder, f"x/usr/share/{page}/congkhai.1.gz").is_file())


if __name__ == "__main__":
    unittest.main()
