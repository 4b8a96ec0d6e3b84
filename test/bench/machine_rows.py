"""Rows of one machine: what a crash costs, how fast a change is durable, what is written and woken,
how large the programs are."""
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time

import peers as peer_programs
from etcd_put import Etcd
from fleet import application, eventually
from table import ratio_row, row

CRASHES, CRASH_GOAL_MS = 20, 5
WRITES, WRITES_CLIENTS, WRITE_GOAL, WRITES_GOAL = 20_000, 32, 0.7, 50_000
ETCD_PUTS, VALUE_BYTES = 2000, 256
DEPLOYS, DEPLOY_GOAL_KIB, DAY_GOAL_MIB, QUIET_S = 20, 64, 1, 30
HEADS_A_DAY = 24
SETTLED_S = 3  # events are gathered for a second at each tier
BINARY_GOAL_MB = 3


def stamped(path):
    """When the service began, in milliseconds; it is asked once per life."""
    def look():
        try:
            text = pathlib.Path(path).read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        os.unlink(path)
        return int(text) / 1e6
    return eventually(look, f"{path} was written", 10)


def stamp_services(fleet, build, count):
    """Process services that write down when they begin; and the folder where they do."""
    folder, program = f"{fleet.folder}/stamps", f"{fleet.folder}/stamp"
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    subprocess.run(["cp", build / "bench/bench_stamp", program], check=True)
    return folder, {f"s{i}": {"command": [program, f"{folder}/s{i}"],
                              "x-skerry": {"kind": "process"}} for i in range(count)}


def bench_crash(build, fleet):
    """From the signal that ends a service to the first instruction of its next life."""
    fleet.begin_three_tiers("oslo")
    folder, services = stamp_services(fleet, build, CRASHES)
    fleet.must(fleet.apply(application("crash", services)))
    pids = fleet.wait_running(*[("oslo", "crash", name) for name in services])
    times = []
    for (_, _, name), pid in pids.items():
        stamped(f"{folder}/{name}")
        time.sleep(0.1)
        begin = time.monotonic() * 1e3
        os.kill(pid, signal.SIGKILL)
        times.append(stamped(f"{folder}/{name}") - begin)
    row("crash.running-again.p50", statistics.median(times), "ms", CRASH_GOAL_MS)
    row("crash.running-again.max", max(times), "ms")


# ---- Writes -----------------------------------------------------------------------------------

def bench_writes(build, folder, peers):
    with tempfile.TemporaryDirectory(dir=folder) as place:
        def ours(clients):
            said = subprocess.run([build / "bench/bench_durable_writes", f"{place}/{clients}",
                                   str(clients), str(WRITES if clients > 1 else WRITES // 10)],
                                  capture_output=True, text=True, check=True).stdout.split()
            return float(said[0]) / 1e3, float(said[1])
        theirs = etcd_put_ms(place, peers)
        p50, _ = ours(1)
        if theirs is None:
            row("write.durable.p50", p50, "ms")
        else:
            ratio_row("write.durable.p50", p50, theirs, "ms", WRITE_GOAL)
        row("write.fields", ours(WRITES_CLIENTS)[1], "per second", WRITES_GOAL, most=False)


def etcd_put_ms(folder, peers):
    program = peers.find("etcd")
    if program is None:
        return None
    port, other = peer_programs.free_port(), peer_programs.free_port()
    etcd = peers.start(program, "--data-dir", f"{folder}/etcd", "--listen-client-urls",
                       f"http://127.0.0.1:{port}", "--advertise-client-urls",
                       f"http://127.0.0.1:{port}", "--listen-peer-urls",
                       f"http://127.0.0.1:{other}", "--initial-advertise-peer-urls",
                       f"http://127.0.0.1:{other}", "--initial-cluster",
                       f"default=http://127.0.0.1:{other}", port=port)
    try:
        time.sleep(2)  # it elects itself
        client, times = Etcd(port), []
        for number in range(ETCD_PUTS):
            begin = time.perf_counter()
            client.put(b"key%06d" % number, b"x" * VALUE_BYTES)
            times.append((time.perf_counter() - begin) * 1e3)
        return statistics.median(times)
    finally:
        etcd.kill()
        etcd.wait()


# ---- What is written --------------------------------------------------------------------------

def written(daemon):
    """Bytes that its process had the disk take."""
    with open(f"/proc/{daemon.process.pid}/io", encoding="ascii") as file:
        fields = dict(line.split(": ") for line in file.read().splitlines())
    return int(fields["write_bytes"])


def bench_disk(fleet):
    central = fleet.begin_three_tiers("oslo")[0]
    time.sleep(SETTLED_S)
    before = {daemon.tier: written(daemon) for daemon in fleet.daemons}
    services = {"s": {"command": ["/bin/sleep", "infinity"], "x-skerry": {"kind": "process"}}}
    names = [f"d{i}" for i in range(DEPLOYS)]
    for name in names:
        fleet.must(fleet.apply(application(name, services)))
        fleet.wait_running(*[("oslo", done, "s") for done in names[:names.index(name) + 1]])
    time.sleep(SETTLED_S)  # what is written late is theirs, not a quiet day's
    total = 0
    for daemon in fleet.daemons:
        used = (written(daemon) - before[daemon.tier]) / DEPLOYS / 1024
        total += used
        row(f"disk.deploy.{daemon.tier}", used, "KiB")
    row("disk.deploy", total, "KiB", DEPLOY_GOAL_KIB)
    measure_quiet(fleet, central)


def measure_quiet(fleet, central):
    """A day is what is written while nothing happens, and central's hourly word."""
    before = sum(map(written, fleet.daemons))
    time.sleep(QUIET_S)
    quiet = (sum(map(written, fleet.daemons)) - before) / QUIET_S * 86_400
    others = [daemon for daemon in fleet.daemons if daemon is not central]
    before = sum(map(written, others))
    central.kill()
    central.start()  # it speaks as soon as it is there
    fleet.wait_online("sites", "oslo")
    time.sleep(SETTLED_S)
    word = sum(map(written, others)) - before
    row("disk.idle-day", (quiet + word * HEADS_A_DAY) / (1 << 20) / len(fleet.daemons),
        "MiB a controller", DAY_GOAL_MIB)


# ---- Binaries ---------------------------------------------------------------------------------

def bench_binary(build):
    with tempfile.TemporaryDirectory() as folder:
        for tier in ("site", "region", "central"):
            stripped = f"{folder}/{tier}"
            subprocess.run(["strip", "-o", stripped, build / f"bin/skerry-{tier}"], check=True)
            row(f"binary.{tier}", os.path.getsize(stripped) / 1e6, "MB",
                BINARY_GOAL_MB if tier == "site" else None)


def wake_ups(pid):
    """How often any of its threads went to sleep by itself, so far."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            total += sum(int(line.split()[1]) for line in file
                         if line.startswith("voluntary_ctxt_switches"))
    return total
