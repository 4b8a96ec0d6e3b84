#!/usr/bin/env python3
"""Installation: what lies where, what shells and systemd get, and Debian's packages.
install_test.py PROGRAMS_FOLDER SOURCES [UNITTEST OPTION...]"""
import glob
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from fleet import NO_ENGINE
from fleet_case import FleetCase, main

SOURCES = None
TIERS = ("central", "region", "site")
PROGRAMS = ("skerry", *(f"skerry-{tier}" for tier in TIERS))
SITE_BYTES_MAX = 3_300_000  # what is aimed at, and what it is made of: docs/figures.md
# Of `systemd-analyze security`: 10 is bare, 0 is locked in.
EXPOSURE_MAX = 3.0


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **more)


def must(*words, **more):
    done = run(*words, **more)
    assert done.returncode == 0, (words, done)
    return done.stdout


def is_release(build):
    with open(build + "/CMakeCache.txt", encoding="utf-8") as cache:
        return "CMAKE_BUILD_TYPE:STRING=Release\n" in cache.read()


class Installed(FleetCase):
    """A tree as `cmake --install` makes it, once for all tests."""
    prefix = None

    @classmethod
    def setUpClass(cls):
        cls.build = os.path.dirname(os.path.abspath(sys.argv[1]))
        cls.top = tempfile.mkdtemp(prefix="skerry-install-")
        cls.addClassCleanup(shutil.rmtree, cls.top)
        cls.prefix = cls.top + "/usr"
        must("cmake", "--install", cls.build, "--prefix", cls.prefix, "--strip")

    def path(self, *parts):
        return os.path.join(self.prefix, *parts)

    def test_every_program_lies_where_it_is_looked_for_and_runs_from_there(self):
        for program in PROGRAMS:
            self.assertIn(" 0.", must(self.path("bin", program), "version"))
        self.assertEqual(sorted(os.listdir(self.path("bin"))), sorted(PROGRAMS))
        done = run(self.path("bin/skerry-site"), "doctor", "--data", self.top + "/data",
                   "--engine", NO_ENGINE)
        keeper = [line for line in done.stdout.splitlines() if " keeper " in line]
        self.assertIn("ok", keeper[0].split()[0])
        self.assertIn("libexec/skerry/skerry-keeper", keeper[0])
        for part in ("doc/skerry/guides/install.md", "doc/skerry/examples/pos.yaml"):
            self.assertTrue(os.path.exists(self.path("share", part)), part)

    def test_a_site_is_small_enough_for_a_small_box(self):
        if not is_release(self.build):
            self.skipTest("not a release build")
        size = os.path.getsize(self.path("bin/skerry-site"))
        self.assertLessEqual(size, SITE_BYTES_MAX)

    def test_manual_pages_have_every_verb_and_are_sound(self):
        for program in PROGRAMS:
            section = 1 if program == "skerry" else 8
            page = self.path(f"share/man/man{section}/{program}.{section}")
            if shutil.which("man"):
                done = run("man", "--warnings", "--local-file", page,
                           env={**os.environ, "MANWIDTH": "90", "LC_ALL": "C.UTF-8"})
                self.assertEqual(done.stderr, "")
                text = done.stdout
            else:
                with open(page, encoding="utf-8") as file:
                    text = file.read().replace("\\-", "-")
            for verb in (["apply", "token create"] if section == 1 else ["serve", "doctor"]):
                self.assertIn(f"{program} {verb}", text)

    def commands(self):
        """(guide, words) of every command of ours in the guides."""
        for guide in glob.glob(self.path("share/doc/skerry/guides/*.md")):
            with open(guide, encoding="utf-8") as file:
                lines = file.read().splitlines()
            blocks = [line.strip() for line in lines if line.startswith("    ")]
            inline = [part for line in lines if not line.startswith("    ")
                      for part in re.findall(r"`(skerry[^`]*)`", line)]
            for command in blocks + inline:
                words = shlex.split(command, comments=True)
                ends = [words.index(mark) for mark in ("|", ">", "&&") if mark in words]
                words = words[:min(ends, default=len(words))]
                if words and words[0] in PROGRAMS and len(words) > 1:
                    yield os.path.basename(guide), words

    def test_every_command_of_the_guides_is_one_that_the_programs_know(self):
        helps, seen = {}, 0
        def help_of(*words):
            if words not in helps:
                done = run(self.path("bin", words[0]), *words[1:], "--help")
                helps[words] = done.stdout if done.returncode == 0 else ""
            return helps[words]
        for guide, (program, *words) in self.commands():
            told = f"{guide}: {program} {' '.join(words)}"
            if words[0].startswith("-") or words[0] in ("x", "site.service"):
                continue
            text = help_of(program, words[0])
            self.assertTrue(text, told)
            if "Subcommands:" in text:
                text += help_of(program, words[0], words[1])
                self.assertTrue(help_of(program, words[0], words[1]), told)
            for option in [word.split("=")[0] for word in words if word.startswith("-")]:
                if option != "-":
                    self.assertIn(option, text + help_of(program), told)
            seen += 1
        self.assertGreater(seen, 60)

    # ---- Shells ------------------------------------------------------------------------------

    def complete(self, *words):
        script = self.path("share/bash-completion/completions/skerry")
        typed = " ".join(f"'{word}'" for word in words)
        return must("bash", "-c", f"source {script}; COMP_WORDS=({typed}); "
                    f"COMP_CWORD={len(words) - 1}; _skerry; echo \"${{COMPREPLY[*]}}\"").split()

    def test_bash_completes_verbs_options_and_values(self):
        self.assertIn("token", self.complete("skerry", "to"))
        self.assertEqual(self.complete("skerry", "token", "rev"), ["revoke"])
        self.assertIn("--ttl", self.complete("skerry", "--socket", "x", "token", "create", "--t"))
        self.assertIn("--socket", self.complete("skerry", "apply", "--so"))
        self.assertEqual(self.complete("skerry", "get", "sites", "-o", "j"), ["json"])
        self.assertEqual(self.complete("skerry", "completion", "z"), ["zsh"])
        self.assertNotIn("manual", self.complete("skerry", ""))

    def test_zsh_and_fish_understand_their_scripts(self):
        for shell, folder, name in (("zsh", "zsh/vendor-completions", "_{}"),
                                    ("fish", "fish/vendor_completions.d", "{}.fish")):
            for program in PROGRAMS:
                script = self.path("share", folder, name.format(program))
                self.assertTrue(os.path.exists(script))
                if shutil.which(shell):
                    must(shell, "-n", script)
        if shutil.which("fish"):
            script = self.path("share/fish/vendor_completions.d/skerry.fish")
            offered = must("fish", "--no-config", "--command",
                           f"source {script}; complete --do-complete 'skerry token cr'")
            self.assertTrue(offered.startswith("create\t"), offered)

    def test_a_shell_that_is_not_known_is_refused(self):
        for program in PROGRAMS:
            self.assertEqual(run(self.path("bin", program), "completion", "tcsh").returncode, 2)

    # ---- The service manager -----------------------------------------------------------------

    def test_services_are_what_systemd_expects(self):
        units = [self.path(f"lib/systemd/system/skerry-{tier}.service") for tier in TIERS]
        for tier, path in zip(TIERS, units):
            with open(path, encoding="utf-8") as file:
                unit = file.read()
            self.assertIn(f"\nExecStart={self.prefix}/bin/skerry-{tier} serve --data "
                          f"/var/lib/skerry/{tier}\n", unit)
            self.assertIn("\nType=notify\n", unit)
            self.assertIn("\nKillMode=process\n", unit)
        if not shutil.which("systemd-analyze"):
            return
        done = run("systemd-analyze", "verify", "--man=no", *units)
        ours = [line for line in done.stderr.splitlines() if "skerry" in line]
        self.assertEqual(ours, [])
        for tier in ("central", "region"):
            said = must("systemd-analyze", "security", "--offline=true", "--no-pager",
                        self.path(f"lib/systemd/system/skerry-{tier}.service"))
            level = said.split("Overall exposure level for")[1].split(":")[1].split()[0]
            self.assertLessEqual(float(level), EXPOSURE_MAX)

    def test_a_daemon_tells_its_manager_when_it_is_ready_and_when_it_stops(self):
        for name in (self.fleet.folder + "/notify", f"\0skerry-install-{os.getpid()}"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(name)
                manager.settimeout(30)
                self.fleet.environment["NOTIFY_SOCKET"] = name.replace("\0", "@")
                central = self.fleet.begin_central(f"central{ord(name[0])}")
                self.assertEqual(manager.recv(256), b"READY=1")
                central.stop()
                self.assertEqual(manager.recv(256), b"STOPPING=1")
                del self.fleet.environment["NOTIFY_SOCKET"]

    def test_the_group_may_reach_the_admin_socket_and_nothing_beside_it(self):
        central = self.fleet.begin_central()
        self.assertEqual(os.stat(central.data).st_mode & 0o777, 0o710)
        self.assertEqual(os.stat(central.socket).st_mode & 0o777, 0o660)
        self.assertEqual(os.stat(central.data + "/identity").st_mode & 0o077, 0)


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("dpkg-shlibdeps"):
            raise unittest.SkipTest("dpkg-dev is not installed")
        cls.top = tempfile.mkdtemp(prefix="skerry-packages-")
        cls.addClassCleanup(shutil.rmtree, cls.top)
        cls.packages = cls.make("first")

    @classmethod
    def make(cls, name):
        build = os.path.dirname(os.path.abspath(sys.argv[1]))
        must(SOURCES + "/scripts/package", "--build", build, "--out", f"{cls.top}/{name}",
             env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
        found = glob.glob(f"{cls.top}/{name}/*.deb")
        return {os.path.basename(path).split("_")[0]: path for path in found}

    def test_there_is_one_package_per_tier_and_one_for_the_client(self):
        self.assertEqual(sorted(self.packages), sorted(PROGRAMS))
        for name, path in self.packages.items():
            fields = must("dpkg-deb", "--field", path)
            self.assertIn(f"Package: {name}\n", fields)
            self.assertIn("libssl3" if name != "skerry" else "libcapnp", fields)
            self.assertNotIn("-dev", fields)
            listed = must("dpkg-deb", "--contents", path)
            self.assertNotIn("/etc/", listed)
            for line in listed.splitlines():
                self.assertIn(" root/root ", line)

    def test_an_architecture_that_cannot_be_made_is_refused_with_those_that_can(self):
        for words in (("--arch", "mips"), ("--arch",), ("--check", "--arch", "riscv64")):
            done = run(SOURCES + "/scripts/package", *words)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("[--arch amd64|arm64]", done.stderr)
        # Without a cross compiler it says what to install.
        bare = run(SOURCES + "/scripts/package", "--arch", "arm64",
                   env={"PATH": self.bare_path()})
        self.assertEqual(bare.returncode, 1, bare)
        self.assertIn("apt install g++-aarch64-linux-gnu", bare.stderr)

    def bare_path(self):
        """Of what the script asks before it looks for a compiler."""
        folder = tempfile.mkdtemp(dir=self.top)
        for name in ("bash", "env", "dirname", "sed"):
            os.symlink(shutil.which(name), f"{folder}/{name}")
        with open(folder + "/dpkg", "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho amd64\n")
        os.chmod(folder + "/dpkg", 0o755)
        os.symlink("/bin/sh", folder + "/sh")
        return folder

    def test_the_same_programs_make_the_same_packages(self):
        digests = [{name: hashlib.sha256(open(path, "rb").read()).hexdigest()
                    for name, path in packages.items()}
                   for packages in (self.packages, self.make("second"))]
        self.assertEqual(*digests)

    def in_a_copy_of_this_machine(self, script):
        """Runs it where everything it changes is forgotten: mounts and root are its own."""
        mounts = ("set -e; mount -t tmpfs none \"$0\"; cd \"$0\"; mkdir u w m; mount -t overlay "
                  "-o lowerdir=/,upperdir=\"$0/u\",workdir=\"$0/w\" none m; mount -t proc none "
                  "m/proc; mount --bind /dev m/dev; mount -t tmpfs none m/run; mount -t tmpfs "
                  "none m/var/lib/skerry 2>/dev/null || true; mkdir m/debs; cp \"$1\"/*.deb "
                  "m/debs; exec chroot m sh -euc \"$2\"")
        place = tempfile.mkdtemp(dir=self.top)
        return run("unshare", "--mount", "--pid", "--fork", "sh", "-c", mounts, place,
                   self.top + "/first", script)

    def test_packages_install_serve_stay_when_removed_and_go_when_purged(self):
        if run("unshare", "--mount", "true").returncode != 0:
            self.skipTest("no mounts of one's own here")
        done = self.in_a_copy_of_this_machine("""
            dpkg --install /debs/*.deb >/dev/null
            getent group skerry >/dev/null
            for program in skerry skerry-central skerry-region skerry-site; do
              $program version
            done
            skerry-site doctor --engine /none || true
            skerry-central init --name shop
            skerry-central serve --listen 127.0.0.1:0 2>/dev/null &
            for i in $(seq 100); do [ -S /var/lib/skerry/central/admin.sock ] && break
              sleep 0.1; done
            sleep 0.3; skerry status
            stat --format '%a %G' /var/lib/skerry/central/admin.sock
            dpkg --install /debs/*.deb >/dev/null; kill -0 $!
            dpkg --remove skerry skerry-central skerry-region skerry-site >/dev/null
            kill -0 $!; echo still serving; kill $!; wait
            dpkg --purge skerry-central
            test -e /var/lib/skerry/central/identity/chain.pem
        """)
        self.assertEqual(done.returncode, 0, done)
        for part in ("skerry-site 0.", "/usr/libexec/skerry/skerry-keeper", "central", "660 skerry",
                     "still serving", "/var/lib/skerry/central is kept"):
            self.assertIn(part, done.stdout)


if __name__ == "__main__":
    SOURCES = sys.argv.pop(2)
    main()
