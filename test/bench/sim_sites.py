"""Drives skerry-sim-sites (test/bench/sim_sites), and looks at what it costs its region."""
import json
import os
import re
import subprocess
import sys
import threading

GIVE_UP_S = 240


class SimSites:
    """The sites of one region, declared and about to join."""

    def __init__(self, build, central, region, count):
        self.process = subprocess.Popen(
            [build / "bench/skerry-sim-sites", "--central", central.socket, "--region", region,
             "--count", str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = None
        self._answer()

    def _answer(self):
        late = threading.Timer(GIVE_UP_S, self.process.kill)
        late.start()
        line = self.process.stdout.readline()
        late.cancel()
        if not line:
            raise AssertionError(f"the simulated sites ended: {self.process.wait()}")
        return json.loads(line)

    def step(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self._answer()
        print(f"sim-sites: {' '.join(map(str, words))}: {answer}", file=sys.stderr)
        return answer

    def close(self):
        self.process.kill()
        self.process.wait()


def link_bytes(port):
    """(to the region, from it): bytes on the wire of all links to this port, with 40 bytes of IP
    and TCP header and 12 of timestamps on each segment."""
    said = subprocess.run(["ss", "-tinH", "dst", f"127.0.0.1:{port}"], capture_output=True,
                          text=True, check=True).stdout

    def total(word):
        return sum(map(int, re.findall(rf"\b{word}:(\d+)", said)))
    header = 52
    return (total("bytes_sent") + header * total("segs_out"),
            total("bytes_received") + header * total("segs_in"))


def resident(pid):
    """Bytes of the process's own that are in memory: not the pages of programs and libraries, which
    come and go by themselves."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["RssAnon"].split()[0]) * 1024
