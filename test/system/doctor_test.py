#!/usr/bin/env python3
"""`doctor` before joining, joined, served, alone, on a full disk; the look before a join; and the
commands it prints for a machine without Skerry.
doctor_test.py PROGRAMS_FOLDER MAKE_IMAGE [UNITTEST OPTION...]"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

import podman
from fleet import NO_ENGINE, TENANT, alive, application, eventually, process_service
from fleet_case import FleetCase, main

SITE = f"shop{os.getpid()}"
SMALL_BYTES, TINY_BYTES = 32 << 20, 4 << 20
ENGINE = None
FIELDS = {"check", "verdict", "text", "next"}


class DoctorTest(FleetCase):
    def folder(self, name):
        return f"{self.fleet.folder}/{name}"

    def doctor(self, tier, data, *words, code=0):
        """Findings by check, of the verb on the machine itself."""
        return self.read(self.fleet.run(f"skerry-{tier}", "doctor", "--data", data, "-o", "json",
                                        *words), code)

    def ask(self, daemon, code=0):
        """The same, asked of the daemon."""
        return self.read(self.fleet.skerry("doctor", "-o", "json", at=daemon), code)

    def read(self, done, code):
        self.assertEqual(done.code, code, done)
        findings = json.loads(done.out)["findings"]
        by_check = {}
        for finding in findings:
            self.assertEqual(set(finding), FIELDS)
            self.assertIn(finding["verdict"], ("ok", "warning", "problem"))
            if finding["verdict"] != "ok":
                self.assertTrue(finding["next"], finding)
            self.assertNotIn(".cpp", finding["text"])
            by_check.setdefault(finding["check"], []).append(finding)
        problems = [f for f in findings if f["verdict"] == "problem"]
        self.assertEqual(code, 1 if problems else 0, problems)
        return by_check

    def found(self, by_check, check, verdict, *parts):
        self.assertIn(check, by_check)
        finding = by_check[check][0]
        self.assertEqual(finding["verdict"], verdict, finding)
        for part in parts:
            self.assertIn(part, finding["text"] + " " + finding["next"])
        return finding

    def small(self, name, size):
        path = self.folder(name)
        os.mkdir(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], check=True)
        self.fleet.mounts.append(path)
        return path

    def fill(self, path):
        with open(f"{path}/ballast", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 12))
            except OSError:
                pass

    def shell(self, command):
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 0, (command, done))
        return done.stdout

    # ---- Before ------------------------------------------------------------------------------

    def test_before_joining_the_machine_is_looked_at_and_nothing_is_made(self):
        for tier in ("central", "region", "site"):
            data = self.folder(f"new/{tier}")
            words = ["--engine", NO_ENGINE] if tier == "site" else ["--listen", "127.0.0.1:0"]
            seen = self.doctor(tier, data, *words)
            self.found(seen, "folder", "ok", "not there yet")
            self.found(seen, "identity", "ok", "none yet", f"skerry-{tier} ")
            for check in ("disk", "fileSystem", "descriptors", "clock", "store", "daemon"):
                self.assertIn(check, seen)
            self.assertFalse(os.path.exists(self.folder("new")))
        self.found(seen, "engine", "warning", "process services run without it")
        self.found(seen, "keeper", "ok")
        self.assertIn("controlGroups", seen)
        table = self.fleet.run("skerry-site", "doctor", "--data", data, "--engine", NO_ENGINE)
        self.assertIn("warning  engine", table.out)
        self.assertIn("  try: ", table.out)

    def test_an_address_that_is_taken_is_a_problem_before_it_is_served(self):
        self.fleet.begin_central()
        address = f"127.0.0.1:{self.fleet.central.port}"
        seen = self.doctor("region", self.folder("north"), "--listen", address, code=1)
        self.found(seen, "address", "problem", address, "in use", "--listen")

    def test_a_disk_without_room_ends_a_join_before_the_token_is_shown(self):
        self.fleet.begin_central()
        self.fleet.begin_region()
        token = self.fleet.site_token("oslo")
        disk = self.small("tiny", TINY_BYTES)
        seen = self.doctor("site", f"{disk}/oslo", "--engine", NO_ENGINE, code=1)
        self.found(seen, "disk", "problem", "the disk is full", "du -xh")
        self.found(seen, "fileSystem", "warning", "power cut", "cp -a")
        done = self.fleet.run("skerry-site", "join", token, "--data", f"{disk}/oslo")
        self.assertSays(done, 1, "error: the disk is full", "try: ")
        self.fleet.must(self.fleet.join_site(self.folder("oslo"), token))

    def test_a_join_says_what_is_missing_to_start_again_after_a_power_cut(self):
        self.fleet.begin_central()
        self.fleet.begin_region()
        done = self.fleet.must(self.fleet.join_site(self.folder("oslo"),
                                                    self.fleet.site_token("oslo")))
        self.assertIn("joined as site:oslo/", done.out)
        self.assertIn("next: skerry-site serve --data", done.out)
        self.assertIn("after a power cut", done.out)

    def test_a_folder_of_a_file_or_of_somebody_is_not_joined_over(self):
        with open(self.folder("file"), "w", encoding="ascii") as file:
            file.write("mine")
        seen = self.doctor("site", self.folder("file"), "--engine", NO_ENGINE, code=1)
        self.found(seen, "folder", "problem", "no folder", "mv ")
        self.fleet.begin_central()
        again = self.fleet.run("skerry-central", "init", "--data", self.fleet.central.data)
        self.assertSays(again, 6, "central already", "skerry-central serve")

    # ---- Joined ------------------------------------------------------------------------------

    def test_a_joined_site_is_judged_stopped_served_and_alone(self):
        central, region, site = self.fleet.begin_three_tiers("oslo")
        words = ["--engine", NO_ENGINE]
        seen = self.doctor("site", site.data, *words)
        self.found(seen, "daemon", "ok", f"process {site.process.pid} serves")
        self.found(seen, "link", "ok", "region north is online")
        self.found(seen, "clock", "ok", "as it is for the region")
        self.found(seen, "store", "ok")
        self.found(seen, "certificate", "ok", "valid from")
        self.found(seen, "images", "ok", "no application here needs one")
        self.assertEqual({f["verdict"] for f in seen["byHand"]}, {"ok"})
        site.stop()
        before = sorted(os.listdir(site.data))
        seen = self.doctor("site", site.data, *words)
        self.found(seen, "daemon", "warning", "none runs", "skerry-site serve --data " + site.data)
        self.found(seen, "store", "ok", "opens and is whole")
        self.found(seen, "parent", "ok", f"127.0.0.1:{region.port}")
        self.assertIn("boot", seen)
        self.assertEqual(sorted(n for n in os.listdir(site.data) if not n.endswith("-wal")),
                         [n for n in before if not n.endswith("-wal")])
        region.kill()
        seen = self.doctor("site", site.data, *words, code=1)
        self.found(seen, "parent", "problem", f"127.0.0.1:{region.port}", "/dev/tcp/127.0.0.1/")
        site.start()
        seen = self.doctor("site", site.data, *words)
        self.found(seen, "link", "warning", "is away", "what runs goes on", "/dev/tcp/")
        self.assertEqual(self.ask(site)["link"][0]["verdict"], "warning")
        site.kill()
        seen = self.doctor("site", site.data, *words, code=1)
        self.found(seen, "daemon", "warning", "ended without a word")
        self.assertIsNone(central.process.poll())

    def test_a_daemon_that_does_not_answer_is_a_problem_and_is_not_waited_for_long(self):
        self.fleet.begin_central()
        central = self.fleet.central
        os.kill(central.process.pid, signal.SIGSTOP)
        try:
            seen = self.doctor("central", central.data, code=1)
        finally:
            os.kill(central.process.pid, signal.SIGCONT)
        self.found(seen, "daemon", "problem", "does not answer", f"kill {central.process.pid}")
        self.doctor("central", central.data)

    def test_a_store_that_is_damaged_is_told_before_a_daemon_trips_over_it(self):
        self.fleet.begin_central()
        central = self.fleet.central
        central.stop()
        with open(f"{central.data}/central.db", "r+b") as file:
            file.seek(4096)
            file.write(os.urandom(8192))
        seen = self.doctor("central", central.data, "--listen", "127.0.0.1:0", code=1)
        self.found(seen, "store", "problem", "damaged", "cp -a")

    def test_every_tier_tells_what_below_it_needs_attention(self):
        central, region, site = self.fleet.begin_three_tiers("oslo")
        self.found(self.ask(central), "attention", "ok", "nothing below")
        self.fleet.must(self.fleet.apply(application("pos", {
            "dead": process_service("exit 3")})))
        for tier in (central, region, site):
            seen = eventually(lambda t=tier: (s := self.ask(t)).get("instances") and s,
                              f"{tier.name} tells of the crash loop")
            finding = self.found(seen, "instances", "warning", "crash-loop", "code 3")
            words = finding["next"].split()
            self.assertEqual(words[0], "skerry")
            self.fleet.must(self.fleet.skerry(*words[1:], at=tier))
        site.stop()
        for tier in (central, region):
            seen = eventually(lambda t=tier: (s := self.ask(t)).get("sites") and s,
                              f"{tier.name} tells that the site is away")
            self.found(seen, "sites", "warning", "site oslo is offline since", "skerry-site doctor")
        region.stop()
        seen = eventually(lambda: (s := self.ask(central)).get("regions") and
                          s["regions"][0]["verdict"] == "warning" and s, "the region is away")
        self.found(seen, "regions", "warning", "region north is offline", "skerry-region doctor")
        done = self.fleet.skerry("doctor", at=central)
        self.assertEqual(done.code, 0)
        self.assertIn("  try: skerry-region doctor", done.out)

    def test_a_disk_that_fills_up_is_a_problem_while_the_site_serves_and_while_it_does_not(self):
        self.fleet.begin_three_tiers()
        disk = self.small("small", SMALL_BYTES)
        site = self.fleet.begin_site("oslo", data=f"{disk}/oslo")
        seen = self.doctor("site", site.data, "--engine", NO_ENGINE)
        self.found(seen, "disk", "warning", "nearly full")
        self.found(seen, "fileSystem", "warning", "in memory")
        self.fill(disk)
        seen = self.doctor("site", site.data, "--engine", NO_ENGINE, code=1)
        self.found(seen, "disk", "problem", "the disk is full")
        self.found(self.ask(site, code=1), "disk", "problem")
        site.stop()
        seen = self.doctor("site", site.data, "--engine", NO_ENGINE, code=1)
        self.found(seen, "disk", "problem", "the disk is full")

    # ---- Without Skerry ----------------------------------------------------------------------

    def by_hand(self, site, engine, what):
        """(show, end, start) for `run/` or `ps`."""
        seen = self.doctor("site", site.data, "--engine", engine)
        return [f["next"] for f in seen["byHand"] if what in f["next"]]

    def test_process_services_are_shown_ended_and_started_by_hand_with_no_daemon(self):
        _, _, site = self.fleet.begin_three_tiers(SITE)
        self.fleet.must(self.fleet.apply(application("pos", {
            "web": process_service("exec sleep 1000")})))
        key = (SITE, "pos", "web")
        pid = self.fleet.wait_running(key)[key]
        site.stop()
        show, end, start = self.by_hand(site, NO_ENGINE, "/run/")
        self.assertIn(f"pid={pid} ", self.shell(show))
        self.assertIn("ok", self.shell(end))
        eventually(lambda: not alive(pid), "it ended")
        eventually(lambda: "state=idle" in self.shell(show), "its keeper knows")
        self.assertIn("ok", self.shell(start))
        shown = eventually(lambda: "state=running" in (s := self.shell(show)) and s,
                           "it runs again")
        again = int(shown.split(" pid=")[1].split()[0])
        self.assertTrue(alive(again))
        self.assertNotEqual(again, pid)
        site.start()
        self.assertEqual(self.fleet.wait_running(key, at=site)[key], again)

    def test_containers_are_shown_ended_and_started_by_hand_with_no_daemon(self):
        if ENGINE is None:
            self.skipTest("needs podman and runc")
        self.fleet.begin_central()
        self.fleet.must(self.fleet.apply(f"kind: Tenant\nname: {TENANT}\n"))
        self.fleet.begin_region()
        site = self.fleet.begin_site(SITE, ENGINE.socket)
        container = {"image": podman.IMAGE, "command": ["/bin/sh", "-c", "exec sleep 1000"]}
        self.fleet.must(self.fleet.apply(application("pos", {"web": container})))
        key = (SITE, "pos", "web")
        pid = self.fleet.wait_running(key)[key]
        seen = self.ask(site)
        self.found(seen, "engine", "ok", "Podman Engine", "runtime runc")
        self.found(seen, "images", "ok", "all are here")
        site.stop()
        show, end, start = self.by_hand(site, ENGINE.socket, "podman")
        self.assertIn(f"skerry.{SITE}.", self.shell(show))
        self.assertIn("Up", self.shell(show))
        self.shell(end)
        self.assertFalse(alive(pid))
        self.assertIn("Exited", self.shell(show))
        self.shell(start)
        self.assertIn("Up", self.shell(show))
        site.start()
        self.fleet.wait_running(key, at=site)
        ENGINE.run("rm", "--all", "--force", "--time", "0")
        self.shell(end)
        self.shell(start)


if not podman.usable():
    sys.argv.pop(2)
    main()
podman.separate()
with tempfile.TemporaryDirectory(prefix="skerry-doctor-") as home:
    ENGINE = podman.Podman(f"{home}/engine", f"skerry/{SITE}", sys.argv.pop(2))
    ENGINE.begin()
    unittest.addModuleCleanup(ENGINE.remove)
    main()
