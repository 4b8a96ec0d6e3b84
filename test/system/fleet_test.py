#!/usr/bin/env python3
"""Three tiers of real programs, from an application to its process, and what is away in between."""
import os
import random
import signal
import time

from fleet import TENANT, alive, application, eventually, keeper_says, process_service
from fleet_case import FleetCase, main

ROUNDS = 20
SEED = int(os.environ.get("SKERRY_TEST_SEED", "1"))
STOP_S = 5
TICK = "echo up {}; while :; do sleep 1; done"


def two_services(web="1"):
    return application("pos", {"web": process_service(TICK.format("web"), VERSION=web),
                               "till": process_service(TICK.format("till"))})


def churn(round_):
    return application("churn", {"s": process_service(TICK.format("churn"), ROUND=str(round_))})


WEB, TILL, CHURN = ("oslo", "pos", "web"), ("oslo", "pos", "till"), ("oslo", "churn", "s")


class FleetTest(FleetCase):
    def begin_with_application(self):
        tiers = self.fleet.begin_three_tiers("oslo")
        self.fleet.must(self.fleet.apply(two_services()))
        self.pids = self.fleet.wait_running(WEB, TILL)
        return tiers

    def runs_with(self, key, variable):
        status = self.fleet.get("instances").get(key, {"state": "none"})
        return (status["state"] == "running" and alive(status["pid"]) and
                variable in self.environment_of(status["pid"]))

    def environment_of(self, pid):
        with open(f"/proc/{pid}/environ") as file:
            return file.read().split("\0")

    def test_a_process_application_runs_at_every_site_that_matches_and_ends_when_deleted(self):
        fleet = self.fleet
        fleet.begin_three_tiers("oslo", "bergen")
        fleet.must(fleet.apply("kind: Site\nname: spare\nregion: north\nlabels: { kind: depot }\n"))
        done = fleet.must(fleet.apply(two_services(), "--wait"))
        self.assertIn("healthy at 2 of 2 sites", done.out)
        everywhere = [(site, "pos", service) for site in ("oslo", "bergen")
                      for service in ("web", "till")]
        pids = fleet.wait_running(*everywhere)
        for pid in pids.values():
            self.assertTrue(alive(pid))
        self.assertIn("VERSION=1", self.environment_of(pids[WEB]))
        lines = fleet.must(fleet.skerry("logs", "pos", "-t", TENANT)).out
        self.assertEqual(lines.count("up web"), 2, lines)
        self.assertIn("unchanged", fleet.must(fleet.apply(two_services())).out)
        self.assertEqual(fleet.wait_running(*everywhere), pids)
        fleet.must(fleet.skerry("delete", "app", "pos", "-t", TENANT, "--yes", "--wait"))
        eventually(lambda: not any(alive(pid) for pid in pids.values()), "its processes ended")

    def test_killing_each_daemon_at_random_moments_loses_nothing_and_applications_keep_their_pids(
            self):
        tiers = self.begin_with_application()
        chance = random.Random(SEED)
        declared = set()
        for round_ in range(ROUNDS):
            name = f"extra{round_}"
            done = self.fleet.apply(application(name, {"s": process_service(TICK.format(name))},
                                                sites="kind = nowhere"))
            self.assertEqual(done.code, 0, f"seed {SEED} round {round_}: {done}")
            declared.add(name)
            # Orders, replacements and reports are on their way when somebody dies.
            self.fleet.must(self.fleet.apply(churn(round_)))
            time.sleep(chance.uniform(0, 0.15))
            victims = chance.sample(tiers, chance.randint(1, len(tiers)))
            for victim in victims:
                victim.kill()
            for victim in chance.sample(victims, len(victims)):
                victim.spawn()
                if chance.random() < 0.3:  # again, while it starts
                    time.sleep(chance.uniform(0, 0.1))
                    victim.kill()
                    victim.spawn()
            for victim in victims:
                victim.wait_ready()
            told = f"seed {SEED} round {round_}"
            self.assertEqual(set(self.fleet.get("apps")), declared | {"pos", "churn"}, told)
            for key, pid in self.pids.items():
                self.assertTrue(alive(pid), f"{told}: {key}")
        self.fleet.wait_online("regions", "north")
        self.fleet.wait_online("sites", "oslo")
        last = f"ROUND={ROUNDS - 1}"
        eventually(lambda: self.runs_with(CHURN, last), f"seed {SEED}: {last} runs")
        now = self.fleet.wait_running(WEB, TILL, CHURN)
        self.assertEqual({key: now[key] for key in self.pids}, self.pids, f"seed {SEED}")

    def test_a_site_alone_adopts_its_applications_and_heals_them_with_nothing_upstream(self):
        central, region, site = self.begin_with_application()
        for daemon in (central, region, site):
            daemon.kill()
        site.start()
        self.assertEqual(self.fleet.wait_running(WEB, TILL, at=site), self.pids)
        os.kill(self.pids[TILL], signal.SIGKILL)
        healed = eventually(lambda: self.moved(site, TILL), "the service was started again")
        self.assertEqual(healed["restarts"], 1)
        self.assertEqual(self.fleet.get("instances", at=site)[WEB]["pid"], self.pids[WEB])
        self.assertIn("offline", self.fleet.must(self.fleet.skerry("status", at=site)).out)

    def moved(self, at, key):
        status = self.fleet.get("instances", at=at).get(key)
        moved = status and status["state"] == "running" and status["pid"] != self.pids[key]
        return status if moved else None

    def keepers(self, count):
        """Their processes, once the callers that made them are gone."""
        found = {pid for pid, words in self.fleet.ours() if "skerry-keeper" in words[0]}
        return found if len(found) == count else None

    def test_a_keeper_that_is_killed_at_any_moment_costs_no_service_and_has_a_successor(self):
        central, region, site = self.begin_with_application()
        chance = random.Random(SEED)
        folders = {key: f"{site.data}/run/{TENANT}.pos.{key[2]}.0" for key in self.pids}
        for round_ in range(5):
            keepers = eventually(lambda: self.keepers(len(folders)), "each service has one keeper")
            for pid in keepers:
                os.kill(pid, signal.SIGKILL)
            if round_ % 2:  # and the controller with them
                site.kill()
                site.start()
            time.sleep(chance.uniform(0, 0.3))
            for key, folder in folders.items():
                eventually(lambda f=folder: keeper_says(f, "pid"), f"{key} has a keeper again")
                self.assertEqual(int(keeper_says(folder, "pid")), self.pids[key],
                                 f"seed {SEED} round {round_}")
        self.assertEqual(self.fleet.wait_running(WEB, TILL), self.pids)

    def test_a_service_that_died_while_no_daemon_was_there_runs_again_after_the_start(self):
        central, region, site = self.begin_with_application()
        site.kill()
        os.kill(self.pids[WEB], signal.SIGKILL)
        site.start()
        eventually(lambda: self.moved(site, WEB), "the service was started again")
        self.assertEqual(self.fleet.get("instances", at=site)[TILL]["pid"], self.pids[TILL])

    def test_when_the_upper_tiers_return_a_change_replaces_only_the_service_that_changed(self):
        central, region, site = self.begin_with_application()
        central.kill()
        region.kill()
        site.kill()
        site.start()
        region.start()
        central.start()
        self.fleet.must(self.fleet.apply(two_services(web="2")))
        eventually(lambda: self.moved(self.fleet.central, WEB), "the change arrived")
        now = self.fleet.wait_running(WEB, TILL)
        self.assertEqual(now[TILL], self.pids[TILL])
        self.assertFalse(alive(self.pids[WEB]))
        self.assertIn("VERSION=2", self.environment_of(now[WEB]))

    def test_a_change_that_was_made_while_a_site_was_away_reaches_it_when_it_returns(self):
        central, region, site = self.begin_with_application()
        site.kill()
        eventually(lambda: not self.fleet.get("sites")["oslo"]["online"], "it is seen as offline")
        done = self.fleet.must(self.fleet.apply(two_services(web="2"), "--wait"))
        self.assertIn("pending, offline: oslo", done.out)
        late = self.fleet.apply(two_services(web="2"), "--wait=all", "--timeout", "1s")
        self.assertSays(late, 8, "oslo")
        site.start()
        eventually(lambda: self.moved(self.fleet.central, WEB), "the change arrived")
        self.assertEqual(self.fleet.wait_running(WEB, TILL)[TILL], self.pids[TILL])

    def test_an_application_too_large_to_travel_with_the_orders_arrives(self):
        self.begin_with_application()
        bulky = {f"V{i}": "x" * 20000 for i in range(6)}
        self.fleet.must(self.fleet.apply(
            application("bulky", {"s": process_service(TICK, **bulky)}), "--wait"))
        pids = self.fleet.wait_running(WEB, TILL, ("oslo", "bulky", "s"))
        self.assertIn("V5=" + bulky["V5"], self.environment_of(pids["oslo", "bulky", "s"]))

    def test_a_region_that_is_away_is_shown_as_such_and_not_as_failed_applications(self):
        central, region, site = self.begin_with_application()
        region.kill()
        eventually(lambda: not self.fleet.get("regions")["north"]["online"], "it is offline")
        states = {s["state"] for s in self.fleet.get("instances").values()}
        self.assertLessEqual(states, {"running", "unknown"})
        self.assertEqual(self.fleet.wait_running(WEB, TILL, at=site), self.pids)

    def test_a_second_daemon_on_the_same_folder_says_what_to_do_and_disturbs_nobody(self):
        for daemon in self.begin_with_application():
            program, *words = daemon.command()
            second = self.fleet.run(os.path.basename(program), *words, seconds=20)
            self.assertEqual(second.code, 1, second)
            self.assertIn("error: ", second.err)
            self.assertIn("another process", second.err)
            self.assertIn("stop it, or give this one a data folder of its own", second.err)
            self.assertNotIn(".cpp", second.err)
            self.fleet.must(self.fleet.skerry("status", at=daemon))
            self.assertTrue(os.path.exists(daemon.data + "/run.json"))
        self.assertEqual(self.fleet.wait_running(WEB, TILL), self.pids)

    def test_a_polite_stop_takes_less_than_five_seconds_and_leaves_applications_running(self):
        tiers = self.begin_with_application()
        for daemon in tiers:
            code, seconds = daemon.stop()
            self.assertEqual(code, 0, daemon.said()[-2000:])
            self.assertLess(seconds, STOP_S)
            self.assertFalse(os.path.exists(daemon.data + "/run.json"))
        for pid in self.pids.values():
            self.assertTrue(alive(pid))
        for daemon in tiers:
            daemon.start()
        self.assertEqual(self.fleet.wait_running(WEB, TILL), self.pids)

    def test_what_keeps_a_daemon_from_serving_is_said_with_the_way_out(self):
        central, region, site = self.fleet.begin_three_tiers("oslo")
        central.kill()
        taken = f"127.0.0.1:{region.port}"
        for words, *parts in ((("--listen", taken), taken, "in use", "--listen"),
                              (("--listen", "no such place"), "no such place", "--listen"),
                              (("--data", "/proc/nowhere"), "/proc/nowhere", "--data")):
            data = () if "--data" in words else ("--data", central.data)
            done = self.fleet.run("skerry-central", "serve", *data, *words)
            self.assertSays(done, 1, "error: ", *parts)
            self.assertNotIn("sockfd", done.err)
            self.assertNotIn("expected ", done.err)

    def test_declaring_at_a_region_or_a_site_is_refused_with_the_way_out(self):
        central, region, site = self.begin_with_application()
        for daemon in (region, site):
            refused = self.fleet.skerry("apply", "-f", "-", at=daemon, feed=two_services().encode())
            self.assertSays(refused, 4, "central")
            self.assertSays(self.fleet.skerry("delete", "app", "pos", "-t", TENANT, "--yes",
                                              at=daemon), 4, "central")
            self.assertSays(self.fleet.skerry("token", "create", "site", "oslo", at=daemon), 4)
        self.assertEqual(self.fleet.wait_running(WEB, TILL), self.pids)


main()
