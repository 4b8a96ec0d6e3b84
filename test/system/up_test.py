#!/usr/bin/env python3
"""`skerry up`: a whole fleet on one machine, begun, used, ended and begun again."""
import os
import signal
import socket
import subprocess

from fleet import NO_ENGINE, alive, eventually
from fleet_case import FleetCase, main

APPLICATION = """
kind: Application
name: pos
tenant: default
services:
  till:
    command: ["/bin/sleep", "9999"]
    x-skerry: { kind: process }
placement: { sites: "site = here" }
"""


def free_ports():
    """Two in a row."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                return port
            except OSError:
                continue


class UpTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.port = free_ports()
        self.data = self.fleet.folder + "/up"
        self.process = None

    def begin(self):
        words = [f"{self.fleet.programs}/skerry", "up", "--data", self.data, "--port",
                 str(self.port), "--engine", NO_ENGINE]
        with open(self.fleet.folder + "/up.said", "wb") as said:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said,
                                            stderr=said, env=self.fleet.environment)
        self.addCleanup(self.process.kill)
        eventually(lambda: self.process.poll() is not None or "skerry status" in self.said(),
                   "it is up", 90)
        self.assertIsNone(self.process.poll(), self.said())

    def said(self):
        with open(self.fleet.folder + "/up.said", encoding="utf-8") as said:
            return said.read()

    def ask(self, *words, feed=None):
        return self.fleet.run("skerry", "--socket", self.data + "/central/admin.sock", *words,
                              feed=feed)

    def end(self, signum=signal.SIGTERM):
        self.process.send_signal(signum)
        self.assertEqual(self.process.wait(60), 0, self.said())

    def pids(self):
        return [pid for pid, words in self.fleet.ours() if pid != self.process.pid]

    def test_one_command_makes_a_fleet_that_runs_applications_and_ends_all_of_it(self):
        self.begin()
        self.fleet.must(self.ask("wait", "site", "here", "--for", "online", "--timeout", "30s"))
        self.fleet.must(self.ask("apply", "-f", "-", "--wait", "--timeout", "30s",
                                 feed=APPLICATION.encode()))
        self.end()
        self.assertEqual(self.pids(), [])
        self.begin()
        healthy = self.ask("wait", "app", "pos", "--for", "healthy", "--timeout", "30s")
        self.fleet.must(healthy)
        self.end(signal.SIGINT)
        self.assertEqual(self.pids(), [])

    def test_a_tier_that_is_killed_is_started_again(self):
        self.begin()
        for tier in ("central", "site"):
            pid = eventually(lambda t=tier: self.serving(t), f"{tier} serves")
            os.kill(pid, signal.SIGKILL)
            eventually(lambda t=tier, p=pid: self.serving(t) not in (None, p), f"{tier} is back")
        self.end()
        self.assertEqual(self.pids(), [])

    def test_when_it_is_killed_the_tiers_end_with_it(self):
        self.begin()
        tiers = [self.serving(tier) for tier in ("central", "region", "site")]
        self.process.kill()
        self.process.wait()
        eventually(lambda: not any(map(alive, tiers)), "the tiers ended")

    def serving(self, tier):
        try:
            with open(f"{self.data}/{tier}/run.json", encoding="ascii") as file:
                pid = int(file.read().split(":")[1].split(",")[0])
        except (FileNotFoundError, IndexError):
            return None
        return pid if alive(pid) else None

    def test_a_folder_that_is_not_named_whole_is_refused(self):
        done = self.fleet.run("skerry", "up", "--data", "here")
        self.assertSays(done, 2, "does not begin with /")


main()
