"""Programs of Debian's packages that rows are compared with. `scripts/bench --peers` fetches them
into a folder of their own beside the build: nothing is installed, and nothing of them is started
outside the bench's own network. What is not there is said, and its rows stay without a peer."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

PACKAGES = {"etcd": "etcd-server", "nats-server": "nats-server", "mosquitto": "mosquitto"}
READY_S = 20


class Peers:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.root = self.folder / "root"

    def fetch(self):
        """By apt, with what they need and this machine has not got."""
        self.folder.mkdir(parents=True, exist_ok=True)
        asked = subprocess.run(["apt-get", "install", "--simulate", "--no-install-recommends",
                                *PACKAGES.values()], capture_output=True, text=True, check=False)
        missing = re.findall(r"^Inst (\S+)", asked.stdout, re.M)
        if asked.returncode != 0:
            print(f"peers: apt-get knows no {' '.join(PACKAGES.values())}: {asked.stderr.strip()}; "
                  "try apt-get update", file=sys.stderr)
            return
        for package in missing:
            if not list(self.folder.glob(f"{package}_*.deb")):
                subprocess.run(["apt-get", "download", package], cwd=self.folder, check=True,
                               stdout=subprocess.DEVNULL)
            for archive in self.folder.glob(f"{package}_*.deb"):
                subprocess.run(["dpkg", "-x", archive, self.root], check=True)

    def find(self, program):
        """Its path; None, and said why, when it is not there."""
        for folder in ("usr/sbin", "usr/bin", "sbin", "bin"):
            if (self.root / folder / program).exists():
                return str(self.root / folder / program)
        found = shutil.which(program)
        if found is None:
            print(f"peers: no {program}: `scripts/bench --peers` fetches it, or apt-get install "
                  f"{PACKAGES[program]}", file=sys.stderr)
        return found

    def start(self, program, *words, port):
        """Once it listens."""
        library = self.root / "usr/lib/x86_64-linux-gnu"
        started = subprocess.Popen(
            [program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "LD_LIBRARY_PATH": str(library)})
        deadline = time.monotonic() + READY_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return started
            except OSError:
                if started.poll() is not None or time.monotonic() > deadline:
                    started.kill()
                    raise AssertionError(f"{program} does not serve") from None
                time.sleep(0.001)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
