#!/usr/bin/env python3
"""Joining again, and leaving: with the region there, without it, and when it is not possible."""
import os
import shutil

from fleet import NO_ENGINE, alive, application, eventually, process_service
from fleet_case import FleetCase, main


class LeavingTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.central, self.region, self.site = self.fleet.begin_three_tiers("oslo")

    def leave(self, *words, data=None):
        engine = [] if "--engine" in words else ["--engine", NO_ENGINE]
        return self.fleet.run("skerry-site", "leave", "--data", data or self.site.data, *engine,
                              *words)

    def run_something(self):
        self.fleet.must(self.fleet.apply(application("pos", {"till": process_service("sleep 99")})))
        return self.fleet.wait_running(("oslo", "pos", "till"), at=self.site)["oslo", "pos", "till"]

    def rejoin(self, site="oslo"):
        """The same machine, from nothing."""
        self.fleet.must(self.fleet.join_site(self.site.data, self.fleet.site_token(site)))
        self.site.start()
        self.fleet.wait_online("sites", site)

    def test_a_site_that_leaves_ends_its_applications_and_is_forgotten_and_may_join_again(self):
        pid = self.run_something()
        with open(self.site.data + "/kept", "w", encoding="ascii") as file:
            file.write("mine")
        done = self.fleet.must(self.leave())
        for part in ("ended 1 instances", "the region forgot site:oslo/host1",
                     "skerry-site join TOKEN"):
            self.assertIn(part, done.out)
        self.assertEqual(done.err, "")
        self.site.process.wait()
        self.assertFalse(alive(pid))
        self.assertEqual(os.listdir(self.site.data), ["kept"])
        eventually(lambda: not self.fleet.get("instances"), "central shows no instance of it")
        status = self.fleet.get("sites")["oslo"]
        self.assertFalse(status["online"])
        again = self.leave()
        self.assertIn("this machine is no site's", self.fleet.must(again).out)
        self.rejoin()
        told = [(r["who"], r["action"]) for r in
                self.fleet.ask("audit", "--kind", "host", at=self.region)["items"]]
        self.assertEqual(told, [("site:oslo/host1", what) for what in ("join", "leave", "join")])
        self.fleet.wait_running(("oslo", "pos", "till"), at=self.site)
        self.fleet.wait_running(("oslo", "pos", "till"))

    def test_a_copy_of_the_keys_of_who_left_opens_nothing(self):
        self.site.stop()
        copy = self.fleet.add("site", "copy", "--engine", NO_ENGINE)
        shutil.copytree(self.site.data, copy.data,
                        ignore=shutil.ignore_patterns("admin.sock"))
        self.fleet.must(self.leave())
        copy.start()
        def told():
            return self.fleet.ask("status", at=copy)["uplink"].get("lastError")
        eventually(told, "it was turned away, again and again")
        self.assertNotIn("link.up", copy.said())
        self.assertFalse(self.fleet.get("sites")["oslo"]["online"])
        copy.kill()

    def test_leaving_works_with_no_region_and_says_what_that_goes_on_to_believe(self):
        pid = self.run_something()
        self.region.kill()
        done = self.fleet.must(self.leave("--wipe"))
        self.assertIn("warning: the region could not be told", done.err)
        self.assertIn("skerry delete site oslo", done.err)
        self.assertIn("erased the keys", done.out)
        self.assertFalse(alive(pid))
        self.assertEqual(os.listdir(self.site.data), [])
        self.region.start()
        self.fleet.wait_online("regions", "north")
        self.rejoin()
        self.fleet.wait_running(("oslo", "pos", "till"))

    def test_leaving_with_the_controller_killed_ends_what_it_left_running(self):
        pid = self.run_something()
        self.site.kill()
        self.assertTrue(alive(pid))
        self.assertIn("ended 1 instances", self.fleet.must(self.leave()).out)
        self.assertFalse(alive(pid))

    def silent_engine(self):
        engine = self.fleet.folder + "/engine.sock"
        with open(engine, "wb"):
            pass
        return engine

    def test_nothing_is_erased_while_applications_may_still_run(self):
        pid = self.run_something()
        self.site.stop()
        for name in os.listdir(self.site.data):
            if name.startswith("site.db"):  # nobody knows whether there are containers
                os.unlink(f"{self.site.data}/{name}")
        done = self.leave("--engine", self.silent_engine())
        self.assertSays(done, 1, "may still run", "Nothing was erased", "--engine none")
        self.assertFalse(alive(pid))
        self.assertTrue(os.path.exists(self.site.data + "/identity/chain.pem"))
        done = self.fleet.must(self.leave("--engine", "none"))
        self.assertIn("the region could not be told", done.err)
        self.assertEqual(os.listdir(self.site.data), [])

    def test_an_engine_that_is_silent_keeps_nobody_who_began_no_container(self):
        self.run_something()
        self.assertIn("ended 1 instances", self.fleet.must(
            self.leave("--engine", self.silent_engine())).out)

    def test_joining_again_says_what_there_is_and_another_sites_token_names_the_way_out(self):
        token = self.fleet.token("site", "oslo")
        done = self.fleet.must(self.fleet.run("skerry-site", "join", token, "--data",
                                              self.site.data))
        self.assertIn("this machine is site:oslo/host1 already", done.out)
        self.assertIn("the token was not used", done.out)
        self.assertIn("unused", [i["status"]["state"]
                                 for i in self.fleet.ask("token", "list")["items"]])
        other = self.fleet.run("skerry-site", "join", self.fleet.site_token("bergen"), "--data",
                               self.site.data)
        self.assertSays(other, 6, "site:oslo/host1 already",
                        "skerry-site leave --data " + self.site.data)
        self.fleet.must(self.leave())
        self.site.process.wait()
        self.rejoin("bergen")

    def test_a_machine_that_never_joined_has_nothing_to_leave(self):
        data = self.fleet.folder + "/never"
        self.assertIn("this machine is no site's", self.fleet.must(self.leave(data=data)).out)
        self.assertFalse(os.path.exists(data))


main()
