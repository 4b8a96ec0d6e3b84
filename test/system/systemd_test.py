#!/usr/bin/env python3
"""The packages on a machine that systemd runs: a copy of this one, in a container.
systemd_test.py PROGRAMS_FOLDER SOURCES [UNITTEST OPTION...]"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import podman
from fleet import end_orderly, eventually
from fleet_case import SKIPPED

SOURCES = None
FLEET = """
kind: Tenant
name: acme
---
kind: Region
name: north
---
kind: Site
name: oslo
region: north
labels: { shop: "yes" }
---
kind: Application
name: pos
tenant: acme
services:
  till:
    command: ["/bin/sleep", "99999"]
    x-skerry: { kind: process }
placement: { sites: "shop = yes" }
"""


def must(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **more)
    assert done.returncode == 0, (words, done)
    return done.stdout


class Machine:
    """Its files are this machine's, and what it changes is gone with it."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="skerry-systemd-", dir="/var/tmp")
        must("mount", "-t", "tmpfs", "none", self.top)
        for name in ("upper", "work", "root", "podman"):
            os.mkdir(f"{self.top}/{name}")
        root = self.top + "/root"
        must("mount", "-t", "overlay", "-o", f"lowerdir=/,upperdir={self.top}/upper,"
             f"workdir={self.top}/work", "none", root)
        for name in ("tmp", "run", "var/lib/skerry"):
            os.makedirs(f"{root}/{name}", exist_ok=True)
            must("mount", "-t", "tmpfs", "none", f"{root}/{name}")
        self.podman = ["podman", "--root", self.top + "/podman/root", "--runroot",
                       self.top + "/podman/run", "--cgroup-manager", "cgroupfs"]
        self.name = f"skerry-systemd-{os.getpid()}"
        self.run = [*self.podman, "exec", "-i", self.name]
        self.root = root

    def boot(self):
        must(*self.podman, "run", "--detach", "--name", self.name, "--systemd=always", "--network",
             "host", "--privileged", "--log-driver", "k8s-file", "--ulimit", "nofile=8192:8192",
             "--ulimit", "nproc=4096:4096", "--rootfs", self.root, "/lib/systemd/systemd")
        eventually(lambda: self.sh("systemctl is-system-running || true").strip()
                   in ("running", "degraded"), "systemd runs", 60)

    def sh(self, script, feed=None):
        return must(*self.run, "sh", "-euc", script, input=feed)

    def close(self):
        subprocess.run([*self.podman, "rm", "--force", "--time", "0", self.name],
                       capture_output=True, check=False)
        for name in ("root/var/lib/skerry", "root/run", "root/tmp", "root", ""):
            subprocess.run(["umount", "--lazy", f"{self.top}/{name}"], check=False)
        shutil.rmtree(self.top)


class SystemdTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Machine()
        cls.addClassCleanup(cls.machine.close)
        build = os.path.dirname(os.path.abspath(sys.argv[1]))
        must(SOURCES + "/scripts/package", "--build", build, "--out", cls.machine.root + "/tmp")
        assert len(glob.glob(cls.machine.root + "/tmp/*.deb")) == 4
        os.mkdir(cls.machine.root + "/debs")
        for path in glob.glob(cls.machine.root + "/tmp/*.deb"):
            shutil.move(path, cls.machine.root + "/debs")
        cls.machine.boot()

    def sh(self, script, feed=None):
        return self.machine.sh(script, feed)

    def state(self, tier, word="is-active"):
        return self.sh(f"systemctl {word} skerry-{tier} || true").strip()

    def skerry(self, words, feed=None):
        return self.sh("skerry --socket /var/lib/skerry/central/admin.sock " + words, feed)

    def begin_upper_tiers(self):
        self.sh("skerry-central init --name shops --advertise 127.0.0.1:443")
        self.sh("systemctl enable --now skerry-central")
        self.skerry("apply -f -", FLEET)
        self.skerry("token create region north -o name >/srv/north.token")
        self.assertIn("next: systemctl enable --now skerry-region",
                      self.sh("skerry-region join @/srv/north.token"))
        self.sh("mkdir /etc/systemd/system/skerry-region.service.d; cat >"
                "/etc/systemd/system/skerry-region.service.d/address.conf",
                "[Service]\nExecStart=\nExecStart=/usr/bin/skerry-region serve "
                "--listen 127.0.0.1:444\n")
        self.sh("systemctl daemon-reload; systemctl enable --now skerry-region")
        self.skerry("wait region north --for online")

    def till(self):
        """The process of the application."""
        return self.sh("pgrep --full '^/bin/sleep 99999'").strip()

    def test_a_site_is_installed_joined_restarted_upgraded_and_left(self):
        self.sh("dpkg --install /debs/*.deb >/dev/null")
        for tier in ("central", "region", "site"):
            self.assertEqual(self.state(tier, "is-enabled"), "disabled")
        self.sh("systemctl start skerry-site")  # has no identity: nothing happens
        self.assertEqual(self.state("site"), "inactive")
        self.begin_upper_tiers()
        self.skerry("token create site oslo -o name >/srv/oslo.token")
        joined = eventually(self.join, "the region heard of the token")
        self.assertIn("started: skerry-site.service serves, now and after every boot", joined)
        self.assertEqual(self.state("site", "is-enabled"), "enabled")
        self.skerry("wait app pos --for healthy")
        self.assertIn("the service skerry-site.service starts it", self.sh("skerry-site doctor"))
        self.survive(self.till())
        self.sh("skerry-site leave")
        self.assertEqual(self.state("site", "is-enabled"), "disabled")
        self.assertEqual(self.state("site"), "inactive")
        self.assertEqual(self.sh("pgrep --full '^/bin/sleep 99999' || true"), "")

    def join(self):
        try:
            return self.sh("skerry-site join - --host counter </srv/oslo.token")
        except AssertionError:
            return None

    def survive(self, till):
        """Whatever happens to the controller, its application runs on."""
        pid = "systemctl show --property MainPID --value skerry-site"
        for what in ("systemctl restart skerry-site", f"kill -KILL $({pid})",
                     "dpkg --install /debs/*.deb >/dev/null"):
            daemon = self.sh(pid)
            self.sh(what)
            eventually(lambda d=daemon: self.sh(pid) not in (d, "0\n") and
                       self.state("site") == "active", f"it is back after {what}")
            self.assertEqual(self.till(), till, what)
        self.sh("systemctl stop skerry-site")
        self.assertEqual(self.till(), till)
        self.assertIn("already", self.sh("skerry-site join - </srv/oslo.token"))
        self.assertEqual(self.state("site"), "active")
        self.assertEqual(self.till(), till)


if __name__ == "__main__":
    if not podman.usable() or not os.path.exists("/lib/systemd/systemd"):
        print("skipped: needs root, podman and systemd's program")
        sys.exit(SKIPPED)
    SOURCES = sys.argv.pop(2) if podman.SEPARATED in os.environ else None
    podman.separate()
    end_orderly()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
