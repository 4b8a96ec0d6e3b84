#!/usr/bin/env python3
"""Behaviour of skerry-keeper: keeper_test.py KEEPER SAMPLE_SERVICE. As root. Leaves nothing."""
import os, shutil, signal, socket, struct, subprocess, sys, tempfile, time, unittest

KEEPER, SERVICE = (os.path.abspath(p) for p in sys.argv[1:3])
SCRATCH = tempfile.mkdtemp(prefix="skerry-keeper-")
GROUP = f"skerry-test-{os.getpid()}"
ROOT = "/sys/fs/cgroup"
TREES = ("memory", "cpu", "pids", "systemd", "unified", "freezer", "")


def boot_ms():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)


def fields(line):
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def read(path):
    with open(path) as file:
        return file.read().strip()


def alive(pid):
    """A zombie that waits for its parent is not alive."""
    try:
        return read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def marked(mark):
    """Living processes whose command line holds it."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if mark in read(f"/proc/{pid}/cmdline") and alive(pid):
                found.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


HYBRID = os.path.exists(f"{ROOT}/unified/cgroup.procs")
LIMITS_V1 = all(os.access(f"{ROOT}/{tree}", os.W_OK) for tree in ("memory", "cpu", "pids"))


class Service:
    """One service under one keeper, and the folder they live in."""

    def __init__(self, name, args=(), **spec):
        self.name, self.dir = name, f"{SCRATCH}/{name}"
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        entries = [f"nonce=n-{name}", f"program={spec.pop('program', SERVICE)}",
                   f"cgroup={spec.pop('cgroup', f'{GROUP}/tenant/{name}')}", "arg=service"]
        entries += [f"arg={a}" for a in args]
        entries += [f"namespace={n}" for n in spec.pop("namespaces", ())]
        entries += [f"env={e}" for e in spec.pop("env", ())]
        entries += [f"{key}={value}" for key, value in spec.items()]
        with open(self.dir + "/spec", "wb") as file:
            file.write(b"".join(e.encode() + b"\0" for e in entries))

    def start(self, *flags):
        run = subprocess.run([KEEPER, *flags, self.dir], capture_output=True, text=True, timeout=20)
        self.said, self.code = run.stdout.strip(), run.returncode
        return fields(run.stdout)

    def connect(self):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.dir + "/sock")
            connection.settimeout(5)
            stream = connection.makefile("rw")
        self.greeting = stream.readline()
        return stream

    def watch(self):
        stream = self.connect()
        stream.write("watch\n")
        stream.flush()
        stream.readline()
        return stream

    def ask(self, request):
        with self.connect() as stream:
            stream.write(request + "\n")
            stream.flush()
            return stream.readline()

    def wait(self, **want):
        for _ in range(500):
            status = fields(self.ask("status"))
            if all(status.get(key) == str(value) for key, value in want.items()):
                return status
            time.sleep(0.01)
        raise AssertionError(f"{self.dir}: wanted {want}, have {status}")

    def log(self):
        with open(self.dir + "/log", "rb") as file:
            raw = file.read()
        capacity, _, committed = struct.unpack_from("<QQQ", raw, 8)
        n = min(capacity, committed)
        at = (committed - n) % capacity
        data = raw[4096:4096 + capacity]
        return (data[at:] + data[:at])[:n].decode() if n == capacity else data[:n].decode()

    def wait_log(self, text):
        for _ in range(500):
            if text in self.log():
                return self.log()
            time.sleep(0.01)
        raise AssertionError(f"{text!r} is not in the log: {self.log()[-500:]}")

    def end(self):
        try:
            self.ask("stop graceMs=0")
            self.wait(state="idle")
            self.ask("quit")
        except (FileNotFoundError, ConnectionError):
            pass
        for _ in range(300):  # its lock is free once the keeper has ended
            if subprocess.run([KEEPER, "--remove", self.dir], capture_output=True).returncode == 0:
                return
            time.sleep(0.01)
        raise AssertionError(f"{self.name}: its groups cannot be removed")


class KeeperTest(unittest.TestCase):
    def service(self, *args, **spec):
        service = Service(*args, **spec)
        self.addCleanup(service.end)
        return service

    @unittest.skipUnless(HYBRID and LIMITS_V1, "needs a hybrid control group layout")
    def test_the_service_runs_within_its_limits_and_as_its_user(self):
        s = self.service("limits", memoryBytes=32 << 20, cpuMilli=500, pidsMax=20, nofile=1024,
                         uid=65534, gid=65534)
        status = s.start()
        pid = status["pid"]
        base = lambda tree: f"{ROOT}/{tree}/{GROUP}/tenant/limits/svc/"
        self.assertEqual(read(base("memory") + "memory.limit_in_bytes"), str(32 << 20))
        self.assertEqual(read(base("cpu") + "cpu.cfs_quota_us"), "50000")
        self.assertEqual(read(base("pids") + "pids.max"), "20")
        self.assertEqual((status["limits"], status["missing"]), ("all", "-"))
        groups = read(f"/proc/{pid}/cgroup")
        self.assertEqual(groups.count(f"/{GROUP}/tenant/limits/svc"), 5)
        keeper = read(f"/proc/{status['keeper']}/cgroup")
        self.assertEqual(keeper.count(f"/{GROUP}/tenant/limits/keeper"), 5)
        about = read(f"/proc/{pid}/status")
        self.assertIn("Uid:\t65534\t65534", about)
        self.assertIn("NoNewPrivs:\t1", about)
        self.assertRegex(read(f"/proc/{pid}/limits"), r"Max open files +1024 +1024")
        self.assertEqual(sorted(os.listdir(f"/proc/{pid}/fd")), ["0", "1", "2"])
        self.assertEqual(read(f"/proc/{pid}/oom_score_adj"), "0")
        self.assertIn(" o up ", s.wait_log(" o up "))

    @unittest.skipUnless(LIMITS_V1, "needs the pids controller")
    def test_a_limit_holds_from_the_first_instruction_of_every_life(self):
        # A shell that may have no child: its first act fails, or the limit came too late.
        for name, layout in (("first", ""), ("first-v1", "v1")):
            if layout == "v1" and not os.access(f"{ROOT}/freezer", os.W_OK):
                continue
            s = self.service(name, program="/bin/sh", args=("-c", "/bin/true; exit 0"), pidsMax=1,
                             layout=layout)
            s.start()
            for life in range(2, 22):
                self.assertEqual(s.wait(state="idle")["code"], "2", f"{name}, life {life - 1}")
                self.assertTrue(s.ask(f"start incarnation={life}").startswith("ok"))
            self.assertEqual(s.wait(state="idle")["code"], "2", name)

    @unittest.skipUnless(LIMITS_V1, "needs the pids controller")
    def test_nothing_of_a_service_whose_processes_flee_escapes_its_end(self):
        # Each leaves its parent, session and process group, and is gone once its successor runs.
        for name, layout in (("flee", ""), ("flee-v1", "v1")):
            if layout == "v1" and not os.access(f"{ROOT}/freezer", os.W_OK):
                continue
            mark = f"{name}-{os.getpid()}"
            flee = f': {mark}; if [ $1 -gt 0 ]; then setsid sh -c "$0" "$0" $(($1 - 1)) & fi; ' \
                   'exec sleep 0.03'
            lead = 'for i in $(seq 20); do setsid sh -c "$0" "$0" 200 & sleep 0.002; done; ' \
                   'exec sleep 100'
            s = self.service(name, program="/bin/sh", args=("-c", lead, flee), pidsMax=200,
                             layout=layout)
            s.start()
            for life in range(2, 6):
                for _ in range(500):
                    if len(marked(mark)) >= 10:
                        break
                    time.sleep(0.01)
                else:
                    self.fail(f"{name}: nobody flees")
                s.ask("stop graceMs=0")
                self.assertEqual(s.wait(state="idle")["reason"], "stopped")
                time.sleep(0.05)
                self.assertEqual(marked(mark), [], f"{name}, life {life - 1}")
                if life < 5:
                    self.assertTrue(s.ask(f"start incarnation={life}").startswith("ok"))

    @unittest.skipUnless(HYBRID, "needs a v2 tree")
    def test_a_keeper_called_from_a_group_that_was_killed_once_lives(self):
        # As after `systemctl kill` of the daemon's unit: the kernel kills what is born from there.
        group = f"{ROOT}/unified/{GROUP}-killed"
        os.makedirs(group)
        self.addCleanup(os.rmdir, group)
        write(f"{group}/cgroup.kill", "1")
        s = self.service("reborn")
        run = subprocess.run(["/bin/sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh",
                              KEEPER, s.dir], capture_output=True, text=True, timeout=20)
        status = fields(run.stdout)
        self.assertEqual(status.get("state"), "running", run.stdout)
        for who, leaf in (("pid", "svc"), ("keeper", "keeper")):
            self.assertIn(f"0::/{GROUP}/tenant/reborn/{leaf}", read(f"/proc/{status[who]}/cgroup"))

    def test_without_control_groups_the_service_runs_and_says_what_is_missing(self):
        s = self.service("bare", args=("fork", "3"), cgroup="", memoryBytes=1 << 24, pidsMax=9)
        status = s.start()
        self.assertEqual((status["state"], status["layout"]), ("running", "none"))
        self.assertEqual((status["limits"], status["missing"]), ("none", "memory,pids"))
        time.sleep(0.1)
        children = read(f"/proc/{status['pid']}/task/{status['pid']}/children").split()
        self.assertEqual(len(children), 3)
        s.ask("stop graceMs=0")
        s.wait(state="idle")
        self.assertFalse([c for c in children if alive(c)])

    def test_control_groups_that_cannot_be_made_are_a_finding_and_no_failure(self):
        s = self.service("readonly", cgroupRoot="/proc/no/groups/here", cpuMilli=100)
        status = s.start()
        self.assertEqual((status["state"], status["layout"]), ("running", "none"))
        self.assertEqual((status["limits"], status["missing"]), ("none", "cpu"))
        self.assertIn("No-such-file", status["cause"])

    @unittest.skipUnless(HYBRID and LIMITS_V1, "needs a hybrid control group layout")
    def test_one_controller_that_is_missing_leaves_the_other_limits(self):
        # A root with all trees but memory, as on a board whose kernel was not told to count memory.
        fake = f"{SCRATCH}/partial"
        os.makedirs(fake)
        for tree in ("cpu", "pids", "systemd", "unified"):
            os.symlink(f"{ROOT}/{tree}", f"{fake}/{tree}")
        s = self.service("partial-service", cgroupRoot=fake, memoryBytes=1 << 24, pidsMax=9)
        status = s.start()
        self.assertEqual((status["limits"], status["missing"]), ("some", "memory"))
        self.assertEqual(read(f"{ROOT}/pids/{GROUP}/tenant/partial-service/svc/pids.max"), "9")

    def test_what_cannot_be_started_is_refused_by_stage(self):
        for want, spec in (("err exec: No such file", dict(program="/nonexistent")),
                           ("err exec: No such file", dict(program="no-such-name")),
                           ("err exec: Permission denied", dict(program="/etc/passwd")),
                           ("err workdir: No such file", dict(workDir="/nonexistent")),
                           ("err limits: ", dict(nofile=10 ** 9))):
            s = Service("refused", **spec)
            self.assertEqual(s.start().get("pid"), None)
            self.assertTrue(s.said.startswith(want), s.said)
            self.assertEqual(s.code, 1)
            s.end()
            self.assertFalse(os.path.exists(s.dir + "/sock"))

    def test_a_bare_name_is_looked_up_in_the_path_of_the_service(self):
        folder, name = os.path.split(SERVICE)
        s = self.service("named", program=name, env=(f"PATH=/nowhere:{folder}",))
        self.assertEqual(s.start()["state"], "running")

    def test_the_greeting_carries_the_identity_and_verbs_are_idempotent(self):
        s = self.service("verbs", incarnation=4)
        status = s.start()
        s.connect().close()
        greeting = fields(s.greeting)
        for key in ("boot", "pid", "start", "nonce"):
            self.assertEqual(greeting[key], status[key])
        self.assertEqual(greeting["boot"], read("/proc/sys/kernel/random/boot_id"))
        self.assertEqual((greeting["nonce"], greeting["incarnation"]), ("n-verbs", "4"))
        again = Service.start(s)
        self.assertNotIn("pid", again)
        self.assertIn("another keeper", s.said)
        self.assertTrue(s.ask("status").startswith("ok"))
        self.assertTrue(s.ask("dance x=1").startswith("err unknown-verb"))
        self.assertTrue(s.ask("start incarnation=4").startswith("ok"))
        self.assertTrue(s.ask("start incarnation=5").startswith("err running"))
        self.assertTrue(s.ask("quit").startswith("err running"))
        with s.watch() as events:
            self.assertTrue(s.ask("stop graceMs=5000").startswith("ok"))
            event = fields(events.readline())
            self.assertEqual((event["state"], event["reason"], event["signal"]),
                             ("idle", "stopped", "15"))
            self.assertTrue(s.ask("stop graceMs=1").startswith("ok"))
            self.assertIn("reason=stopped", read(s.dir + "/exit"))
            self.assertTrue(s.ask("start incarnation=4").startswith("err stale-incarnation"))
            self.assertEqual(fields(s.ask("start incarnation=9"))["state"], "running")
            self.assertEqual(fields(events.readline())["incarnation"], "9")

    def test_who_talks_nonsense_or_does_not_read_loses_the_connection_only(self):
        s = self.service("hostile")
        s.start()
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(5)
            peer.connect(s.dir + "/sock")
            peer.sendall(b"x" * 2000)
            with self.assertRaises(ConnectionError):
                while peer.recv(4096):
                    pass
                raise ConnectionResetError
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(s.dir + "/sock")
            peer.setblocking(False)
            for _ in range(10000):
                try:
                    peer.send(b"status\n" * 10)
                except BlockingIOError:
                    time.sleep(0.001)
                except ConnectionError:
                    break
            else:
                self.fail("a peer that never reads is still served")
        peers = [socket.socket(socket.AF_UNIX) for _ in range(20)]
        for peer in peers:
            peer.connect(s.dir + "/sock")
        for peer in peers:
            peer.close()
        self.assertEqual(s.wait(state="running")["incarnation"], "1")

    def test_a_service_that_ignores_the_signal_is_killed_after_its_grace(self):
        s = self.service("stubborn", program="/bin/sh",
                         args=("-c", "trap '' TERM; echo ready; while :; do sleep 1; done"))
        s.start()
        s.wait_log("ready")
        begin = time.time()
        s.ask("stop graceMs=300")
        status = s.wait(state="idle")
        self.assertGreater(time.time() - begin, 0.25)
        self.assertEqual((status["signal"], status["reason"]), ("9", "stopped"))

    def test_the_deadline_kills_unless_it_is_renewed(self):
        s = self.service("lease", deadlineMs=boot_ms() + 500)
        s.start()
        begin = time.time()
        with s.watch() as events:
            time.sleep(0.2)
            self.assertTrue(s.ask(f"renew deadlineMs={boot_ms() + 700} token=5").startswith("ok"))
            self.assertTrue(s.ask(f"renew deadlineMs={boot_ms() + 9000} token=4")
                            .startswith("err stale-token"))
            event = fields(events.readline())
        self.assertEqual(event["reason"], "deadline")
        self.assertGreater(time.time() - begin, 0.8)
        self.assertGreaterEqual(int(event["exitedNs"]) // 10 ** 6, int(event["deadlineMs"]))
        self.assertTrue(s.ask("start incarnation=2").startswith("err deadline"))

    @unittest.skipUnless(LIMITS_V1, "needs the memory controller")
    def test_out_of_memory_is_told_from_a_kill(self):
        s = self.service("hog", args=("hog", "64"), memoryBytes=16 << 20)
        s.start()
        self.assertEqual(s.wait(state="idle")["reason"], "oom")

    def test_what_a_service_leaves_behind_is_killed_and_reaped(self):
        for name, spec in (("forker", {}), ("forker-v1", dict(layout="v1")),
                           ("forker-bare", dict(cgroup=""))):
            if spec.get("layout") == "v1" and not os.access(f"{ROOT}/freezer", os.W_OK):
                continue
            s = self.service(name, args=("fork", "15"), **spec)
            status = s.start()
            for _ in range(500):
                children = read(f"/proc/{status['pid']}/task/{status['pid']}/children").split()
                if len(children) == 15:
                    break
                time.sleep(0.01)
            os.kill(int(status["pid"]), signal.SIGKILL)
            self.assertEqual(s.wait(state="idle")["reason"], "exited")
            self.assertFalse([c for c in children if alive(c)], name)
            left = read(f"/proc/{status['keeper']}/task/{status['keeper']}/children").split()
            self.assertEqual(left, [], name)

    def test_with_no_controller_there_the_keeper_restarts_once(self):
        s = self.service("again", args=("fork", "3"), localRestartAfterMs=50)
        status = s.start()
        time.sleep(0.1)
        os.kill(int(status["pid"]), signal.SIGKILL)
        second = s.wait(incarnation=2, state="running")
        time.sleep(0.1)
        os.kill(int(second["pid"]), signal.SIGKILL)
        self.assertEqual(s.wait(state="idle")["incarnation"], "2")
        with s.watch() as events:
            third = fields(s.ask("start incarnation=3"))
            events.readline()
            time.sleep(0.1)
            os.kill(int(third["pid"]), signal.SIGKILL)
            self.assertEqual(fields(events.readline())["state"], "idle")
            time.sleep(0.1)
            self.assertEqual(fields(s.ask("status"))["incarnation"], "3")

    def test_a_life_too_short_is_left_to_the_controller(self):
        s = self.service("short", localRestartAfterMs=60000)
        os.kill(int(s.start()["pid"]), signal.SIGKILL)
        self.assertEqual(s.wait(state="idle")["incarnation"], "1")

    def test_in_namespaces_of_its_own_the_service_is_the_first_process(self):
        s = self.service("spaces", program="/bin/sh",
                         namespaces=("pid", "mount", "uts", "ipc", "net"),
                         args=("-c", "echo pid $$; ls /proc | grep -c '^[0-9]'; exec sleep 100"))
        s.start()
        self.assertIn("o pid 1\n", s.wait_log("o pid "))

    def test_the_log_is_bounded_and_its_lines_are_whole(self):
        s = self.service("talker", args=("lines", "200000"), logBytes=65536)
        s.start()
        s.wait_log("line 199999 ")
        lines = s.log().split("\n")[1:-1]
        self.assertTrue(all(line.endswith("talks a lot") for line in lines))
        numbers = [int(line.split("line ")[1].split()[0]) for line in lines]
        self.assertEqual(numbers, list(range(numbers[0], 200000)))
        self.assertEqual(os.stat(s.dir + "/log").st_size, 4096 + 65536)

    def test_many_empty_lines_do_not_outgrow_the_smallest_ring(self):
        s = self.service("newlines", args=("newlines", "50000"), logBytes=1)
        s.start()
        for _ in range(500):
            if int(s.wait(state="running")["log"]) >= 50000 * 17:
                break
            time.sleep(0.01)
        self.assertEqual(os.stat(s.dir + "/log").st_size, 4096 + 65536)
        self.assertTrue(all(line.endswith(" o ") for line in s.log().split("\n")[1:-1]))

    def test_a_line_too_long_is_cut_and_marked(self):
        s = self.service("long", program="/bin/sh",
                         args=("-c", "head -c 10000 /dev/zero | tr '\\0' x; echo; exec sleep 100"))
        s.start()
        lines = s.wait_log(" o x").split("\n")[:-1]
        self.assertEqual([line.split(" ")[1] for line in lines], ["O", "O", "o"])
        self.assertEqual(sum(len(line.split(" ")[2]) for line in lines), 10000)

    def test_a_service_outlives_its_keeper_and_is_taken_over(self):
        s = self.service("orphan", program="/bin/sh", args=(
            "-c", "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.02; done"))
        status = s.start()
        time.sleep(0.1)
        os.kill(int(status["keeper"]), signal.SIGKILL)
        time.sleep(0.15)
        self.assertTrue(alive(status["pid"]))
        new = s.start("--takeover")
        self.assertEqual((new["pid"], new["start"]), (status["pid"], status["start"]))
        self.assertNotEqual(new["keeper"], status["keeper"])
        time.sleep(0.1)
        ticks = [int(line.split()[-1]) for line in s.log().splitlines() if "tick" in line]
        self.assertEqual(ticks, list(range(1, len(ticks) + 1)))
        self.assertGreater(len(ticks), 8)
        os.kill(int(status["pid"]), signal.SIGKILL)
        end = s.wait(state="idle")
        self.assertEqual((end["code"], end["signal"]), ("-1", "0"))  # nobody saw how
        s.ask("quit")
        for _ in range(100):
            s.start("--takeover")
            if "another keeper" not in s.said:
                break
            time.sleep(0.01)
        self.assertIn("takeover", s.said)

    def test_what_is_left_of_a_dead_keeper_is_removed(self):
        for name, spec in (("rest", {}), ("rest-bare", dict(cgroup=""))):
            s = self.service(name, **spec)
            status = s.start()
            run = subprocess.run([KEEPER, "--remove", s.dir], capture_output=True, text=True)
            self.assertIn("another keeper", run.stdout)
            os.kill(int(status["keeper"]), signal.SIGKILL)
            for _ in range(100):
                if not alive(status["keeper"]):
                    break
                time.sleep(0.01)
            run = subprocess.run([KEEPER, "--remove", s.dir], capture_output=True, text=True)
            self.assertEqual((run.stdout, run.returncode), ("ok\n", 0), name)
            self.assertFalse(alive(status["pid"]), name)
            for tree in TREES:
                self.assertFalse(os.path.exists(f"{ROOT}/{tree}/{GROUP}/tenant/{name}"))

    @unittest.skipUnless(HYBRID, "needs a v2 tree")
    def test_in_a_v2_tree_lives_are_born_in_their_group_and_restarted(self):
        s = self.service("two", args=("fork", "5"), layout="v2", cgroupRoot=f"{ROOT}/unified",
                         localRestartAfterMs=1)
        status = s.start()
        time.sleep(0.2)
        self.assertIn(f"0::/{GROUP}/tenant/two/svc", read(f"/proc/{status['pid']}/cgroup"))
        self.assertIn(f"0::/{GROUP}/tenant/two/keeper", read(f"/proc/{status['keeper']}/cgroup"))
        self.assertEqual(status["layout"], "v2")
        os.kill(int(status["pid"]), signal.SIGKILL)
        new = s.wait(incarnation=2, state="running")
        time.sleep(0.1)  # a group that was killed is fit for the next life
        self.assertEqual(fields(s.ask("status"))["pid"], new["pid"])

    def test_limits_of_a_v2_tree_are_written_as_the_kernel_expects_them(self):
        fake = f"{SCRATCH}/fake"
        group = f"{fake}/{GROUP}/tenant/plain"
        names = ("memory.max", "memory.swap.max", "memory.oom.group", "cpu.max", "pids.max")
        for leaf in ("svc", "keeper"):
            os.makedirs(f"{group}/{leaf}")
        for file in (*(f"{group}/svc/{n}" for n in names), f"{group}/keeper/cgroup.procs"):
            open(file, "w").close()
        s = Service("plain", layout="v2", cgroupRoot=fake, memoryBytes=1 << 20, cpuMilli=250,
                    pidsMax=7)
        s.start()  # cannot be born into a plain folder: only what was written counts
        self.assertEqual([read(f"{group}/svc/{n}") for n in names],
                         ["1048576", "0", "1", "25000 100000", "7"])


def tidy():
    """True when nothing was left behind."""
    left = [f"{base}" for tree in TREES for base, _, _ in os.walk(f"{ROOT}/{tree}/{GROUP}")]
    for base in sorted(left, reverse=True):
        os.rmdir(base)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if SCRATCH.encode() in file.read():
                    left.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    shutil.rmtree(SCRATCH, ignore_errors=True)
    if left:
        print("left behind:", *left, file=sys.stderr)
    return not left


if os.geteuid() != 0:
    print("skipped: keepers need root to make control groups and change users")
    sys.exit(77)
result = unittest.main(argv=[sys.argv[0], *sys.argv[3:]], exit=False).result
sys.exit(0 if tidy() and result.wasSuccessful() else 1)
