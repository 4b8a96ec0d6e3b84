#!/usr/bin/env python3
"""Containers through three tiers, and an engine that is missing or refuses.
engine_test.py PROGRAMS_FOLDER MAKE_IMAGE [UNITTEST OPTION...]"""
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
import unittest

import podman
from fleet import NO_ENGINE, TENANT, alive, application, eventually, process_service
from fleet_case import SKIPPED, FleetCase, main

SITE = f"shop{os.getpid()}"
HUNG_S = 10
SEED = int(os.environ.get("SKERRY_TEST_SEED", "1"))
PLAIN, WEB = (SITE, "pos", "plain"), (SITE, "pos", "web")


def container(script="exec sleep 1000", **more):
    return {"image": podman.IMAGE, "command": ["/bin/sh", "-c", script], **more}


def pos(web, **more):
    return application("pos", {"plain": process_service("exec sleep 1000"), "web": web, **more})


class EngineTest(FleetCase):
    def begin(self, engine=None):
        self.tiers = self.fleet.begin_three_tiers(SITE, engine=engine or ENGINE.socket)

    def status_of(self, key):
        return self.fleet.get("instances").get(key, {"state": "none", "reason": ""})

    def wait_reason(self, key, *parts):
        eventually(lambda: all(part in self.status_of(key)["reason"] for part in parts),
                   f"{key} says {parts}")
        status = self.status_of(key)
        self.assertNotEqual(status["state"], "running")
        self.assertNotIn(".cpp", status["reason"])
        why = self.fleet.must(self.fleet.skerry("why", "pos", "-t", TENANT, "--site", SITE,
                                                at=self.tiers[2])).out
        for part in parts:
            self.assertIn(part, why)
        return status

    def tearDown(self):
        super().tearDown()
        if ENGINE.process.poll() is not None:
            ENGINE.begin()
        ENGINE.run("rm", "--all", "--force", "--time", "0")

    def test_a_container_runs_survives_its_controller_and_is_healed_with_nothing_upstream(self):
        self.begin()
        fleet, (central, region, site) = self.fleet, self.tiers
        fleet.must(fleet.apply(pos(container("echo hello; exec sleep 1000", ports=[]))))
        pids = fleet.wait_running(PLAIN, WEB)
        status = fleet.get("instances")[WEB]
        labels = ENGINE.run("inspect", "--format", "{{.Config.Labels}}", status["container"])
        for label in (f"skerry.site:{SITE}", f"skerry.tenant:{TENANT}", "skerry.app:pos"):
            self.assertIn(label, labels)
        self.assertIn("hello", fleet.must(fleet.skerry("logs", "pos", "-t", TENANT)).out)
        for daemon in (central, region, site):
            daemon.kill()
        site.start()
        self.assertEqual(fleet.wait_running(PLAIN, WEB, at=site), pids)
        os.kill(pids[WEB], signal.SIGKILL)
        eventually(lambda: (now := fleet.get("instances", at=site)[WEB])["state"] == "running" and
                   now["pid"] != pids[WEB], "it was started again")
        self.assertEqual(fleet.get("instances", at=site)[PLAIN]["pid"], pids[PLAIN])

    def test_an_image_that_does_not_exist_is_named_and_holds_up_nothing_else(self):
        self.begin()
        self.fleet.must(self.fleet.apply(pos(dict(container(), image="localhost/no-such:7"))))
        self.wait_reason(WEB, "localhost/no-such:7")
        eventually(lambda: self.status_of(PLAIN)["state"] == "running", "the process runs")
        pid = self.status_of(PLAIN)["pid"]
        self.fleet.must(self.fleet.apply(pos(container())))
        self.assertEqual(self.fleet.wait_running(PLAIN, WEB)[PLAIN], pid)

    def test_a_port_in_use_is_named_and_taken_once_it_is_free(self):
        with socket.socket() as holder:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            self.begin()
            self.fleet.must(self.fleet.apply(pos(container(ports=[f"127.0.0.1:{port}:80"]))))
            reason = eventually(lambda: self.status_of(WEB)["reason"], "it says why")
            if "iptables" in reason:
                self.skipTest("podman cannot publish ports on this host: " + reason)
            self.wait_reason(WEB, f"port {port} is in use")
        self.fleet.wait_running(PLAIN, WEB)

    def test_without_an_engine_process_services_run_and_containers_say_why(self):
        self.begin(engine=NO_ENGINE)
        self.fleet.must(self.fleet.apply(pos(container())))
        eventually(lambda: self.status_of(PLAIN)["state"] == "running", "the process runs")
        self.wait_reason(WEB, NO_ENGINE)
        self.assertEqual(self.status_of(PLAIN)["reason"], "")

    def test_an_engine_that_hangs_delays_neither_the_link_nor_process_services(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.bind(f"{folder}/engine.sock")
            deaf.listen(100)  # and never accepts
            self.begin(engine=f"{folder}/engine.sock")
            self.fleet.must(self.fleet.apply(pos(container())))
            begin = time.monotonic()
            eventually(lambda: self.status_of(PLAIN)["state"] == "running", "the process runs")
            self.assertLess(time.monotonic() - begin, HUNG_S)
            self.wait_reason(WEB, "does not answer")
            site, pid = self.tiers[2], self.status_of(PLAIN)["pid"]
            site.kill()
            begin = time.monotonic()
            site.start()
            self.assertLess(time.monotonic() - begin, HUNG_S)
            self.assertEqual(self.status_of(PLAIN)["pid"], pid)
            code, seconds = site.stop()
            self.assertEqual(code, 0)
            self.assertLess(seconds, HUNG_S)

    def test_an_engine_killed_in_the_middle_of_a_start_ends_with_one_container_of_the_newest(self):
        self.begin()
        chance = random.Random(SEED)
        self.fleet.must(self.fleet.apply(pos(container(environment={"ROUND": "first"}))))
        plain = self.fleet.wait_running(PLAIN, WEB)[PLAIN]
        for round_ in range(5):
            told = f"seed {SEED} round {round_}"
            newest = container(environment={"ROUND": told})
            self.fleet.must(self.fleet.apply(pos(newest)))
            time.sleep(chance.uniform(0, 0.5))
            ENGINE.end()
            time.sleep(chance.uniform(0, 0.2))
            ENGINE.begin()
            eventually(lambda t=told: self.runs_as(t), told)
            self.assertEqual(len(ENGINE.run("ps", "--all", "--quiet").split()), 1, told)
            self.assertEqual(self.fleet.get("instances")[PLAIN]["pid"], plain, told)

    def runs_as(self, round_):
        status = self.status_of(WEB)
        if status["state"] != "running" or not alive(status["pid"]):
            return False
        with open(f"/proc/{status['pid']}/environ", encoding="ascii") as file:
            return f"ROUND={round_}" in file.read().split("\0")

    def test_an_engine_that_goes_away_costs_no_container_and_is_used_again_when_it_is_back(self):
        self.begin()
        self.fleet.must(self.fleet.apply(pos(container())))
        pids = self.fleet.wait_running(PLAIN, WEB)
        ENGINE.end()
        self.fleet.must(self.fleet.apply(pos(container(), late=container())))
        late = (SITE, "pos", "late")
        self.wait_reason(late, "engine")
        self.assertTrue(alive(pids[WEB]))
        ENGINE.begin()
        now = self.fleet.wait_running(PLAIN, WEB, late)
        self.assertEqual({key: now[key] for key in pids}, pids)


if not podman.usable():
    print("skipped: needs root, podman, runc, unshare and ip")
    sys.exit(SKIPPED)
podman.separate()
with tempfile.TemporaryDirectory(prefix="skerry-engine-") as folder:
    ENGINE = podman.Podman(f"{folder}/engine", f"skerry/{SITE}", sys.argv.pop(2))
    ENGINE.begin()
    unittest.addModuleCleanup(ENGINE.remove)
    main()
