#!/usr/bin/env python3
"""A real disk that is full: a site's data folder on 32 MiB."""
import os
import signal
import subprocess

from fleet import TENANT, alive, application, eventually, keeper_says, process_service
from fleet_case import FleetCase, main

DISK_BYTES = 32 << 20
WEB, TILL = ("oslo", "pos", "web"), ("oslo", "pos", "till")


def two_services(web="1"):
    return application("pos", {"web": process_service("exec sleep 1000", VERSION=web),
                               "till": process_service("exec sleep 1000")})


class FullDiskTest(FleetCase):
    def setUp(self):
        super().setUp()
        fleet = self.fleet
        self.disk = f"{fleet.folder}/small"
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", self.disk],
                       check=True)
        fleet.mounts.append(self.disk)
        fleet.begin_three_tiers()
        self.site = fleet.begin_site("oslo", data=f"{self.disk}/oslo")
        fleet.wait_online("sites", "oslo")
        fleet.must(fleet.apply(two_services()))
        self.pids = fleet.wait_running(WEB, TILL)

    def fill(self):
        with open(f"{self.disk}/ballast", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 12))
            except OSError:
                pass
        self.assertEqual(os.statvfs(self.disk).f_bavail, 0)

    def make_room(self):
        os.remove(f"{self.disk}/ballast")

    def write_much(self):
        """Declares what the site cannot keep."""
        for number in range(4):
            bulky = process_service("exec sleep 1000", **{f"V{i}": "x" * 20000 for i in range(4)})
            self.fleet.must(self.fleet.apply(application(f"bulky{number}", {"s": bulky})))

    def run_on(self):
        for key, pid in self.pids.items():
            self.assertTrue(alive(pid), key)

    def test_applications_run_on_and_the_site_recovers_by_itself_when_space_returns(self):
        self.fill()
        self.write_much()
        eventually(lambda: "store.failed" in self.site.said(), "the full disk was noticed")
        self.run_on()
        self.assertIn("disk is full", self.site.said())
        self.assertIn("free space", self.site.said())
        told = self.fleet.skerry("status", at=self.site)
        self.assertIn(told.code, (0, 5), told)
        self.assertNotIn(".cpp", told.err)
        self.assertIsNone(self.site.process.poll())
        self.make_room()
        bulky = [("oslo", f"bulky{number}", "s") for number in range(4)]
        now = self.fleet.wait_running(WEB, TILL, *bulky)
        self.assertEqual({key: now[key] for key in self.pids}, self.pids)

    def test_a_service_that_dies_on_a_full_disk_is_healed(self):
        self.fill()
        os.kill(self.pids[TILL], signal.SIGKILL)
        folder = f"{self.site.data}/run/{TENANT}.pos.till.0"
        def healed():
            pid = keeper_says(folder, "pid")
            return pid and int(pid) != self.pids[TILL] and alive(int(pid))
        eventually(healed, "it was started again")
        self.assertTrue(alive(self.pids[WEB]))

    def test_a_controller_that_starts_on_a_full_disk_says_so_and_disturbs_nothing(self):
        self.site.kill()
        self.fill()
        self.site.spawn()
        eventually(lambda: self.site.process.poll() is not None or
                   os.path.exists(self.site.data + "/run.json"), "it gave up or serves")
        self.run_on()
        if self.site.process.poll() is not None:
            self.assertEqual(self.site.process.returncode, 1)
            self.assertIn("disk is full", self.site.said())
            self.make_room()
            self.site.start()
        else:
            self.make_room()
        self.assertEqual(self.fleet.wait_running(WEB, TILL), self.pids)

    def test_a_full_disk_at_central_refuses_what_it_cannot_keep_and_keeps_what_it_promised(self):
        fleet, central = self.fleet, self.fleet.central
        small = fleet.add("central", "small/central")
        fleet.must(fleet.run("skerry-central", "init", "--data", small.data, "--name", "small"))
        small.log = f"{fleet.folder}/small-central.log"
        small.start()
        fleet.central = small
        fleet.must(fleet.apply("kind: Tenant\nname: kept\n"))
        self.fill()
        refused = None
        for number in range(200):
            done = fleet.apply("".join(f"kind: Tenant\nname: t{number}-{i}\n---\n"
                                       for i in range(50)))
            if done.code != 0:
                refused = done
                break
            self.assertIn(f"t{number}-0", fleet.get("tenants"))
        self.assertIsNotNone(refused, "the disk took everything")
        self.assertIn(refused.code, (1, 5), refused)
        self.assertNotIn(".cpp", refused.err)
        self.assertIn("full", refused.err)
        self.make_room()
        known = eventually(lambda: fleet.skerry("get", "tenants", "-o", "name").code == 0 and
                           fleet.get("tenants"), "central is back")
        self.assertIn("kept", known)
        for before in range(number):
            self.assertIn(f"t{before}-49", known)
        fleet.must(fleet.apply("kind: Tenant\nname: after\n"))
        fleet.central = central


main()
