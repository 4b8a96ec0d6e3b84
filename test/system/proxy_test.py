#!/usr/bin/env python3
"""Joining, and staying in touch, through an HTTP proxy."""
import time

from fleet import NO_ENGINE, eventually
from fleet_case import FleetCase, main
from proxy import Proxy


class ProxyTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.fleet.begin_central()
        self.proxies = []

    def tearDown(self):
        for proxy in self.proxies:
            proxy.close()
        super().tearDown()

    def proxy(self, *manner):
        self.proxies.append(Proxy(*manner))
        return self.proxies[-1]

    def join(self, token, url, name="oslo"):
        return self.fleet.run("skerry-site", "join", token, "--data",
                              f"{self.fleet.folder}/{name}", "--proxy", url)

    def test_all_tiers_join_and_talk_through_a_proxy_that_wants_a_password(self):
        proxy = self.proxy("pass", "ann:p@ss")
        url = proxy.url("ann:p%40ss@")
        self.fleet.must(self.fleet.apply("kind: Region\nname: north\n"))
        region = self.fleet.add("region", "north")
        token = self.fleet.token("region", "north")
        self.fleet.must(self.fleet.run("skerry-region", "join", token, "--data", region.data,
                                       "--proxy", url))
        region.start()
        self.fleet.wait_online("regions", "north")
        self.assertEqual(set(proxy.asked), {f"127.0.0.1:{self.fleet.central.port}"})
        # A name that only the proxy can look up.
        region.stop()
        region.flags = ("--advertise", f"north.far.example:{region.port}")
        proxy.names["north.far.example"] = "127.0.0.1"
        region.start()
        eventually(lambda: "far.example" in self.fleet.get("regions")["north"]["address"],
                   "its new address is known")
        site = self.fleet.add("site", "oslo", "--engine", NO_ENGINE)
        self.fleet.declare_site("oslo")
        token = self.fleet.token("site", "oslo")
        eventually(lambda: self.join(token, url).code == 0, "it joined")
        site.start()
        self.fleet.wait_online("sites", "oslo")
        self.assertIn(f"north.far.example:{region.port}", proxy.asked)
        # It is gone, and comes back.
        proxy.close()
        eventually(lambda: not self.fleet.get("sites", at=region)["oslo"]["online"], "it is down")
        said = eventually(lambda: [line for line in [self.fleet.skerry("status", at=site).out]
                                   if "the proxy" in line], "the site says why")
        self.assertIn(f"127.0.0.1:{proxy.port}", said[0])
        proxy.open()
        self.fleet.wait_online("sites", "oslo")
        for text in (site.said(), region.said(), said[0]):
            self.assertNotIn("p@ss", text)
            self.assertNotIn("p%40ss", text)
        # Leaving tells the region through it, too.
        left = self.fleet.run("skerry-site", "leave", "--data", site.data, "--engine", NO_ENGINE)
        self.assertEqual(left.code, 0, left)
        self.assertIn("the region forgot", left.out)

    def test_a_proxy_that_hangs_refuses_or_dies_is_named_within_seconds(self):
        self.fleet.begin_region()
        token = self.fleet.site_token("oslo")
        for manner, says in (("hang", "did not answer in"), ("die", "hung up before"),
                             ("407", "wants a user and a password"), ("403", "allow CONNECT"),
                             ("502", "502 So be it")):
            proxy = self.proxy(manner)
            begin = time.monotonic()
            done = self.join(token, proxy.url())
            self.assertSays(done, 5, "error: ", f"the proxy 127.0.0.1:{proxy.port}", says)
            self.assertLess(time.monotonic() - begin, 15)
        gone = self.proxy()
        gone.close()
        self.assertSays(self.join(token, gone.url()), 5, f"the proxy 127.0.0.1:{gone.port}")
        self.assertSays(self.join(token, "proxy:3128"), 2, "http://[USER:PASSWORD@]HOST:PORT")
        # None of them used the token up, and another proxy can be given to who joined already.
        good = self.proxy()
        eventually(lambda: self.join(token, good.url()).code == 0, "it joined")
        other = self.proxy()
        again = self.fleet.must(self.join(token, other.url()))
        self.assertIn("already", again.out)
        self.assertIn("through the proxy", again.out)
        site = self.fleet.add("site", "oslo", "--engine", NO_ENGINE).start()
        self.fleet.wait_online("sites", "oslo")
        self.assertTrue(other.asked)
        site.stop()
        doctor = self.fleet.run("skerry-site", "doctor", "--data", site.data)
        self.assertNotIn("no answer", doctor.out)
        other.manner = "502"
        doctor = self.fleet.run("skerry-site", "doctor", "--data", site.data)
        self.assertIn(f"the proxy 127.0.0.1:{other.port} answered 502", doctor.out)


main()
