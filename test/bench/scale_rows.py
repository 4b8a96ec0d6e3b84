"""Rows of one region with thousands of sites: simulated ones (test/bench/sim_sites), with real
certificates, sockets and TLS, in another process of the same machine."""
import os
import pathlib
import resource
import subprocess
import sys
import time

from fleet import TENANT
from sim_sites import SimSites, link_bytes, resident
from table import ratio_row, row

SITES = int(os.environ.get("SKERRY_BENCH_SITES", "10000"))
SPARE_DESCRIPTORS = 500
TENTH = 10  # one application is for a tenth of the sites

JOIN_GOAL_S, FULL_GOAL_S, RESUMED_GOAL_S, CHANGE_GOAL_S = 30, 9, 4, 0.6
SYNCS_GOAL, LINK_GOAL_KIB, MONTH_GOAL_MB = 50, 24, 1.5
# A ping of each link falls into the first, the one after the word into the last: link_limits.h.
IDLE_S, SETTLE_S, WORD_S = 255, 3, 45
SAID_S = 60  # what was said before was followed by a ping
MONTH_S, WORDS_A_MONTH = 30 * 24 * 3600, 30 * 24
HANDSHAKES, HANDSHAKE_GOAL = 2000, 0.8


class SyncCounter:
    """Of fsync and fdatasync calls of one daemon, which was started with it."""

    def __init__(self, build, folder):
        self.path = pathlib.Path(folder) / "syncs"
        self.path.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(build / "bench/libbench_syncs.so"),
                            "SKERRY_BENCH_SYNCS": str(self.path)}

    def value(self):
        return int.from_bytes(self.path.read_bytes(), sys.byteorder)


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def begin_region(fleet, counter):
    """Central and a region that counts its syncs, and a tenant."""
    fleet.begin_central()
    fleet.must(fleet.apply(f"kind: Tenant\nname: {TENANT}\n"))
    plain = fleet.environment
    fleet.environment = {**plain, **counter.environment}
    region = fleet.begin_region()
    fleet.environment = plain
    return region


def bench_scale(build, fleet):
    count = min(SITES, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE_DESCRIPTORS)
    counter = SyncCounter(build, fleet.folder)
    sites = None
    try:
        region = begin_region(fleet, counter)
        pid = region.process.pid
        sites = SimSites(build, fleet.central, region.name, count)
        row("scale.sites", count, "sites")
        joined = sites.step("join")
        row("scale.join", joined["allMs"] / 1e3, "s", JOIN_GOAL_S)
        time.sleep(SETTLE_S)
        before = resident(pid)
        first = sites.step("connect")
        row("scale.connect", first["allMs"] / 1e3, "s")
        time.sleep(SETTLE_S)
        row("scale.link.memory", (resident(pid) - before) / count / 1024, "KiB", LINK_GOAL_KIB)
        sites.step("act", TENANT, "everywhere", count, 1, "kind = sim")
        measure_reconnects(sites, pid)
        measure_changes(sites, counter, count)
        time.sleep(SETTLE_S)
        row("scale.link.memory.later", (resident(pid) - before) / count / 1024, "KiB")
        measure_idle(fleet, region, count)
    finally:
        if sites is not None:
            sites.close()


def measure_reconnects(sites, pid):
    for name, step, goal in (("full", "anew", FULL_GOAL_S), ("resumed", "cut", RESUMED_GOAL_S)):
        time.sleep(SETTLE_S)
        used = cpu_s(pid)
        done = sites.step(step)
        row(f"scale.reconnect.{name}", done["allMs"] / 1e3, "s", goal)
        row(f"scale.reconnect.{name}.p99", done["p99Ms"] / 1e3, "s")
        row(f"scale.reconnect.{name}.region", (cpu_s(pid) - used) / done["sites"] * 1e6,
            "us CPU a site")


def measure_changes(sites, counter, count):
    time.sleep(SETTLE_S)
    before = counter.value()
    done = sites.step("act", TENANT, "everywhere", count, 2, "kind = sim")
    row("scale.change.all.p99", done["p99Ms"] / 1e3, "s", CHANGE_GOAL_S)
    row("scale.change.all.last", done["allMs"] / 1e3, "s")
    time.sleep(SETTLE_S)
    row("scale.change.all.syncs", counter.value() - before, "at the region")
    before = counter.value()
    done = sites.step("act", TENANT, "some", count // TENTH, 1, "kind = sim and tenth = 3")
    time.sleep(SETTLE_S)
    row("scale.change.tenth.syncs", counter.value() - before, "at the region", SYNCS_GOAL)
    row("scale.change.tenth.p99", done["p99Ms"] / 1e3, "s")


def measure_idle(fleet, region, count):
    """A month is pings, and central's word every hour, which it also speaks when it starts."""
    pid = region.process.pid
    time.sleep(SAID_S)
    begin, used = link_bytes(region.port), cpu_s(pid)
    time.sleep(IDLE_S)
    quiet = link_bytes(region.port)
    row("scale.idle.region.cpu", (cpu_s(pid) - used) / IDLE_S * 100, "% of a core")
    fleet.central.kill()
    fleet.central.start()
    fleet.wait_online("regions", region.name)
    time.sleep(WORD_S)
    word = link_bytes(region.port)
    for way, name, goal in ((0, "up", MONTH_GOAL_MB), (1, "down", None)):
        pings = (quiet[way] - begin[way]) / count * MONTH_S / IDLE_S
        words = (word[way] - quiet[way]) / count * WORDS_A_MONTH
        row(f"scale.idle.{name}link", (pings + words) / 1e6, "MB a month", goal)
        row(f"scale.idle.{name}link.word", words / 1e6, "MB a month")


def bench_handshakes(build):
    said = subprocess.run([build / "bench/bench_handshakes", str(HANDSHAKES)], check=True,
                          capture_output=True, text=True).stdout
    for line in said.splitlines():
        kind, ours, bare = line.split()
        ratio_row(f"handshakes.{kind}", float(ours), float(bare), "per CPU second",
                  HANDSHAKE_GOAL, most=False)
