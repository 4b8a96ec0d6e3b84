#!/usr/bin/env python3
"""What happened, asked of real programs. events_test.py PROGRAMS_FOLDER [UNITTEST OPTION...]"""
import json
import os
import signal
import subprocess
import threading
import unittest

from fleet import TENANT, application, eventually, process_service
from fleet_case import FleetCase, main


class EventsTest(FleetCase):
    def events(self, *words, at=None):
        return self.fleet.ask("events", *words, at=at)

    def kinds(self, *words, at=None):
        return [event["kind"] for event in self.events(*words, at=at)["items"]]

    def begin(self):
        tiers = self.fleet.begin_three_tiers("shop")
        services = {"web": process_service("exec sleep 1000")}
        self.fleet.must(self.fleet.apply(application("pos", services)))
        self.fleet.wait_running(("shop", "pos", "web"))
        return tiers

    def pid(self, site):
        (instance,) = self.fleet.ask("get", "instances", at=site)["items"]
        return instance["status"]["pid"]

    def test_a_crash_is_told_at_every_tier_in_order_and_by_site(self):
        central, region, site = self.begin()
        os.kill(self.pid(site), signal.SIGKILL)
        for daemon in (site, region, central):
            eventually(lambda d=daemon: self.kinds("--app", "pos", at=d)[-3:] ==
                       ["instance.started", "instance.ended", "instance.started"],
                       f"{daemon.name} knows of the crash")
        answer = self.events("--site", "shop", "--kind", "instance")
        self.assertEqual(answer["missing"], [])
        (ended,) = [event for event in answer["items"] if event["kind"] == "instance.ended"]
        self.assertEqual({key: ended[key] for key in ("region", "site", "tenant", "app", "service",
                                                      "instance", "severity")},
                         {"region": "north", "site": "shop", "tenant": TENANT, "app": "pos",
                          "service": "web", "instance": 0, "severity": "warning"})
        self.assertIn("signal 9", ended["text"])
        times = [event["at"] for event in self.events()["items"]]
        self.assertEqual(times, sorted(times))
        self.assertEqual(self.events("--until", "1h")["items"], [])
        self.assertEqual(len(self.events("--tail", "2")["items"]), 2)
        self.assertSays(self.fleet.skerry("events", "--site", "nowhere"), 3, "nowhere")
        self.assertSays(self.fleet.skerry("events", "-l", "size = "), 2, "-l")
        self.assertIn("region.online", self.kinds("--region", "north", "--kind", "region"))
        shown = self.fleet.must(self.fleet.skerry("events", "--app", "pos")).out
        self.assertIn("north/shop", shown)
        self.assertIn(f"{TENANT}/pos web.0", shown)

    def test_a_site_that_was_alone_tells_what_happened_and_who_is_away_is_named(self):
        central, region, site = self.begin()
        region.kill()
        eventually(lambda: "link.down" in self.kinds(at=site), "the site is alone")
        os.kill(self.pid(site), signal.SIGKILL)
        eventually(lambda: "instance.ended" in self.kinds(at=site), "it crashed")
        answer = self.fleet.must(self.fleet.skerry("events"))
        self.assertIn("no answer from region north", answer.err)
        region.start()
        eventually(lambda: "instance.ended" in self.kinds(at=central), "it is told")
        eventually(lambda: "link.up" in self.kinds("--site", "shop", at=central), "and the rest")
        self.assertEqual(self.kinds("--kind", "instance.ended"), ["instance.ended"])
        site.kill()
        eventually(lambda: self.events()["missing"] == ["shop"], "who is away is named")
        site.start()
        eventually(lambda: "after it crashed or was killed" in
                   [event["text"] for event in self.events("--kind", "controller")["items"]],
                   "the restart is told")

    def test_following_shows_what_was_and_what_comes(self):
        central, region, site = self.begin()
        eventually(lambda: "instance.started" in self.kinds(), "it was told")
        command = [f"{self.fleet.programs}/skerry", "--socket", central.socket, "events", "-f",
                   "--kind", "instance", "-o", "json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
            try:
                seen = []
                reader = threading.Thread(target=lambda: seen.extend(
                    iter(lambda: json.loads(follower.stdout.readline() or "{}"), {})))
                reader.start()
                eventually(lambda: [event["kind"] for event in seen] == ["instance.started"],
                           "what was")
                os.kill(self.pid(site), signal.SIGKILL)
                eventually(lambda: [event["kind"] for event in seen][1:] ==
                           ["instance.ended", "instance.started"], "what comes")
            finally:
                follower.kill()
                reader.join()

    def test_a_service_that_crashes_for_ever_does_not_push_out_what_else_happened(self):
        central, _, site = self.fleet.begin_three_tiers("shop")
        self.fleet.must(self.fleet.apply(application("pos", {"web": process_service("exit 3")})))
        eventually(lambda: "instance.crash-loop" in self.kinds("--app", "pos"), "the loop is told")
        (loop,) = self.events("--kind", "instance.crash-loop")["items"]
        self.assertEqual(loop["severity"], "error")
        self.assertIn("exited with code 3", loop["text"])
        many = len(self.kinds("--kind", "instance"))
        restarts = self.fleet.ask("get", "instances", at=site)["items"][0]["status"]["restarts"]
        eventually(lambda: self.fleet.ask("get", "instances", at=site)["items"][0]["status"]
                   ["restarts"] > restarts, "it goes on crashing")
        self.assertEqual(len(self.kinds("--kind", "instance")), many)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    main()
