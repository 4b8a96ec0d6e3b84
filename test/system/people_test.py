"""People: remote clients with contexts, roles at every tier, the audit log."""
import datetime
import glob
import json
import os
import re
import shutil
import subprocess

from fleet import application, eventually, process_service
from fleet_case import FleetCase, main

# For certificates as central makes them, with other dates.
AGED = """
[ca]
default_ca = fleet
[fleet]
database = index
new_certs_dir = .
rand_serial = yes
default_md = default
policy = names
x509_extensions = leaf
[names]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
SLEEPS = process_service("exec sleep 1000")


def app_of(tenant, name, sites="kind = shop"):
    manifest = json.loads(application(name, {"web": SLEEPS}, sites))
    manifest["tenant"] = tenant
    return json.dumps(manifest)


class PeopleTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.config = self.fleet.folder + "/config"
        self.fleet.environment["SKERRY_CONFIG"] = self.config
        pid = os.getpid()
        self.acme, self.bolt = f"acme{pid}", f"bolt{pid}"

    # ---- The client, remotely -----------------------------------------------------------------

    def at(self, context, *words, **more):
        return self.fleet.run("skerry", "--context", context, *words, **more)

    def names(self, context, kind):
        done = self.fleet.must(self.at(context, "get", kind, "-o", "json"))
        return {(item["tenant"], item["name"]) for item in json.loads(done.out)["items"]}

    def keep(self, file, name, tier=None):
        """A context under `name`; of another tier than central."""
        where = [] if tier is None else ["--server", f"127.0.0.1:{tier.port}"]
        self.fleet.must(self.fleet.run("skerry", "context", "add", file, "--name", name, *where))

    def let_in(self, name, role, *scope):
        file = f"{self.fleet.folder}/{name}-{role}.context"
        self.fleet.must(self.fleet.skerry("user", "add", name, "--role", role, *scope, "--out",
                                          file))
        return file

    def begin_two_tenants(self):
        fleet = self.fleet
        fleet.begin_central()
        fleet.must(fleet.apply(f"kind: Tenant\nname: {self.acme}\n---\n"
                               f"kind: Tenant\nname: {self.bolt}\n"))
        region = fleet.begin_region()
        site = fleet.add("site", "oslo", "--engine", "/nonexistent/engine.sock", "--listen",
                         "127.0.0.1:0")
        fleet.must(fleet.join_site(site.data, fleet.site_token("oslo")))
        site.start()
        site.flags = (*site.flags[:-1], f"127.0.0.1:{site.port}")
        fleet.wait_online("sites", "oslo")
        for tenant in (self.acme, self.bolt):
            fleet.must(fleet.apply(app_of(tenant, "pos")))
        fleet.wait_running(("oslo", "pos", "web"))
        eventually(lambda: len(fleet.ask("get", "instances")["items"]) == 2, "both run")
        return region, site

    # ---- Tests --------------------------------------------------------------------------------

    def test_people_reach_every_tier_from_elsewhere_and_see_their_own(self):
        fleet = self.fleet
        region, site = self.begin_two_tenants()
        admin = fleet.central.data + "/admin.context"
        self.assertEqual(os.stat(admin).st_mode & 0o777, 0o600)
        fleet.must(fleet.run("skerry", "context", "add", admin, "--name", "root", "--server",
                             f"127.0.0.1:{fleet.central.port}", "--peer", "central"))
        me = json.loads(fleet.must(self.at("root", "whoami", "-o", "json")).out)
        self.assertEqual((me["name"], me["role"], me["tier"]),
                         ("user:admin", "global-admin", "central"))
        # The first one that was added is in use.
        self.assertIn("user:admin", fleet.must(fleet.run("skerry", "whoami")).out)

        kari = self.let_in("kari", "tenant-admin", "--tenant", self.acme)
        other = self.let_in("kari", "tenant-viewer", "--tenant", self.bolt)
        ops = self.let_in("nils", "region-ops", "--region", "north")
        self.assertEqual(os.stat(kari).st_mode & 0o777, 0o600)
        again = fleet.skerry("user", "add", "eva", "--role", "global-admin", "--out", kari)
        self.assertSays(again, 6, "cannot write")
        self.assertSays(fleet.skerry("user", "remove", "kari", "--yes"), 2, self.acme, self.bolt)

        self.keep(kari, "kari")
        self.keep(other, "other")
        self.keep(ops, "nils")
        self.assertEqual(self.names("kari", "apps"), {(self.acme, "pos")})
        self.assertEqual(self.names("other", "apps"), {(self.bolt, "pos")})
        self.assertEqual(self.names("kari", "tenants"), {("", self.acme)})
        self.assertEqual(self.names("nils", "apps"), {(self.acme, "pos"), (self.bolt, "pos")})
        told = json.loads(fleet.must(self.at("kari", "events", "-o", "json")).out)["items"]
        self.assertLessEqual({event["tenant"] for event in told}, {"", self.acme})
        self.assertSays(self.at("kari", "label", "site", "oslo", "a=b"), 4, "may not")
        fleet.must(self.at("nils", "label", "site", "oslo", "size=small"))
        # A name that two tenants have is one's own.
        self.assertIn(self.acme, fleet.must(self.at("kari", "describe", "app", "pos")).out)
        self.assertSays(fleet.skerry("describe", "app", "pos"), 2, self.acme, self.bolt)
        self.assertSays(self.at("kari", "-t", self.bolt, "describe", "app", "pos"), 3)
        self.assertSays(self.at("other", "delete", "app", "pos", "--yes"), 4, "tenant-viewer")
        self.assertSays(self.at("kari", "apply", "-f", "-", feed=app_of(self.bolt, "x").encode()),
                        3, self.bolt)
        self.assertSays(self.at("kari", "user", "add", "eve", "--role", "global-admin", "--out",
                                fleet.folder + "/eve"), 4, "may not")
        self.assertFalse(os.path.exists(fleet.folder + "/eve"))

        # The same people at the region and at the site, with everything above gone.
        for tier, name in ((region, "north"), (site, "oslo")):
            self.keep(kari, "kari-" + name, tier)
            self.keep(ops, "nils-" + name, tier)
            eventually(lambda: self.at("kari-" + name, "whoami").code == 0, "known at " + name)
            self.assertEqual(self.names("kari-" + name, "apps"), {(self.acme, "pos")})
        fleet.central.kill()
        self.assertEqual(self.at("kari", "whoami").code, 5)
        self.assertEqual(self.names("kari-north", "apps"), {(self.acme, "pos")})
        self.assertEqual(self.names("nils-north", "sites"), {("", "oslo")})
        region.kill()
        self.assertEqual({tenant for tenant, _ in self.names("kari-oslo", "instances")},
                         {self.acme})
        self.assertEqual(len(self.names("nils-oslo", "instances")), 2)
        self.assertSays(self.at("kari-oslo", "doctor"), 4, "may not")
        # The site begins again, still alone, and knows its people.
        site.kill()
        site.start()
        self.assertEqual(self.names("kari-oslo", "apps"), {(self.acme, "pos")})
        region.start()
        fleet.central.start()

        # Who is removed is nobody, wherever the word of it has come.
        fleet.must(fleet.skerry("user", "remove", "kari", "-t", self.acme, "--yes"))
        self.assertSays(self.at("kari", "whoami"), 4, "user")
        for name in ("north", "oslo"):
            eventually(lambda: self.at("kari-" + name, "whoami").code == 4, "removed at " + name)
        self.assertEqual(self.at("other", "whoami").code, 0)

    def test_a_lost_key_is_reset_and_sessions_of_it_end(self):
        fleet = self.fleet
        fleet.begin_central()
        first = self.let_in("eva", "global-admin")
        self.keep(first, "first")
        watch = subprocess.Popen(
            [fleet.programs + "/skerry", "--context", "first", "get", "tenants", "-w"],
            env=fleet.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(watch.stderr.close)
        self.addCleanup(watch.stdout.close)
        watch.stdout.readline()
        second = fleet.folder + "/second"
        fleet.must(fleet.skerry("user", "reset", "eva", "--out", second))
        self.assertEqual(watch.wait(timeout=20), 5)
        self.keep(second, "second")
        self.assertEqual(self.at("second", "whoami").code, 0)
        self.assertSays(self.at("first", "whoami"), 4, "user reset")
        # It stays so.
        fleet.central.kill()
        fleet.central.start()
        self.assertSays(self.at("first", "whoami"), 4)
        self.assertEqual(self.at("second", "whoami").code, 0)

    def test_a_context_that_nears_its_end_is_renewed_by_the_next_command(self):
        fleet = self.fleet
        fleet.begin_central()
        self.keep(fleet.central.data + "/admin.context", "root", fleet.central)
        self.keep(fleet.central.data + "/admin.context", "spare", fleet.central)
        old = {name: self.age(name, 60) for name in ("root", "spare")}
        first = json.loads(fleet.must(self.at("root", "whoami", "-o", "json")).out)
        for name in ("root", "spare"):
            with open(f"{self.config}/{name}.context") as file:
                self.assertNotEqual(file.read(), old[name])
        later = json.loads(fleet.must(self.at("spare", "whoami", "-o", "json")).out)
        self.assertGreater(later["certificateEnds"], first["certificateEnds"])
        # What is good for long is left alone.
        with open(f"{self.config}/root.context") as file:
            before = file.read()
        fleet.must(self.at("root", "get", "tenants"))
        with open(f"{self.config}/root.context") as file:
            self.assertEqual(file.read(), before)
        # A central that is away keeps nobody from anything else.
        self.age("root", 85)
        fleet.central.kill()
        self.assertSays(self.at("root", "whoami"), 5, "cannot reach")
        fleet.central.start()
        fleet.must(self.at("root", "whoami"))

    def age(self, name, days):
        """Gives a context a certificate that central made so many days ago; its text then."""
        path, folder = f"{self.config}/{name}.context", f"{self.fleet.folder}/aged"
        with open(path) as file:
            text = file.read()
        (key,) = re.findall(r"-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----", text, re.S)
        first = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.S)[0]
        indent = re.search(r"BEGIN PRIVATE KEY-----(\\n|\n *)", text)[1]  # how YAML ends a line
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        for file, content in (("key", key.replace(indent, "\n") + "\n"), ("index", ""),
                              ("config", AGED)):
            with open(f"{folder}/{file}", "w") as to:
                to.write(content)
        identity = self.fleet.central.data + "/identity"
        now = datetime.datetime.now(datetime.timezone.utc)
        begin = now - datetime.timedelta(days=days)
        openssl = lambda *words: subprocess.run(["openssl", *words], cwd=folder, check=True,
                                                capture_output=True)
        openssl("req", "-new", "-key", "key", "-subj", "/CN=user:admin", "-out", "request")
        openssl("ca", "-batch", "-config", "config", "-cert", f"{identity}/root.pem", "-keyfile",
                f"{identity}/root.key", "-in", "request", "-out", "aged", "-notext", "-startdate",
                begin.strftime("%Y%m%d%H%M%SZ"), "-enddate",
                (begin + datetime.timedelta(days=90)).strftime("%Y%m%d%H%M%SZ"))
        with open(f"{folder}/aged") as file:
            aged = text.replace(first, file.read().strip().replace("\n", indent))
        with open(path, "w") as file:
            file.write(aged)
        return aged

    def test_a_context_leads_to_its_own_fleet_only(self):
        fleet = self.fleet
        fleet.begin_central()
        theirs = fleet.begin_central("theirs")
        self.keep(fleet.central.data + "/admin.context", "lost", theirs)
        self.assertSays(self.at("lost", "whoami"), 5, "another fleet")
        theirs.kill()
        self.assertSays(self.at("lost", "whoami"), 5, "cannot reach")
        self.assertSays(self.at("nobody", "whoami"), 2, "no context")
        broken = fleet.folder + "/broken"
        with open(broken, "w") as file:
            file.write("name: x\nserver: y\n")
        self.assertSays(fleet.run("skerry", "context", "add", broken), 2, "no pin")
        # Another tier of the fleet is not taken for central.
        fleet.must(fleet.run("skerry", "context", "add", fleet.central.data + "/admin.context",
                             "--name", "odd", "--server", f"127.0.0.1:{fleet.central.port}",
                             "--peer", "region:north"))
        self.assertSays(self.at("odd", "whoami"), 5, "central", "region:north")

    def test_the_audit_log_tells_who_did_what_and_that_it_was_changed(self):
        fleet = self.fleet
        fleet.begin_central()
        self.keep(fleet.central.data + "/admin.context", "root", fleet.central)
        for name in ("one", "two", "three"):
            fleet.must(self.at("root", "apply", "-f", "-",
                               feed=f"kind: Tenant\nname: {name}\n".encode()))
        fleet.must(fleet.skerry("delete", "tenant", "two", "--yes"))
        records = fleet.ask("audit", "--kind", "tenant")["items"]
        self.assertEqual([(r["who"], r["outcome"], r["name"]) for r in records],
                         [("user:admin", "created", "one"), ("user:admin", "created", "two"),
                          ("user:admin", "created", "three"), (f"local:{os.getuid()}", "deleted",
                                                               "two")])
        self.assertEqual(records[1]["after"], records[3]["before"])
        self.assertEqual([r["from"] for r in records], ["127.0.0.1"] * 3 + ["admin.sock"])
        self.assertEqual(len(fleet.ask("audit", "--user", "admin", "--name", "two")["items"]), 1)
        self.assertEqual(len(fleet.ask("audit", "--since", "1h")["items"]), 4)
        exported = fleet.folder + "/export"
        fleet.must(fleet.skerry("audit", "--verify", "--export", exported))
        with open(exported) as file:
            self.assertEqual(len(file.readlines()), 4)

        fleet.central.stop()
        file = glob.glob(fleet.central.data + "/audit/*.log")[0]
        with open(file) as log:
            lines = log.readlines()
        with open(file, "w") as log:
            log.writelines(line.replace("three", "seven") for line in lines)
        fleet.central.start()
        at = next(i for i, line in enumerate(lines) if "three" in line and "created" in line)
        self.assertSays(fleet.skerry("audit", "--verify"), 1, f"from record {at + 1} on")
        self.assertIn("audit", fleet.must(fleet.skerry("status")).out)
        self.assertNotEqual(fleet.skerry("doctor").code, 0)
        # It goes on, behind what was damaged.
        fleet.must(fleet.apply("kind: Tenant\nname: four\n"))
        self.assertEqual(fleet.ask("audit", "--name", "four")["items"][0]["outcome"], "created")


if __name__ == "__main__":
    main()
