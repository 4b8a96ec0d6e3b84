#!/usr/bin/env python3
"""Many sites at one region: simulated ones (test/bench/sim_sites), which join with tokens over TLS.
How fast is scripts/bench's business; here it is that they work."""
import pathlib
import sys

from fleet import TENANT
from fleet_case import FleetCase, main

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
from sim_sites import SimSites  # noqa: E402

SITES = 60


class ScaleTest(FleetCase):
    def test_simulated_sites_join_come_back_and_hear_of_changes_as_real_ones_do(self):
        fleet = self.fleet
        fleet.begin_central()
        fleet.must(fleet.apply(f"kind: Tenant\nname: {TENANT}\n"))
        region = fleet.begin_region()
        sites = SimSites(pathlib.Path(fleet.programs).parent, fleet.central, region.name, SITES)
        try:
            for step in ("join", "connect"):
                self.assertEqual(sites.step(step)["sites"], SITES)
            for version in (1, 2):
                done = sites.step("act", TENANT, "everywhere", SITES, version, "kind = sim")
                self.assertEqual(done["sites"], SITES)
            for step in ("cut", "anew"):
                self.assertEqual(sites.step(step)["sites"], SITES)
            tenth = sites.step("act", TENANT, "some", SITES // 10, 1, "kind = sim and tenth = 3")
            self.assertEqual(tenth["sites"], SITES // 10)
            online = [name for name, site in fleet.get("sites").items() if site["online"]]
            self.assertEqual(len(online), SITES)
        finally:
            sites.close()


if __name__ == "__main__":
    main()
