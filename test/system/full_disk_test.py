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
        self.begun = len(self.site.said())

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
        self.answers_on_site()
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

    def test_a_controller_that_starts_on_a_full_disk_adopts_what_runs_and_connects_with_room(self):
        self.site.kill()
        self.fill()
        self.site.spawn()
        eventually(lambda: "daemon.ready" in self.last_life(), "it serves")
        eventually(lambda: "store.failed" in self.last_life(), "it says so")
        self.run_on()
        self.assertIn("disk is full", self.last_life())
        self.answers_on_site()
        self.assertFalse(self.fleet.get("sites")["oslo"]["online"])
        self.make_room()
        self.fleet.wait_online("sites", "oslo")
        self.assertEqual(self.fleet.wait_running(WEB, TILL), self.pids)

    def test_a_machine_that_boots_with_a_full_disk_runs_its_applications(self):
        self.power_cut()
        self.fill()
        self.site.spawn()
        eventually(lambda: all(self.lives_on(key) for key in (WEB, TILL)), "the services run")
        self.answers_on_site()
        self.assertFalse(self.fleet.get("sites")["oslo"]["online"])
        # Healed as ever.
        os.kill(self.lives_on(TILL), signal.SIGKILL)
        eventually(lambda: self.lives_on(TILL), "it was started again")
        # And stopped politely, started again.
        code, seconds = self.site.stop()
        self.assertEqual(code, 0, self.last_life()[-2000:])
        self.assertLess(seconds, 5)
        self.assertTrue(self.lives_on(WEB) and self.lives_on(TILL))
        self.begun = len(self.site.said())
        self.site.spawn()
        eventually(lambda: "daemon.ready" in self.last_life(), "it serves")
        self.make_room()
        self.fleet.wait_online("sites", "oslo")
        now = self.fleet.wait_running(WEB, TILL)
        self.assertEqual(now, {key: self.lives_on(key) for key in now})

    def last_life(self):
        return self.site.said()[self.begun:]

    def keeper_folder(self, key):
        return f"{self.site.data}/run/{TENANT}.{key[1]}.{key[2]}.0"

    def lives_on(self, key):
        """Its pid as the keeper says, when it is alive and not of the first life."""
        pid = int(keeper_says(self.keeper_folder(key), "pid") or 0)
        return pid if pid and pid != self.pids[key] and alive(pid) else None

    def power_cut(self):
        """Everything of the site's machine ends at once: controller, keepers, services."""
        self.site.process.send_signal(signal.SIGSTOP)
        keepers = [pid for pid, words in self.fleet.ours()
                   if words[0].endswith("skerry-keeper") and self.site.data in " ".join(words)]
        self.assertEqual(len(keepers), len(self.pids))
        for pid in [*keepers, *self.pids.values(), self.site.process.pid]:
            os.kill(pid, signal.SIGKILL)
        self.site.process.wait()
        eventually(lambda: not any(alive(pid) for pid in self.pids.values()), "all ended")

    def answers_on_site(self):
        """Who stands before it is told what runs, and what is wrong."""
        def answered():
            told = self.fleet.skerry("status", at=self.site)
            return told if told.code == 0 and "disk is full" in told.out else None
        told = eventually(answered, "status says that the disk is full")
        self.assertIn("df -h", told.out)
        seen = self.fleet.get("instances", at=self.site)
        self.assertEqual({key: status["state"] for key, status in seen.items()},
                         {WEB: "running", TILL: "running"})
        why = self.fleet.must(self.fleet.skerry("why", "pos", "--site", "oslo", at=self.site))
        self.assertIn("disk is full", why.out)
        self.fleet.must(self.fleet.skerry("logs", "pos", at=self.site))

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
