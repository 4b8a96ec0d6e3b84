#!/usr/bin/env python3
"""Backup and restore of real daemons: while they run and while they do not, and what is refused."""
import os
import shutil
import stat

from fleet import alive, application, eventually, process_service
from fleet_case import FleetCase, main


def pos(version):
    return application("pos", {"till": process_service("sleep 999", VERSION=version)})


class RestoreTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.central, self.region, self.site = self.fleet.begin_three_tiers("oslo")

    def file(self, name):
        return f"{self.fleet.folder}/{name}.backup"

    def back_up(self, daemon, name):
        done = self.fleet.run(f"skerry-{daemon.tier}", "backup", "--to", self.file(name), "--data",
                              daemon.data)
        self.assertIn("private keys", self.fleet.must(done).out)
        return self.file(name)

    def restore(self, daemon, file):
        return self.fleet.run(f"skerry-{daemon.tier}", "restore", file, "--data", daemon.data)

    def put_back(self, daemon, file):
        daemon.stop()
        done = self.fleet.must(self.restore(daemon, file))
        daemon.start()
        return done

    def runs(self, version):
        self.fleet.must(self.fleet.apply(pos(version), "--wait"))
        return self.fleet.wait_running(("oslo", "pos", "till"))["oslo", "pos", "till"]

    def settled(self):
        """Every link is up again, and central waits for nobody."""
        self.fleet.wait_online("regions", "north")
        self.fleet.wait_online("sites", "oslo")
        eventually(lambda: self.fleet.ask("restore", "status")["ready"], "nothing is waited for")

    def test_each_tier_comes_back_from_a_backup_and_what_runs_is_not_touched(self):
        self.runs("1")
        files = [(daemon, self.back_up(daemon, daemon.tier))
                 for daemon in (self.central, self.region, self.site)]
        pid = self.runs("2")
        for daemon, file in files:
            done = self.put_back(daemon, file)
            self.assertIn("what was there before is in", done.out)
            self.settled()
            self.assertTrue(alive(pid), daemon.tier)
            self.assertEqual(self.fleet.wait_running(("oslo", "pos", "till")),
                             {("oslo", "pos", "till"): pid})
        self.assertNotEqual(self.runs("3"), pid)

    def test_a_backup_of_a_stopped_daemon_is_as_good_and_restoring_twice_is_harmless(self):
        pid = self.runs("1")
        self.central.stop()
        file = self.back_up(self.central, "central")
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        self.central.start()
        self.fleet.must(self.fleet.skerry("audit", "--verify"))
        self.assertEqual(self.fleet.ask("audit")["items"][-1]["action"], "backup")
        self.central.stop()
        for _ in range(2):
            self.fleet.must(self.restore(self.central, file))
        self.central.start()
        self.settled()
        self.put_back(self.central, file)
        self.settled()
        self.assertTrue(alive(pid))
        self.fleet.must(self.fleet.skerry("audit", "--verify"))
        status = self.fleet.ask("restore", "status")
        self.assertEqual([(c["name"], c["state"]) for c in status["children"]], [("north", "read")])
        self.assertNotEqual(self.runs("2"), pid)

    def test_a_lost_machine_is_replaced_from_a_backup(self):
        pid = self.runs("1")
        file = self.back_up(self.central, "central")
        self.central.kill()
        shutil.rmtree(self.central.data)
        self.fleet.must(self.restore(self.central, file))
        self.central.start()
        self.settled()
        self.assertTrue(alive(pid))
        # The record of what was done is gone with the machine, which is no tampering.
        self.fleet.must(self.fleet.skerry("audit", "--verify"))
        said = self.fleet.ask("audit")["items"][0]
        self.assertEqual(said["action"], "restore")
        self.assertIn("came back from its backup", said["text"])

    def test_who_joins_again_with_a_fresh_token_follows_a_tier_that_moved(self):
        pid = self.runs("1")
        file = self.back_up(self.central, "central")
        self.central.kill()
        shutil.rmtree(self.central.data)
        self.fleet.must(self.restore(self.central, file))
        self.central.port = 0  # another machine, another address
        self.central.start()
        token = self.fleet.ask("token", "create", "region", "north")["token"]
        join = ("skerry-region", "join", token, "--data", self.region.data)
        running = self.fleet.must(self.fleet.run(*join))
        self.assertIn("stop it and give this command again", running.out)
        self.region.stop()
        self.assertIn(f"it dials 127.0.0.1:{self.central.port} from now on",
                      self.fleet.must(self.fleet.run(*join)).out)
        self.region.start()
        self.settled()
        self.assertTrue(alive(pid))
        self.assertNotEqual(self.runs("2"), pid)

    def test_what_is_no_whole_backup_of_this_daemon_changes_nothing(self):
        file = self.back_up(self.central, "central")
        with open(file, "rb") as source:
            whole = source.read()
        self.assertSays(self.restore(self.central, file), 1, "a daemon serves this folder",
                        "systemctl stop skerry-central")
        self.central.stop()
        before = sorted(os.listdir(self.central.data))
        for name, content, said in (("short", whole[:-100], "cut off or was changed"),
                                    ("edited", whole[:999] + b"?" + whole[1000:], "was changed"),
                                    ("newer", whole.replace(b"backup 1", b"backup 2", 1), "format"),
                                    ("other", b"hello", "no backup of Skerry")):
            with open(self.file(name), "wb") as broken:
                broken.write(content)
            refused = self.restore(self.central, self.file(name))
            self.assertSays(refused, 1, said)
            self.assertTrue(refused.err.startswith("error: this "), refused.err)
        self.assertSays(self.restore(self.central, self.back_up(self.region, "region")), 1,
                        "another tier")
        self.assertSays(self.restore(self.central, self.file("none")), 1, "no such file")
        self.assertEqual(sorted(os.listdir(self.central.data)), before)
        self.central.start()
        self.settled()


if __name__ == "__main__":
    main()
