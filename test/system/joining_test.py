#!/usr/bin/env python3
"""Joining with tokens that are good, and with every kind that is not."""
import os
import pty
import random
import shutil
import subprocess
import time

from fleet import NO_ENGINE, eventually
from fleet_case import FleetCase, main


SEED = int(os.environ.get("SKERRY_TEST_SEED", "1"))


class JoiningTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.fleet.begin_central()
        self.region = self.fleet.begin_region()

    def folder(self, name):
        return f"{self.fleet.folder}/{name}"

    def join(self, program, token, folder, *words, feed=None):
        return self.fleet.run(program, "join", token, "--data", self.folder(folder), *words,
                              feed=feed)

    def refused(self, result, folder, *parts, code=1):
        self.assertSays(result, code, "error: ", *parts)
        self.assertNotIn(".cpp", result.err)
        self.assertNotIn("kj::", result.err)
        self.assertFalse(os.path.exists(self.folder(folder) + "/identity/chain.pem"))

    def state_of(self, kind, name):
        return [i["status"]["state"] for i in self.fleet.ask("token", "list")["items"]
                if i["status"]["target"] == f"{kind}/{name}"]

    def test_a_token_admits_one_device_and_no_second(self):
        token = self.fleet.site_token("oslo")
        self.fleet.must(self.fleet.join_site(self.folder("oslo"), token))
        self.refused(self.join("skerry-site", token, "thief"), "thief", "token-used",
                     "skerry token create")

    def on_a_terminal(self, *words):
        """What the client writes there."""
        reader, writer = pty.openpty()
        client = subprocess.Popen([f"{self.fleet.programs}/skerry", "--socket",
                                   self.fleet.central.socket, *words], stdin=subprocess.DEVNULL,
                                  stdout=writer, stderr=subprocess.DEVNULL,
                                  env=self.fleet.environment)
        os.close(writer)
        said = b""
        try:
            while part := os.read(reader, 65536):
                said += part
        except OSError:  # nobody writes any more
            pass
        os.close(reader)
        self.assertEqual(client.wait(timeout=60), 0)
        return said.decode()

    def test_the_code_on_the_terminal_is_the_token_for_who_photographs_it(self):
        self.fleet.declare_site("oslo")
        said = self.on_a_terminal("token", "create", "site", "oslo").replace("\r", "")
        token = said.splitlines()[0].split()[-1]
        rows = []
        for line in [line for line in said.splitlines() if line.startswith("\x1b[40;97m")]:
            marks = line.removeprefix("\x1b[40;97m").removesuffix("\x1b[0m")
            rows += [[255 if mark in half else 0 for mark in marks] for half in ("▀█", "▄█")]
        self.assertLessEqual(len(rows[0]), 80)
        size = 4
        picture = b"".join(bytes(value for value in row for _ in range(size)) * size
                           for row in rows)
        path = self.folder("code.pgm")
        with open(path, "wb") as file:
            file.write(b"P5 %d %d 255\n" % (len(rows[0]) * size, len(rows) * size) + picture)
        read = subprocess.run(["zbarimg", "--quiet", "--raw", path], capture_output=True,
                              check=False)
        self.assertEqual(read.stdout.decode().strip(), token, read.stderr)
        self.fleet.must(self.fleet.join_site(self.folder("oslo"), token))
        self.assertNotIn("\x1b", self.fleet.skerry("token", "create", "site", "oslo").out)

    def test_a_used_token_of_a_region_is_refused_too(self):
        self.fleet.must(self.fleet.apply("kind: Region\nname: south\n"))
        token = self.fleet.token("region", "south")
        self.fleet.must(self.join("skerry-region", token, "south"))
        self.refused(self.join("skerry-region", token, "thief"), "thief", "token-used")
        self.assertEqual(self.state_of("region", "south"), ["used"])

    def test_the_token_may_come_from_a_file_or_from_standard_input(self):
        for name, how in (("file", "@"), ("input", "-")):
            token = self.fleet.site_token(name)
            path = self.folder(name + ".token")
            with open(path, "w", encoding="ascii") as file:
                file.write(f"  {token}\n")
            feed = token.encode() + b"\n" if how == "-" else None
            eventually(lambda: self.join("skerry-site", how if feed else how + path, name,
                                         feed=feed).code == 0, "it joined")
        absent = self.join("skerry-site", "@" + self.folder("absent"), "absent")
        self.refused(absent, "absent", "cannot read", code=2)

    def test_an_expired_token_is_refused_and_says_how_to_get_another(self):
        token = self.fleet.site_token("oslo", "--ttl", "1s")
        time.sleep(1.2)
        late = eventually(lambda: self.known(token), "the region heard of the token")
        self.refused(late, "late", "token-expired", "--ttl", "skerry token create")
        self.assertEqual(self.state_of("site", "oslo"), ["expired"])

    def known(self, token):
        done = self.join("skerry-site", token, "late")
        return None if "token-unknown" in done.err else done

    def test_a_revoked_token_is_refused(self):
        token = self.fleet.site_token("oslo")
        self.fleet.must(self.fleet.skerry("token", "revoke", "site", "oslo", "--yes"))
        time.sleep(0.5)
        self.refused(self.join("skerry-site", token, "oslo"), "oslo", "token-unknown")

    def test_a_token_that_was_not_copied_whole_is_refused_before_anybody_is_asked(self):
        token = self.fleet.site_token("oslo")
        self.region.kill()
        for broken in (token[:-7], token[:40], token[:20] + token[24:], token + "AAAA"):
            self.refused(self.join("skerry-site", broken, "oslo"), "oslo", "token-", code=2)
        self.refused(self.join("skerry-site", "hello", "oslo"), "oslo", "token-malformed", code=2)
        self.refused(self.join("skerry-site", "", "oslo"), "oslo", "a token is missing", code=2)

    def test_a_token_for_another_kind_names_the_program_to_use(self):
        self.fleet.must(self.fleet.apply("kind: Region\nname: south\n"))
        site, region = self.fleet.site_token("oslo"), self.fleet.token("region", "south")
        self.refused(self.join("skerry-site", region, "oslo"), "oslo", "skerry-region join", code=2)
        self.refused(self.join("skerry-region", site, "south"), "south", "skerry-site join", code=2)
        self.assertEqual(self.state_of("site", "oslo"), ["unused"])
        self.fleet.must(self.fleet.join_site(self.folder("oslo"), site))

    def test_a_token_of_another_fleet_does_not_pass_an_impostor_for_its_parent(self):
        # Another central takes over the address that the token names.
        self.fleet.must(self.fleet.apply("kind: Region\nname: south\n"))
        token = self.fleet.token("region", "south")
        other = self.new_fleet()
        port = self.fleet.central.port
        self.fleet.central.kill()
        central = other.add("central", "central")
        other.must(other.run("skerry-central", "init", "--data", central.data, "--name", "other"))
        central.port = port
        central.start()
        self.refused(self.join("skerry-region", token, "south"), "south", code=5)
        central.kill()
        self.fleet.central.start()
        self.fleet.must(self.join("skerry-region", token, "south"))

    def test_a_join_that_is_killed_at_any_moment_is_done_with_the_same_token(self):
        token = self.fleet.site_token("oslo")
        program = [f"{self.fleet.programs}/skerry-site", "join", token, "--data",
                   self.folder("oslo")]
        chance = random.Random(SEED)
        whole = time.monotonic()
        self.fleet.must(self.fleet.join_site(self.folder("first"), self.fleet.site_token("alta")))
        whole = time.monotonic() - whole
        for _ in range(15):
            joining = subprocess.Popen(program, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=self.fleet.environment)
            time.sleep(chance.uniform(0, whole))
            joining.kill()
            joining.wait()
        if not os.path.exists(self.folder("oslo") + "/identity/chain.pem"):
            self.fleet.must(self.fleet.join_site(self.folder("oslo"), token))
        site = self.fleet.add("site", "oslo", "--engine", NO_ENGINE)
        site.start()
        self.fleet.wait_online("sites", "oslo")

    def test_an_init_that_is_killed_at_any_moment_is_done_again_or_says_how(self):
        chance = random.Random(SEED)
        for number in range(10):
            data = self.folder(f"central{number}")
            program = [f"{self.fleet.programs}/skerry-central", "init", "--data", data]
            making = subprocess.Popen(program, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, env=self.fleet.environment)
            time.sleep(chance.uniform(0, 0.2))
            making.kill()
            making.wait()
            again = self.fleet.run("skerry-central", "init", "--data", data)
            if again.code != 0:
                self.assertSays(again, again.code, "error: ", data)
            central = self.fleet.add("central", f"central{number}")
            central.start()
            central.kill()

    def test_the_used_token_of_a_site_is_shown_as_used_at_central(self):
        token = self.fleet.site_token("oslo")
        self.fleet.must(self.fleet.join_site(self.folder("oslo"), token))
        eventually(lambda: self.state_of("site", "oslo") == ["used"], "the region reported it")
        self.region.kill()
        self.region.start()
        self.fleet.wait_online("regions", "north")
        self.assertEqual(self.state_of("site", "oslo"), ["used"])
        self.fleet.must(self.fleet.skerry("token", "revoke", "oslo", "--yes"))
        self.assertEqual(self.state_of("site", "oslo"), ["used"])

    def test_a_token_for_no_time_or_for_ever_is_refused(self):
        self.fleet.declare_site("oslo")
        for ttl in ("0s", "-5s", "soon", "99999d", "366d"):
            done = self.fleet.skerry("token", "create", "site", "oslo", "--ttl", ttl)
            self.assertSays(done, 2, "error: ")
        self.assertEqual(self.state_of("site", "oslo"), [])

    def test_nobody_there_to_ask_is_said_with_the_address_and_is_worth_another_try(self):
        token = self.fleet.site_token("oslo")
        self.region.kill()
        self.refused(self.join("skerry-site", token, "oslo"), "oslo",
                     f"127.0.0.1:{self.region.port}", "Check", code=5)
        self.region.start()
        self.fleet.must(self.fleet.join_site(self.folder("oslo"), token))

    def test_joining_or_making_an_identity_twice_is_refused_with_the_way_out(self):
        token = self.fleet.site_token("oslo")
        self.fleet.must(self.fleet.join_site(self.folder("oslo"), token))
        again = self.join("skerry-site", self.fleet.site_token("bergen"), "oslo")
        self.assertSays(again, 6, "error: ", "site:oslo/host1 already", "skerry-site serve")
        before = self.fleet.central.data + "/identity"
        kept = {name: os.stat(f"{before}/{name}").st_mtime_ns for name in os.listdir(before)}
        second = self.fleet.run("skerry-central", "init", "--data", self.fleet.central.data)
        self.assertSays(second, 6, "error: ", "central already", "skerry-central serve")
        self.assertEqual(kept, {name: os.stat(f"{before}/{name}").st_mtime_ns
                                for name in os.listdir(before)})

    def test_serving_a_folder_that_never_joined_says_how_to_join(self):
        for program, way in (("skerry-site", "skerry-site join TOKEN"),
                             ("skerry-region", "skerry-region join TOKEN"),
                             ("skerry-central", "skerry-central init")):
            done = self.fleet.run(program, "serve", "--data", self.folder("new-" + program))
            self.assertSays(done, 1, way)

    def test_a_site_of_another_fleet_gets_no_session(self):
        other = self.new_fleet()
        other.begin_central()
        other.begin_region()
        stranger = other.add("site", "oslo", "--engine", "/nonexistent/engine.sock")
        other.must(other.join_site(stranger.data, other.site_token("oslo")))
        # The stranger dials our region under the address of its own.
        port = other.daemons[1].port
        other.daemons[1].kill()
        ours = self.fleet.add("region", "impostor")
        self.fleet.daemons[1].kill()
        shutil.copytree(self.region.data, ours.data,
                        ignore=shutil.ignore_patterns("admin.sock"))
        ours.port = port
        ours.start()
        stranger.start()
        self.fleet.declare_site("oslo")
        eventually(lambda: "handshake" in stranger.said().lower() or
                   other.skerry("status", at=stranger).out.count("offline") > 0, "it was refused")
        time.sleep(2)
        self.assertFalse(self.fleet.get("sites")["oslo"]["online"])
        self.assertNotIn("link.up", stranger.said())
        self.assertNotIn("child=\"oslo\"", ours.said())


main()
