"""A fleet of real programs on loopback, in a folder of its own, for tests and benches.

Nothing of it is left behind: every process whose command line names the folder is ended, control
groups and mounts are removed. Nothing else on the machine is touched.
"""
import atexit
import collections
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

READY_S = 20
PATIENCE_S = 30
SERVICE_ENDS_S = 10
TENANT = f"tenant{os.getpid()}"  # control groups are named after it
NO_ENGINE = "/nonexistent/engine.sock"

Result = collections.namedtuple("Result", "code out err")


def alive(pid):
    """A zombie that waits for its parent is not alive."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(look, what, seconds=PATIENCE_S):
    """The first answer of `look` that is true."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; last seen: {answer!r}")
        time.sleep(0.02)


def end_orderly():
    """From now on the polite signal unwinds this program, so that nothing is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


class Daemon:
    """One of the three, its data folder and its log. It is born again on the port it had."""

    def __init__(self, fleet, tier, name, *flags):
        self.fleet, self.tier, self.name = fleet, tier, name
        self.data = f"{fleet.folder}/{name}"
        self.flags, self.process, self.port = flags, None, 0
        self.log = self.data + ".log"
        self.socket = self.data + "/admin.sock"

    def command(self):
        listen = [] if self.tier == "site" else ["--listen", f"127.0.0.1:{self.port}"]
        program = f"{self.fleet.programs}/skerry-{self.tier}"
        return [program, "serve", "--data", self.data, *listen, *self.flags]

    def spawn(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=self.fleet.environment)

    def start(self):
        """Returns once it says that it is ready."""
        self.spawn()
        self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended: {self.said()[-2000:]}")
            try:
                with open(self.data + "/run.json") as file:
                    run = json.load(file)
            except (FileNotFoundError, ValueError):
                return None
            return run if run["pid"] == self.process.pid else None
        run = eventually(ready, f"{self.name} is ready", READY_S)
        if run["listen"]:
            self.port = int(run["listen"].rsplit(":", 1)[1])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Politely. Answers (exit code, seconds)."""
        begin = time.monotonic()
        self.process.terminate()
        code = self.process.wait(timeout=READY_S)
        return code, time.monotonic() - begin

    def said(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, errors="replace") as file:
            return file.read()


