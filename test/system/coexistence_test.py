#!/usr/bin/env python3
"""A host that other software uses too: what is not ours stays as it is, what is ours is marked.
coexistence_test.py PROGRAMS_FOLDER MAKE_IMAGE [UNITTEST OPTION...]"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import podman
from fleet import TENANT, alive, application, eventually, process_service
from fleet_case import SKIPPED, FleetCase, main

SITE = f"shared{os.getpid()}"
CGROUPS = "/sys/fs/cgroup"
# Podman would ask for more files than this machine may allow.
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
PLAIN, WEB = (SITE, "pos", "plain"), (SITE, "pos", "web")


def said(*words):
    """By a program of the host that may be missing."""
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


def groups():
    """Every control group that is not of this test's own fleet, nor of another test's."""
    return sorted(base.removeprefix(CGROUPS) for base, _, _ in os.walk(CGROUPS)
                  if "skerry/" not in base + "/" and "libpod" not in base)


class CoexistenceTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.neighbours = [ENGINE.run("run", "--detach", "--network", "none", "--name", name,
                                      "--label", label, *LIMITS, podman.IMAGE, "/bin/sh", "-c",
                                      "exec sleep 1000").strip()
                           for name, label in (("neighbour", "app=pos"),
                                               ("skerry-lookalike", "skerry=no"))]
        ENGINE.run("run", "--name", "ended", "--network", "none", *LIMITS, podman.IMAGE, "/bin/sh",
                   "-c", "exit 0")
        # What the engine itself makes for its first network stays.
        ENGINE.run("run", "--rm", *LIMITS, podman.IMAGE, "/bin/sh", "-c", "exit 0")
        ENGINE.run("volume", "create", "neighbours")
        ENGINE.run("network", "create", "neighbours")
        ENGINE.run("tag", podman.IMAGE, "localhost/neighbours:1")
        self.process = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.group = self.make_group()

    def tearDown(self):
        super().tearDown()
        ENGINE.run("rm", "--all", "--force", "--time", "0")
        ENGINE.run("volume", "rm", "neighbours")
        ENGINE.run("network", "rm", "neighbours")

    def make_group(self):
        """Beside ours, with a process."""
        trees = [f"{CGROUPS}/unified", f"{CGROUPS}/systemd", CGROUPS]
        tree = next(tree for tree in trees if os.path.exists(tree + "/cgroup.procs"))
        group = f"{tree}/skerry-neighbour{os.getpid()}"
        os.mkdir(group)
        with open(group + "/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(self.process.pid))
        def remove():
            self.process.kill()
            self.process.wait()
            eventually(lambda: not os.path.exists(group) or os.rmdir(group) is None, "it is empty")
        self.addCleanup(remove)
        return group

    def containers(self):
        listed = json.loads(ENGINE.run("ps", "--all", "--format", "json"))
        return {item["Id"]: (item["Names"], item["State"], item["Pid"], item["Labels"])
                for item in listed}

    def world(self):
        """What is not ours, as who it belongs to would see it."""
        with open(self.group + "/cgroup.procs", encoding="ascii") as file:
            members = file.read()
        files = {}
        for path in ("/etc/passwd", "/etc/group", "/etc/hosts", "/etc/resolv.conf", "/etc/fstab"):
            with open(path, "rb") as file:
                files[path] = file.read()
        return {"files": files, "groups": groups(), "members": members,
                "etc": sorted(os.listdir("/etc/systemd/system")) if os.path.isdir(
                    "/etc/systemd/system") else [],
                "networks": ENGINE.run("network", "ls", "--quiet"),
                "volumes": ENGINE.run("volume", "ls", "--quiet"),
                "images": ENGINE.run("images", "--format", "{{.Repository}}:{{.Tag}} {{.Id}}"),
                "rules": said("nft", "--stateless", "list", "ruleset"),
                "tables": [re.sub(r"\[\d+:\d+\]", "", line)
                           for line in said("iptables-save").splitlines() if line[0] != "#"],
                "links": said("ip", "-brief", "link"), "mounts": said("findmnt", "--list")}

    def unchanged(self, before, containers):
        now, there = self.world(), self.containers()
        for part, value in before.items():
            self.assertEqual(now[part], value, part)
        self.assertEqual({key: there.get(key) for key in containers}, containers)
        self.assertTrue(alive(self.process.pid))

    def test_nothing_that_is_not_ours_is_touched_while_serving_and_after_leaving(self):
        before, others = self.world(), self.containers()
        self.assertEqual(len(others), 3)
        _, _, site = self.fleet.begin_three_tiers(SITE, engine=ENGINE.socket)
        kept = site.data + "/notes-of-the-neighbour"
        with open(kept, "w", encoding="ascii") as file:
            file.write("not yours")
        polite = "trap 'exit 0' TERM; sleep 1000 & wait"
        services = {"plain": process_service(polite),
                    "web": {"image": podman.IMAGE, "command": ["/bin/sh", "-c", polite]}}
        self.fleet.must(self.fleet.apply(application("pos", services)))
        pids = self.fleet.wait_running(PLAIN, WEB)
        # What came is marked as ours: containers by labels, processes by their control group.
        ours = {key: item for key, item in self.containers().items() if key not in others}
        self.assertEqual(len(ours), 1)
        labels = next(iter(ours.values()))[3]
        self.assertEqual(labels["skerry.site"], SITE)
        self.assertEqual((labels["skerry.tenant"], labels["skerry.app"]), (TENANT, "pos"))
        with open(f"/proc/{pids[PLAIN]}/cgroup", encoding="ascii") as file:
            self.assertIn(f"/skerry/{SITE}/", file.read())
        engines = ("rules", "tables", "links", "mounts")  # of our container, while it runs
        self.unchanged({key: before[key] for key in before if key not in engines}, others)
        # A controller that comes back adopts what is its own and nothing else.
        site.kill()
        site.start()
        self.assertEqual(self.fleet.wait_running(PLAIN, WEB, at=site), pids)
        self.fleet.must(self.fleet.skerry("delete", "app", "pos", "-t", TENANT, "--yes", "--wait"))
        eventually(lambda: set(self.containers()) == set(others), "ours is gone")
        self.unchanged(before, others)
        self.fleet.must(self.fleet.apply(application("pos", services)))
        self.fleet.wait_running(PLAIN, WEB)
        left = self.fleet.run("skerry-site", "leave", "--data", site.data, "--engine",
                              ENGINE.socket)
        self.assertIn("ended 2 instances", self.fleet.must(left).out)
        site.process.wait()
        self.assertEqual(set(self.containers()), set(others))
        self.unchanged(before, others)
        self.assertEqual(os.listdir(site.data), [os.path.basename(kept)])
        with open(kept, encoding="ascii") as file:
            self.assertEqual(file.read(), "not yours")
        left_groups = [base for base, _, _ in os.walk(CGROUPS) if f"/skerry/{SITE}" in base]
        self.assertEqual(left_groups, [], "\n".join(left_groups))


if not podman.usable():
    print("skipped: needs root, podman, runc, unshare and ip")
    sys.exit(SKIPPED)
podman.separate()
with tempfile.TemporaryDirectory(prefix="skerry-shared-") as folder:
    ENGINE = podman.Podman(f"{folder}/engine", f"skerry/{SITE}", sys.argv.pop(2))
    ENGINE.begin()
    unittest.addModuleCleanup(ENGINE.remove)
    main()
