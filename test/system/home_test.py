#!/usr/bin/env python3
"""Hosts that come without a token, and are let in by their identity."""
import json
import os
import subprocess

from fleet import NO_ENGINE, eventually
from fleet_case import FleetCase, main
from proxy import Proxy


class HomeTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.fleet.begin_central()
        self.region = self.fleet.begin_region()
        self.fleet.declare_site("oslo")
        self.home = eventually(lambda: self.fleet.get("regions")["north"]["home"], "home is known")

    def folder(self, name):
        return f"{self.fleet.folder}/{name}"

    def identity(self, name):
        done = self.fleet.must(self.fleet.run("skerry-site", "id", "--data", self.folder(name)))
        return done.out.strip()

    def approve(self, host, *words, at=None):
        return self.fleet.skerry("host", "approve", host, "--site", "oslo", *words, at=at)

    def waits(self, host, at=None):
        eventually(lambda: host in self.fleet.get("pending", at=at), "it is listed")
        return self.fleet.get("pending", at=at)[host]

    def call(self, name, *words):
        """`join --home`, which goes on until the host is let in."""
        calling = subprocess.Popen(
            [f"{self.fleet.programs}/skerry-site", "join", "--home", self.home, "--data",
             self.folder(name), "--no-start", *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.fleet.environment)
        self.addCleanup(calling.stdout.close)
        self.addCleanup(calling.wait)
        self.addCleanup(calling.kill)
        return calling

    def test_an_identity_stays_the_same_and_is_printed_for_scripts_too(self):
        host = self.identity("oslo")
        self.assertRegex(host, "^[0-9a-f]{32}$")
        self.assertEqual(self.identity("oslo"), host)
        said = self.fleet.run("skerry-site", "id", "-o", "json", "--data", self.folder("oslo"))
        self.assertEqual(json.loads(said.out), {"id": host, "name": ""})
        self.assertEqual(os.stat(self.folder("oslo") + "/identity/device.key").st_mode & 0o077, 0)

    def test_a_host_calls_home_is_listed_and_becomes_the_sites_once_approved(self):
        host = self.identity("oslo")
        calling = self.call("oslo", "--host", "till")
        for at in (None, self.region):
            seen = self.waits(host, at)
            self.assertEqual((seen["region"], seen["address"], seen["host"], seen["state"]),
                             ("north", "127.0.0.1", "till", "waiting"))
        table = self.fleet.skerry("get", "pending").out
        self.assertIn(host, table)
        self.assertIn("waiting", table)
        self.assertIn("1 host waits to be let in", self.fleet.skerry("status").out)
        self.fleet.must(self.approve(host))
        said = calling.communicate(timeout=60)[0].decode()
        self.assertEqual(calling.returncode, 0, said)
        self.assertIn(f"skerry host approve {host} --site SITE", said)
        self.assertIn("joined as site:oslo/till", said)
        self.fleet.add("site", "oslo", "--engine", NO_ENGINE).start()
        self.fleet.wait_online("sites", "oslo")
        eventually(lambda: host not in self.fleet.get("pending"), "nobody waits")
        again = self.fleet.run("skerry-site", "join", "--home", self.home, "--data",
                               self.folder("oslo"), "--no-start")
        self.assertIn("site:oslo/till already", self.fleet.must(again).out)

    def test_a_machine_with_a_home_file_serves_as_soon_as_it_is_approved(self):
        proxy = Proxy()
        self.addCleanup(proxy.close)
        with open(self.folder("home"), "w", encoding="ascii") as file:
            file.write(f"{self.home}\nproxy {proxy.url()}\n")
        site = self.fleet.add("site", "oslo", "--engine", NO_ENGINE, "--home",
                              "@" + self.folder("home"))
        site.spawn()
        host = eventually(lambda: next(iter(self.fleet.get("pending")), None), "it calls")
        self.assertEqual(host, self.identity("oslo"))
        self.assertIn("home.waiting", site.said())
        self.fleet.must(self.approve(host, "--name", "counter"))
        site.wait_ready()
        self.fleet.wait_online("sites", "oslo")
        eventually(lambda: "oslo/counter" in self.fleet.get("hosts"), "its name is known")
        self.assertTrue(proxy.asked)
        # From then on it does not matter what the file says.
        os.unlink(self.folder("home"))
        site.stop()
        site.start()
        self.fleet.wait_online("sites", "oslo")

    def test_a_host_approved_beforehand_is_let_in_with_central_away(self):
        host = self.identity("oslo")
        self.fleet.must(self.approve(host))
        again = self.fleet.must(self.approve(host))
        self.assertIn("becomes a host of site oslo", again.out)
        # The region has heard of it once it has heard of what came later.
        self.fleet.must(self.fleet.join_site(self.folder("bergen"),
                                             self.fleet.site_token("bergen")))
        self.fleet.central.kill()
        calling = self.call("oslo")
        self.assertEqual(calling.wait(timeout=60), 0)

    def test_a_region_alone_lets_in_by_a_token_that_central_left_it_and_not_otherwise(self):
        host = self.identity("oslo")
        self.call("oslo")
        self.waits(host, self.region)
        refused = self.approve(host, at=self.region)
        self.assertSays(refused, 4, "no unused token", "approve it at central")
        self.fleet.token("site", "oslo")
        eventually(lambda: self.approve(host, at=self.region).code == 0, "the token came")
        self.fleet.central.kill()
        eventually(lambda: os.path.exists(self.folder("oslo") + "/identity/chain.pem"), "it is in")

    def test_what_is_wrong_is_said_with_what_to_do(self):
        self.assertSays(self.approve("abc"), 2, "no identity of a host", "skerry-site id")
        self.assertSays(self.fleet.skerry("host", "approve", "a" * 32, "--site", "nowhere"), 3,
                        "nowhere")
        self.assertSays(self.approve("a" * 32, at=self.region), 3, "waits at this region")
        data = ("--data", self.folder("new"))
        for words in (("join", "--home", "north:443"), ("serve", "--home", "north:443#12")):
            self.assertSays(self.fleet.run("skerry-site", *words, *data), 2, "HOST:PORT#PIN")
        absent = self.fleet.run("skerry-site", "join", "--home", "@/nonexistent", *data)
        self.assertSays(absent, 2, "cannot read /nonexistent")
        foreign = self.home.split("#")[0] + "#" + "ab" * 32
        self.assertSays(self.fleet.run("skerry-site", "join", "--home", foreign, *data), 5,
                        "error: ")
        self.assertEqual(self.fleet.get("pending"), {})


main()