class Fleet:
    """Programs of the folder `programs`: central, regions and sites as tests ask for them."""

    def __init__(self, programs, folder=None):
        self.programs = os.path.abspath(programs)
        self.folder = tempfile.mkdtemp(prefix="skerry-fleet-", dir=folder)
        self.daemons, self.central, self.mounts, self.closed = [], None, [], False
        atexit.register(self.close)  # also when the tests are told to stop
        # As a service manager would give it. Sanitized programs run for seconds here; what they
        # leak at exit is their own.
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                            "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0"}

    # ---- The programs -------------------------------------------------------------------------

    def run(self, *words, feed=None, seconds=60):
        """A program of the fleet, to its end."""
        done = subprocess.run([f"{self.programs}/{words[0]}", *words[1:]], input=feed,
                              capture_output=True, timeout=seconds, env=self.environment)
        return Result(done.returncode, done.stdout.decode(errors="replace"),
                      done.stderr.decode(errors="replace"))

    def skerry(self, *words, at=None, **more):
        """The client, against central or `at`."""
        return self.run("skerry", "--socket", (at or self.central).socket, *words, **more)

    def must(self, result):
        assert result.code == 0, result
        return result

    def ask(self, *words, at=None):
        return json.loads(self.must(self.skerry(*words, "-o", "json", at=at)).out)

    def get(self, *words, at=None):
        """Items by name; instances by (site, application, service)."""
        items = self.ask("get", *words, at=at)["items"]
        if words[0].startswith("inst"):
            return {(i["status"]["site"], i["status"]["app"], i["status"]["service"]): i["status"]
                    for i in items}
        return {item["name"]: item["status"] for item in items}

    def apply(self, text, *words):
        return self.skerry("apply", "-f", "-", *words, feed=text.encode())

    # ---- Building it --------------------------------------------------------------------------

    def add(self, tier, name, *flags):
        daemon = Daemon(self, tier, name, *flags)
        self.daemons.append(daemon)
        return daemon

    def begin_central(self, name="central"):
        """Another one beside the first is another fleet's."""
        central = self.add("central", name)
        self.must(self.run("skerry-central", "init", "--data", central.data, "--name", name))
        if self.central is None:
            self.central = central
        return central.start()

    def token(self, kind, name, *words, at=None):
        return self.ask("token", "create", kind, name, *words, at=at)["token"]

    def begin_region(self, name="north"):
        self.must(self.apply(f"kind: Region\nname: {name}\n"))
        region = self.add("region", name)
        self.must(self.run("skerry-region", "join", self.token("region", name), "--data",
                           region.data))
        region.start()
        eventually(lambda: self.get("regions")[name]["address"], f"{name} reported its address")
        return region

    def declare_site(self, name, region="north", labels="kind: shop"):
        self.must(self.apply(f"kind: Site\nname: {name}\nregion: {region}\n"
                             f"labels: {{ {labels} }}\n"))

    def site_token(self, name, *words):
        """Good once central's word of it has reached the region."""
        self.declare_site(name)
        return self.token("site", name, *words)

    def join_site(self, data, token):
        def joined():
            done = self.run("skerry-site", "join", token, "--data", data)
            early = "token-unknown" in done.err or "site-not-here" in done.err
            return None if early else done
        return eventually(joined, "the region heard of the token")

    def begin_site(self, name, engine=NO_ENGINE, data=None):
        site = self.add("site", name, "--engine", engine)
        if data is not None:
            site.data, site.socket = data, data + "/admin.sock"
        self.must(self.join_site(site.data, self.site_token(name)))
        return site.start()

    def begin_three_tiers(self, *sites, engine=NO_ENGINE):
        """(central, region, site...), every link up, and a tenant."""
        self.begin_central()
        self.must(self.apply(f"kind: Tenant\nname: {TENANT}\n"))
        region = self.begin_region()
        begun = [self.begin_site(name, engine) for name in sites]
        for name in sites:
            self.wait_online("sites", name)
        return (self.central, region, *begun)

    def wait_online(self, kind, name):
        eventually(lambda: self.get(kind).get(name, {}).get("online"), f"{name} is online")

    def wait_running(self, *wanted, at=None):
        """Until exactly these (site, application, service) run. Answers their pids."""
        def running():
            seen = self.get("instances", at=at)
            runs = {key for key, status in seen.items() if status["state"] == "running"}
            return seen if runs == set(wanted) == set(seen) else None
        try:
            seen = eventually(running, f"{wanted} run")
        except AssertionError as late:
            raise AssertionError(f"{late}; there are {self.get('instances', at=at)}") from None
        return {key: status["pid"] for key, status in seen.items()}

    # ---- Its end ------------------------------------------------------------------------------

    def ours(self):
        """(pid, command line) of what the fleet's folder is named by: daemons and keepers."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().decode(errors="replace").split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(pid) != os.getpid() and any(self.folder in word for word in words):
                found.append((int(pid), words))
        return found

    def close(self):
        """Ends everything, once. Answers what did not end by itself."""
        if self.closed:
            return []
        self.closed = True
        for daemon in self.daemons:
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.kill()
        folders = [base for base, _, files in os.walk(self.folder)
                   if "spec" in files and "lock" in files]
        left = [folder for folder in folders if not self.end_service(folder)]
        try:
            eventually(lambda: not list(self.ours()), "nothing is left", SERVICE_ENDS_S)
        except AssertionError:
            pass  # it is told below
        for pid, words in self.ours():
            left.append(words)
            os.kill(pid, signal.SIGKILL)
        for mount in self.mounts:
            subprocess.run(["umount", "--lazy", mount], check=True)
        shutil.rmtree(self.folder)
        return left

    def end_service(self, folder):
        """A service, its keeper and its control groups."""
        def ended():  # a keeper that was just being born comes late
            return (ask_keeper(folder, "stop graceMs=0").startswith("ok")
                    and ask_keeper(folder, "quit").startswith("ok")
                    and subprocess.run([f"{self.programs}/skerry-keeper", "--remove", folder],
                                       capture_output=True, check=False).returncode == 0)
        try:
            return eventually(ended, folder, SERVICE_ENDS_S)
        except AssertionError:
            return False


def ask_keeper(folder, request):
    """Its answer; "ok" when it is not there."""
    try:
        with socket.socket(socket.AF_UNIX) as keeper:
            keeper.settimeout(SERVICE_ENDS_S)
            keeper.connect(folder + "/sock")
            with keeper.makefile("rw") as stream:
                stream.readline()
                stream.write(request + "\n")
                stream.flush()
                return stream.readline()
    except (FileNotFoundError, ConnectionError):
        return "ok"


def keeper_says(folder, field):
    """One field of what a keeper knows of its service, without asking the daemon."""
    words = ask_keeper(folder, "status").split()
    return dict(word.split("=", 1) for word in words if "=" in word).get(field)


def process_service(script, **environment):
    """As the value of a service."""
    return {"command": ["/bin/sh", "-c", script], "environment": environment,
            "x-skerry": {"kind": "process"}}


def application(name, services, sites="kind = shop"):
    """A manifest; JSON is YAML."""
    return json.dumps({"kind": "Application", "name": name, "tenant": TENANT, "services": services,
                       "placement": {"sites": sites}})
