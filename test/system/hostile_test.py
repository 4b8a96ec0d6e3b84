#!/usr/bin/env python3
"""Peers that nobody invited, at the ports of central and a region, while a good site works."""
import os
import pathlib
import random
import ssl
import struct
import subprocess
import sys
import time

from fleet import application, eventually, process_service
from fleet_case import FleetCase, main
from wire import ENROLL, HALF_A_HELLO, SESSION, bootstrap, dial, frame, pointer, tls

SEED = int(os.environ.get("SKERRY_TEST_SEED", "1"))
HANDSHAKE_S = 20
# rpc.capnp: the answer to a question that nobody asked, of an exception type that does not exist.
RETURN_OF_TYPE_5000 = frame(pointer(1, 1), 3, pointer(2, 1), 1 << 48, 0, pointer(1, 1),
                            5000 << 32, 0)
BIG = 64 << 20
GROWTH_MAX = 40 << 20  # while somebody sends far more, or leaves 500 handshakes half done


def peak_bytes(pid):
    """The most memory it had since the last call."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        peak = next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
    return peak


def heard(stream, seconds=HANDSHAKE_S + 5):
    """What the peer says until it hangs up."""
    stream.settimeout(seconds)
    said = b""
    try:
        while part := stream.recv(4096):
            said += part
    except ConnectionError:
        pass
    except ssl.SSLError:
        pass
    return said


class HostileTest(FleetCase):
    def setUp(self):
        super().setUp()
        # What is freed is given back soon, so that memory can be measured.
        self.fleet.environment["ASAN_OPTIONS"] += ":quarantine_size_mb=4"
        self.central, self.region, self.site = self.fleet.begin_three_tiers("oslo")
        self.runs = []
        self.works()
        self.doors = {d.name: len(os.listdir(f"/proc/{d.process.pid}/fd")) for d in self.parents()}

    def parents(self):
        return self.central, self.region

    def works(self):
        """A new application travels to the site."""
        name = f"app{len(self.runs)}"
        self.fleet.must(self.fleet.apply(application(
            name, {"s": process_service("exec sleep 1000")})))
        self.runs.append(("oslo", name, "s"))
        self.fleet.wait_running(*self.runs)

    def undisturbed(self):
        """The good links never broke, and what the others held is given back."""
        self.works()
        for daemon in self.fleet.daemons:
            self.assertNotIn("link.down", daemon.said())
            self.assertIsNone(daemon.process.poll())
        for daemon in self.parents():
            eventually(lambda d=daemon: len(os.listdir(f"/proc/{d.process.pid}/fd"))
                       <= self.doors[d.name] + 1, f"{daemon.name} closed what it had accepted")

    def test_garbage_costs_its_own_connection_only(self):
        chance = random.Random(SEED)
        for daemon in self.parents():
            held = []
            for _ in range(100):
                peer = dial(daemon.port)
                peer.sendall(chance.randbytes(chance.randint(1, 3000)))
                held.append(peer)
            for text in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 100000, b"\xff" * 8):
                with dial(daemon.port) as peer:
                    try:
                        peer.sendall(text)
                    except ConnectionError:
                        pass
            self.works()
            for peer in held:
                peer.close()
        self.undisturbed()

    def test_half_a_handshake_is_hung_up_on_and_a_flood_of_them_keeps_nobody_out(self):
        for daemon in self.parents():
            begin = time.monotonic()
            flood = []
            for number in range(400):
                peer = dial(daemon.port)
                peer.sendall(HALF_A_HELLO if number % 2 else b"")
                flood.append(peer)
            self.works()
            self.fleet.must(self.fleet.skerry("status", at=daemon))
            heard(flood[-1])
            self.assertLess(time.monotonic() - begin, HANDSHAKE_S + 8)
            for peer in flood:
                peer.close()
        self.undisturbed()

    def test_a_flood_of_half_handshakes_does_not_keep_a_new_site_from_joining(self):
        flood = [dial(daemon.port) for daemon in self.parents() for _ in range(400)]
        self.fleet.begin_site("bergen")
        self.fleet.wait_online("sites", "bergen")
        for peer in flood:
            peer.close()
        self.undisturbed_by_two()

    def undisturbed_by_two(self):
        for daemon in self.fleet.daemons:
            self.assertNotIn("link.down", daemon.said())

    def test_a_client_without_a_certificate_gets_no_session(self):
        for daemon in self.parents():
            for _ in range(20):
                with tls(daemon.port, SESSION) as peer:
                    try:
                        peer.sendall(bootstrap(0))
                    except ConnectionError:
                        pass
                    self.assertEqual(heard(peer), b"")
        self.undisturbed()

    def test_a_door_that_does_not_exist_is_closed(self):
        for daemon in self.parents():
            for door in (None, "h2", "skerry/999"):
                try:
                    with tls(daemon.port, door) as peer:
                        self.assertEqual(heard(peer), b"", door)
                except (ssl.SSLError, ConnectionError):
                    pass  # refused in the handshake
        self.undisturbed()

    def test_a_certificate_of_another_root_opens_no_session(self):
        other = self.new_fleet()
        other.begin_central("other")
        other.begin_region()
        theirs = other.begin_site("oslo")
        folder = f"{theirs.data}/identity"
        stranger = (f"{folder}/chain.pem", f"{folder}/device.key")
        for daemon in self.parents():
            with tls(daemon.port, SESSION, stranger) as peer:
                try:
                    peer.sendall(bootstrap(0))
                except ConnectionError:
                    pass
                self.assertEqual(heard(peer), b"")
        # The same dialling gets a session with a certificate of this fleet.
        folder = f"{self.site.data}/identity"
        known = (f"{folder}/chain.pem", f"{folder}/device.key")
        self.site.kill()
        with tls(self.region.port, SESSION, known) as peer:
            peer.settimeout(HANDSHAKE_S)
            peer.sendall(bootstrap(0))
            self.assertNotEqual(peer.recv(1), b"")

    def stolen(self, name="bergen"):
        """The certificate of a site that is the attacker's."""
        self.fleet.declare_site(name, labels="kind: depot")
        data = f"{self.fleet.folder}/{name}"
        self.fleet.must(self.fleet.join_site(data, self.fleet.token("site", name)))
        return f"{data}/identity/chain.pem", f"{data}/identity/device.key"

    def send_until_hung_up(self, certificate, pieces):
        """Answers how many bytes were taken."""
        taken = 0
        with tls(self.region.port, SESSION, certificate) as peer:
            peer.settimeout(HANDSHAKE_S)
            try:
                for piece in pieces:
                    peer.sendall(piece)
                    taken += len(piece)
            except (ConnectionError, ssl.SSLError):
                return taken
            heard(peer)
        return taken

    def test_a_site_with_a_good_certificate_that_misbehaves_costs_its_own_connection_only(self):
        certificate = self.stolen()
        peaks = {d.name: peak_bytes(d.process.pid) for d in self.parents()}
        piece = bytes(1 << 16)
        attacks = {
            "four ff bytes": [b"\xff" * 4, b"\xff" * 60],
            "exception type 5000": [RETURN_OF_TYPE_5000],
            "a frame of 64 MiB": [struct.pack("<II", 0, BIG // 8)] + [piece] * (BIG // len(piece)),
            "segments without number": [struct.pack("<I", 1 << 20), piece],
            "300,000 unfinished questions": [
                b"".join(bootstrap(first + i) for i in range(1000))
                for first in range(0, 300000, 1000)],
        }
        for name, pieces in attacks.items():
            with self.subTest(attack=name):
                taken = self.send_until_hung_up(certificate, pieces)
                self.assertLess(taken, 8 << 20, "nobody hung up")
                self.works()
        for daemon in self.parents():
            grown = peak_bytes(daemon.process.pid) - peaks[daemon.name]
            self.assertLess(grown, GROWTH_MAX, f"{daemon.name} holds what it was sent")
        self.assertTrue(self.fleet.get("sites")["oslo"]["online"])
        self.assertNotIn("link.down", self.site.said())
        self.assertEqual(self.fleet.must(self.fleet.skerry("status", at=self.region)).code, 0)

    def test_five_hundred_bad_connections_leave_good_peers_served_and_memory_bounded(self):
        certificate = self.stolen()
        peaks = {d.name: peak_bytes(d.process.pid) for d in self.parents()}
        siege = pathlib.Path(__file__).resolve().parent / "siege.py"
        for daemon in self.parents():
            with subprocess.Popen([sys.executable, siege, str(daemon.port), *certificate],
                                  stdout=subprocess.PIPE, text=True) as besieger:
                try:
                    self.assertEqual(besieger.stdout.readline(), "begun\n")
                    for _ in range(3):
                        self.works()
                finally:
                    besieger.kill()
        for daemon in self.parents():
            grown = peak_bytes(daemon.process.pid) - peaks[daemon.name]
            self.assertLess(grown, GROWTH_MAX, f"{daemon.name} holds what it was sent")
        self.assertNotIn("link.down", self.site.said())

    def test_nonsense_at_the_door_for_joining_costs_its_own_connection_only(self):
        chance = random.Random(SEED)
        for daemon in self.parents():
            for text in (b"", b"\xff\xff\xff\xff", struct.pack("<II", 0, 1 << 28),
                         chance.randbytes(5000), struct.pack("<II", 0, 2) + b"\xff" * 16):
                with tls(daemon.port, ENROLL) as peer:
                    try:
                        peer.sendall(text)
                    except ConnectionError:
                        pass
                    heard(peer)
        self.undisturbed()


main()
