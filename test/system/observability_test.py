#!/usr/bin/env python3
"""What each tier shows to those who look on: /metrics, /healthz and /readyz.
observability_test.py PROGRAMS_FOLDER [UNITTEST OPTION...]"""
import json
import re
import socket
import unittest
import urllib.error
import urllib.request

from fleet import TENANT, application, eventually, process_service
from fleet_case import FleetCase, main

TIMEOUT_S = 10
SAMPLE = re.compile(r'([a-z][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (-?[0-9.e+-]+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def pages_of(daemon):
    """Where run.json says they are."""
    with open(daemon.data + "/run.json") as file:
        return json.load(file)["http"]


def get(daemon, path):
    """(status, text)"""
    try:
        with urllib.request.urlopen(f"http://{pages_of(daemon)}{path}", timeout=TIMEOUT_S) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics(daemon):
    """{(name, ((label, value)...)): number}; fails on what Prometheus would not read."""
    status, text = get(daemon, "/metrics")
    assert status == 200, (status, text)
    samples, family, types = {}, None, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split()
            assert family not in types, f"{family} comes twice"
            assert kind == "counter" or not family.endswith("_total"), line
            types[family] = kind
        elif not line.startswith("# HELP "):
            found = SAMPLE.fullmatch(line)
            assert found and found.group(1) == family, line
            key = (family, tuple(sorted(LABEL.findall(found.group(2) or ""))))
            assert key not in samples, line
            samples[key] = float(found.group(3))
    return samples


def sample(daemon, name, **labels):
    return metrics(daemon).get((name, tuple(sorted(labels.items()))))


class ObservabilityTest(FleetCase):
    def begin(self, name="shop"):
        """Three tiers with their pages open."""
        fleet = self.fleet
        add = fleet.add
        fleet.add = lambda tier, name, *flags: add(tier, name, "--http", "127.0.0.1:0", *flags)
        return fleet.begin_three_tiers(name)

    def test_every_tier_is_healthy_and_ready_and_shows_what_is_below_it(self):
        central, region, site = self.begin()
        services = {"web": process_service("sleep 1000")}
        self.fleet.must(self.fleet.apply(application("pos", services)))
        self.fleet.wait_running(("shop", "pos", "web"))
        for daemon in (central, region, site):
            self.assertEqual(get(daemon, "/healthz"), (200, "ok\n"))
            self.assertEqual(get(daemon, "/readyz"), (200, "ready\n"))
            self.assertEqual(get(daemon, "/secrets")[0], 404)
            eventually(lambda d=daemon: sample(d, "skerry_instances", state="running") == 1,
                       f"{daemon.name} counts the instance")
            self.assertGreater(sample(daemon, "skerry_resident_bytes"), 1 << 20)
        self.assertEqual(sample(central, "skerry_sites", region="north", state="online"), 1)
        self.assertEqual(sample(central, "skerry_region_up", region="north"), 1)
        self.assertEqual(sample(region, "skerry_site_up", site="shop"), 1)
        self.assertEqual(sample(region, "skerry_uplink_up"), 1)
        web = {"tenant": TENANT, "app": "pos", "service": "web", "instance": "0"}
        self.assertEqual(sample(site, "skerry_instance_up", **web), 1)
        self.assertEqual(sample(site, "skerry_applications", verdict="accepted"), 1)

    def test_a_site_that_is_alone_is_ready_and_says_that_it_is_alone(self):
        central, region, site = self.begin()
        region.kill()
        eventually(lambda: sample(site, "skerry_uplink_up") == 0, "the site sees that it is alone")
        self.assertEqual(get(site, "/readyz"), (200, "ready\n"))
        eventually(lambda: sample(central, "skerry_region_up", region="north") == 0,
                   "central sees that the region is away")

    def test_what_an_instance_uses_is_measured_and_top_shows_it_at_every_tier(self):
        central, region, site = self.begin()
        busy = "yes | head -c 100000000 > /dev/null; exec sleep 1000"
        self.fleet.must(self.fleet.apply(application("pos", {"web": process_service(busy)})))
        self.fleet.wait_running(("shop", "pos", "web"))
        web = {"tenant": TENANT, "app": "pos", "service": "web", "instance": "0"}
        eventually(lambda: sample(site, "skerry_instance_memory_bytes", **web), "it was measured")
        eventually(lambda: sample(site, "skerry_instance_cpu_seconds_total", **web) > 0.01,
                   "its processor time was measured")
        self.assertLess(sample(site, "skerry_instance_cpu_seconds_total", **web), 60)
        self.assertGreater(sample(site, "skerry_host_memory_total_bytes"), 1 << 20)
        self.assertGreater(sample(site, "skerry_host_cpu_seconds_total"), 1)
        for daemon in (central, region, site):
            top = self.fleet.ask("top", "instances", at=daemon)
            self.assertEqual([(row["site"], row["app"], row["service"]) for row in top["items"]],
                             [("shop", "pos", "web")])
            self.assertEqual(top["missing"], [])
            (row,) = self.fleet.ask("top", "apps", at=daemon)["items"]
            self.assertEqual((row["sites"], row["instances"]), (1, 1))
            (row,) = self.fleet.ask("top", "sites", at=daemon)["items"]
            self.assertGreater(row["cpuTotalMilli"], 0)
            self.assertGreater(row["diskTotalBytes"], row["diskBytes"])

    def test_lines_are_searched_at_the_sites_and_come_in_order(self):
        central, _, site = self.fleet.begin_three_tiers("shop")
        say = "echo {0} one; sleep 0.2; echo {0} two; exec sleep 1000"
        services = {name: process_service(say.format(name)) for name in ("db", "web")}
        self.fleet.must(self.fleet.apply(application("pos", services)))
        self.fleet.wait_running(("shop", "pos", "db"), ("shop", "pos", "web"))

        def lines(*words, at=central):
            out = self.fleet.must(self.fleet.skerry("logs", "pos", *words, "-o", "json", at=at)).out
            return [json.loads(line) for line in out.splitlines()]
        found = eventually(lambda: len(lines()) == 4 and lines(), "the lines are there")
        times = [line["at"] for line in found]
        self.assertEqual(times, sorted(times))
        for daemon in (central, site):
            texts = sorted(line["text"] for line in lines("--grep", "^(db|kiosk) t.o$", at=daemon))
            self.assertEqual(texts, ["db two"])
        self.assertEqual(lines("--until", "1h"), [])
        self.assertSays(self.fleet.skerry("logs", "pos", "--grep", "("), 2, "--grep")

    def test_the_pages_are_there_only_when_asked_for(self):
        central = self.fleet.begin_central()
        self.assertEqual(pages_of(central), "")

    def test_an_address_that_is_taken_keeps_no_daemon_from_serving(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            fleet = self.fleet
            add = fleet.add
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            fleet.add = lambda tier, name, *flags: add(tier, name, "--http", address, *flags)
            central = fleet.begin_central()
            self.assertEqual(pages_of(central), "")
            self.assertIn("http.unavailable", central.said())
            self.assertIn("--http", central.said())
        eventually(lambda: pages_of(central) == address, "the address is free", 30)
        self.assertEqual(get(central, "/healthz"), (200, "ok\n"))

    def test_hostile_requests_cost_their_own_connection(self):
        fleet = self.fleet
        add = fleet.add
        fleet.add = lambda tier, name, *flags: add(tier, name, "--http", "127.0.0.1:0", *flags)
        central = fleet.begin_central()
        host, port = pages_of(central).rsplit(":", 1)
        begin = b"POST /metrics HTTP/1.1\r\nHost: a\r\n"
        for hostile in (b"Content-Length: -1\r\n\r\nabc",
                        b"Content-Length: 18446744073709551615\r\n\r\nabc",
                        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
                        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
                        b"X: " + b"a" * (1 << 20), b"\0" * 1000):
            with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as peer:
                try:
                    peer.sendall(begin + hostile)
                    while peer.recv(1 << 16):
                        pass
                except ConnectionError:
                    pass
            self.assertEqual(get(central, "/healthz"), (200, "ok\n"))


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    main()
