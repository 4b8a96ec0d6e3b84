#!/usr/bin/env python3
"""Tenants on real programs: quotas, blocks, names, sets. tenancy_test.py PROGRAMS [OPTION...]"""
import json
import unittest

from fleet import TENANT, alive, application, eventually, process_service
from fleet_case import FleetCase, main

OTHER = TENANT + "b"


def limited(script, **limits):
    return {**process_service(script), "deploy": {"resources": {"limits": limits}}}


def of_tenant(manifest, tenant):
    return json.dumps({**json.loads(manifest), "tenant": tenant})


def tenant(name, **quota):
    return json.dumps({"kind": "Tenant", "name": name, "quota": quota})


def group_of(pid, controller):
    """The control group that holds a process under v1 or v2, as (folder of it, whether v2)."""
    with open(f"/proc/{pid}/cgroup") as file:
        lines = [line.rstrip("\n").split(":", 2) for line in file]
    for _, controllers, path in lines:
        if controller in controllers.split(","):
            return f"/sys/fs/cgroup/{controller}{path}", False
    return "/sys/fs/cgroup" + next(path for _, names, path in lines if names == ""), True


def content(path):
    with open(path) as file:
        return file.read().strip()


class TenancyTest(FleetCase):
    def reason(self, name="shop", app="pos", at=None):
        return self.fleet.get("instances", at=at)[(name, app, "web")]

    def test_a_quota_is_admitted_and_its_limits_are_held_by_the_kernel(self):
        fleet = self.fleet
        fleet.begin_three_tiers("shop")
        fleet.must(fleet.apply(tenant(TENANT, instances=1, memory="64Mi", cpus="1")))
        refused = fleet.apply(application("pos", {"web": process_service("sleep 1000")}))
        self.assertSays(refused, 2, "services.web.deploy.resources.limits.cpus",
                        "services.web.deploy.resources.limits.memory")
        web = limited("sleep 1000", cpus="0.5", memory="32M", pids=20)
        pos = application("pos", {"web": web})
        plan = json.loads(fleet.must(fleet.skerry("plan", "-f", "-", "-o", "json",
                                                  feed=pos.encode())).out)
        self.assertIn({"tenant": TENANT, "resource": "memory", "used": "0", "after": "32Mi",
                       "quota": "64Mi"}, plan["quotas"])
        fleet.must(fleet.apply(pos))
        pid = fleet.wait_running(("shop", "pos", "web"))[("shop", "pos", "web")]
        memory, is_v2 = group_of(pid, "memory")
        self.assertEqual(content(memory + ("/memory.max" if is_v2
                                           else "/memory.limit_in_bytes")), str(32 << 20))
        self.assertEqual(content(group_of(pid, "pids")[0] + "/pids.max"), "20")
        cpu, is_v2 = group_of(pid, "cpu")
        if is_v2:
            self.assertEqual(content(cpu + "/cpu.max"), "50000 100000")
        else:
            self.assertEqual(content(cpu + "/cpu.cfs_quota_us"), "50000")
        self.assertSays(fleet.apply(application("kiosk", {"web": web})), 6, "quota of 1")
        self.assertSays(fleet.apply(tenant(TENANT, instances=0)), 6, "application pos 1")
        # A second site that matches is left out, and told why, everywhere.
        fleet.declare_site("late")
        target = eventually(lambda: next(
            (t for t in fleet.get("apps")["pos"]["targets"] if t["verdict"] == "blocked"), None),
            "the region says what it left out")
        self.assertEqual(target["site"], "late")
        self.assertIn("no quota", target["reason"])
        why = fleet.must(fleet.skerry("why", "pos", "--site", "late"))
        self.assertIn("no quota", why.out)
        plan = fleet.must(fleet.skerry("plan", "-f", "-", feed=pos.encode()))
        self.assertRegex(plan.out, r"late +north +blocked")
        self.assertTrue(alive(pid))

    def test_a_blocked_tenant_stays_stopped_with_nobody_upstream_until_it_is_unblocked(self):
        fleet = self.fleet
        _, region, site = fleet.begin_three_tiers("shop")
        fleet.must(fleet.apply(application("pos", {"web": process_service("sleep 1000")})))
        pid = fleet.wait_running(("shop", "pos", "web"))[("shop", "pos", "web")]
        needs_yes = fleet.skerry("block", "tenant", TENANT)
        self.assertSays(needs_yes, 2, "--yes")
        blocked = fleet.must(fleet.skerry("block", "tenant", TENANT, "--reason", "unpaid", "--yes"))
        self.assertIn("blocked", blocked.out)
        eventually(lambda: not alive(pid), "it stopped")
        because = f"blocked by central: tenant {TENANT}: unpaid"
        eventually(lambda: self.reason()["reason"] == because, "central is told")
        self.assertEqual(self.reason()["state"], "stopped")
        self.assertIn("unpaid", fleet.get("tenants")[TENANT]["blocked"])
        self.assertIn(f"skerry unblock tenant {TENANT}", fleet.must(fleet.skerry("status")).out)
        self.assertIn(because, fleet.must(fleet.skerry("why", "pos", "--site", "shop")).out)
        waited = fleet.must(fleet.apply(application("pos", {"web": process_service("sleep 2000")})))
        self.assertIn("changed", waited.out)
        region.kill()
        site.kill()
        site.start()
        eventually(lambda: self.reason(at=site)["reason"] == because, "the site knows by itself")
        self.assertEqual(self.reason(at=site)["state"], "stopped")
        self.assertIn(because, fleet.must(fleet.skerry("why", "pos", "--site", "shop",
                                                       at=site)).out)
        self.assertSays(fleet.skerry("unblock", "tenant", TENANT, at=site), 4, "central")
        region.start()
        fleet.must(fleet.skerry("unblock", "tenant", TENANT))
        fleet.wait_running(("shop", "pos", "web"))

    def test_a_blocked_host_is_refused_and_comes_back_when_it_is_unblocked(self):
        fleet = self.fleet
        fleet.begin_three_tiers("shop")
        fleet.must(fleet.apply(application("pos", {"web": process_service("sleep 1000")})))
        pid = fleet.wait_running(("shop", "pos", "web"))[("shop", "pos", "web")]
        host = next(iter(fleet.get("hosts")))
        fleet.must(fleet.skerry("block", "host", host, "--reason", "stolen", "--yes"))
        eventually(lambda: not fleet.get("sites")["shop"]["online"], "its session ended")
        self.assertIn("stolen", fleet.get("hosts")[host]["blocked"])
        self.assertTrue(alive(pid))
        unknown = fleet.must(fleet.skerry("block", "host", "shop/nobody", "--yes"))
        self.assertIn("no host of this name", unknown.err)
        self.assertSays(fleet.skerry("block", "host", "nowhere/box", "--yes"), 3)
        self.assertSays(fleet.skerry("block", "region", "north", "--yes"), 2)
        fleet.must(fleet.skerry("unblock", "host", host))
        fleet.wait_online("sites", "shop")
        self.assertTrue(alive(pid))

    def test_a_name_in_two_tenants_is_two_applications_everywhere(self):
        fleet = self.fleet
        _, region, site = fleet.begin_three_tiers("shop")
        fleet.must(fleet.apply(tenant(OTHER)))
        mine = application("pos", {"web": process_service("echo mine; exec sleep 1000")})
        web = process_service("echo theirs; exec sleep 900")
        theirs = of_tenant(application("pos", {"web": web}), OTHER)
        fleet.must(fleet.apply(mine + "\n---\n" + theirs))

        def running(at=None):
            items = fleet.ask("get", "instances", at=at)["items"]
            return {i["tenant"]: i["status"]["pid"] for i in items
                    if i["status"]["state"] == "running"}
        eventually(lambda: set(running()) == {TENANT, OTHER}, "both run")
        pids = running()
        self.assertEqual(len(set(pids.values())), 2)
        for words in (("describe", "app", "pos"), ("logs", "pos"), ("why", "pos", "--site", "shop"),
                      ("delete", "app", "pos", "--yes"), ("wait", "app", "pos", "--for", "healthy"),
                      ("wait", "app", "pos", "--for", "gone")):
            with self.subTest(words=words):
                self.assertSays(fleet.skerry(*words), 2, TENANT, OTHER, "-t TENANT")
        for at in (region, site):
            self.assertSays(fleet.skerry("logs", "pos", at=at), 2, TENANT, OTHER)
            self.assertSays(fleet.skerry("why", "pos", "--site", "shop", at=at), 2, TENANT, OTHER)
            self.assertEqual(set(running(at)), {TENANT, OTHER})
        self.assertEqual(len(fleet.ask("get", "apps", "pos")["items"]), 2)
        for at in (None, region, site):
            lines = eventually(lambda at=at: fleet.skerry("-t", OTHER, "logs", "pos", at=at).out,
                               "it wrote a line")
            self.assertIn("theirs", lines)
            self.assertNotIn("mine", lines)
            eventually(lambda at=at: {
                (row["tenant"], row["app"]) for row in fleet.ask("top", "apps", at=at)["items"]
            } == {(TENANT, "pos"), (OTHER, "pos")}, "both are measured apart")
        fleet.must(fleet.skerry("-t", OTHER, "describe", "app", "pos"))
        fleet.must(fleet.skerry("-t", OTHER, "wait", "app", "pos", "--for", "healthy"))
        fleet.must(fleet.skerry("-t", OTHER, "delete", "app", "pos", "--yes", "--wait"))
        eventually(lambda: set(running()) == {TENANT}, "one is gone")
        self.assertEqual(running()[TENANT], pids[TENANT])
        fleet.must(fleet.skerry("describe", "app", "pos"))

    def test_what_a_set_does_not_bring_any_more_is_planned_and_pruned(self):
        fleet = self.fleet
        fleet.begin_central()
        fleet.must(fleet.apply("kind: Region\nname: north\n"))
        fleet.declare_site("shop")
        web = {"web": process_service("sleep 1000")}
        both = "\n---\n".join([tenant(TENANT), application("pos", web), application("old", web)])
        fleet.must(fleet.apply(both, "--set", "shop-files"))
        rest = application("pos", web)
        plan = json.loads(fleet.must(fleet.skerry(
            "plan", "-f", "-", "--set", "shop-files", "-o", "json", feed=rest.encode())).out)
        self.assertEqual([(o["kind"], o["name"]) for o in plan["pruned"]], [("application", "old")])
        fleet.must(fleet.apply(rest, "--set", "shop-files"))
        self.assertEqual(set(fleet.get("apps")), {"pos", "old"})
        self.assertSays(fleet.apply(rest, "--prune"), 2, "--set")
        done = fleet.must(fleet.apply(rest, "--set", "shop-files", "--prune"))
        self.assertIn("application/old deleted", done.out)
        self.assertEqual(set(fleet.get("apps")), {"pos"})
        self.assertIn(TENANT, fleet.get("tenants"))

    def test_labels_of_operators_choose_sites_and_outlive_the_manifest(self):
        fleet = self.fleet
        fleet.begin_central()
        fleet.must(fleet.apply("kind: Region\nname: north\n"))
        fleet.declare_site("shop")
        fleet.must(fleet.skerry("label", "site", "shop", "size=large", "kind=kiosk"))
        self.assertEqual(set(fleet.get("sites", "-l", "size = large and kind = kiosk")), {"shop"})
        fleet.declare_site("shop", labels="kind: shop, city: oslo")
        self.assertEqual(set(fleet.get("sites", "-l", "size = large and city = oslo")), {"shop"})
        self.assertSays(fleet.skerry("label", "site", "shop", "city-"), 6, "manifest")
        fleet.must(fleet.skerry("label", "site/shop", "size-", "kind-"))
        self.assertEqual(set(fleet.get("sites", "-l", "kind = shop and not size exists")), {"shop"})
        self.assertSays(fleet.skerry("label", "site", "shop"), 2)
        self.assertSays(fleet.skerry("label", "site", "nowhere", "a=b"), 3)
        self.assertSays(fleet.skerry("label", "site", "shop", "and=b"), 2)


if __name__ == "__main__":
    main()
