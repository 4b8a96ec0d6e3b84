#!/usr/bin/env python3
"""A fleet over links of two seconds there and back that lose one packet in twenty.
slow_link_test.py PROGRAMS_FOLDER [UNITTEST OPTION...]"""
import time

from fleet import NO_ENGINE, TENANT, application, eventually, process_service
from fleet_case import FleetCase, main
from slow_link import SlowLink

SLOW_S = 150  # to wait for what takes seconds without such a link


class SlowLinkTest(FleetCase):
    def link(self, daemon, seed):
        link = SlowLink(lambda: daemon().port, seed=seed)
        self.addCleanup(link.close)
        return link

    def begin(self):
        """Three tiers, each below the next over a link of its own."""
        fleet = self.fleet
        region = None
        up = self.link(lambda: fleet.central, 1)
        down = self.link(lambda: region, 2)
        fleet.central = fleet.add("central", "central")
        fleet.must(fleet.run("skerry-central", "init", "--data", fleet.central.data, "--name",
                             "central", "--advertise", up.address))
        fleet.central.start()
        fleet.must(fleet.apply(f"kind: Tenant\nname: {TENANT}\n---\nkind: Region\nname: north\n"))
        region = fleet.add("region", "north", "--advertise", down.address)
        fleet.must(fleet.run("skerry-region", "join", fleet.token("region", "north"), "--data",
                             region.data, seconds=SLOW_S))
        region.start()
        eventually(lambda: fleet.get("regions")["north"]["address"], "north reported its address",
                   SLOW_S)
        site = fleet.add("site", "shop", "--engine", NO_ENGINE)
        fleet.declare_site("shop")
        token = fleet.token("site", "shop")

        def joined():
            done = fleet.run("skerry-site", "join", token, "--data", site.data, seconds=SLOW_S)
            early = "token-unknown" in done.err or "site-not-here" in done.err
            return None if early else done
        fleet.must(eventually(joined, "the region heard of the token", SLOW_S))
        site.start()
        eventually(lambda: fleet.get("sites").get("shop", {}).get("online"), "shop is online",
                   SLOW_S)
        return up, down, site

    def apply(self, version):
        services = {"web": process_service(f"echo version {version}; exec sleep 1000")}
        self.fleet.must(self.fleet.apply(application("pos", services)))

    def test_a_fleet_over_slow_links_that_lose_packets_joins_deploys_and_answers(self):
        up, down, site = self.begin()
        fleet = self.fleet
        self.apply(1)
        eventually(lambda: fleet.get("instances").get(("shop", "pos", "web"), {}).get("state")
                   == "running", "central hears that it runs", SLOW_S)
        begin = time.monotonic()
        top = fleet.must(fleet.skerry("top", "sites", "-o", "json", seconds=SLOW_S))
        self.assertIn("shop", top.out)
        lines = fleet.must(fleet.skerry("logs", "pos", "--tenant", TENANT, seconds=SLOW_S))
        self.assertIn("version 1", lines.out)
        # Two links, twice: whoever answers faster has not asked the site.
        self.assertGreater(time.monotonic() - begin, 8)
        # Links that break in the middle of something cost time alone.
        self.apply(2)
        for link in (up, down):
            link.cut()

        def runs():
            seen = fleet.skerry("logs", "pos", "--tenant", TENANT, seconds=SLOW_S)
            return "version 2" in seen.out
        eventually(runs, "the second version runs", SLOW_S)
        eventually(lambda: fleet.get("sites")["shop"]["online"], "shop is online again", SLOW_S)


if __name__ == "__main__":
    main()
