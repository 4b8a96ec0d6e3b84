#!/usr/bin/env python3
"""What users and scripts type: forms of output, exit codes, names, and what narrows a list."""
import json

from fleet import TENANT, application, eventually, process_service
from fleet_case import FleetCase, main

OTHER = TENANT + "b"
SITES = """kind: Site
name: oslo
region: north
labels: { kind: shop, size: large, code: "0012", note: "$$HOME and: more" }
timezone: Europe/Oslo
---
kind: Site
name: spare
region: north
labels: { kind: depot }
"""


def pos(tenant=TENANT, **more):
    text = json.loads(application("pos", {"web": process_service(
        "echo \"up ${VERSION}\"; exec sleep 1000".replace("$", "$$"), VERSION="1 $$"), **more}))
    return json.dumps(dict(text, tenant=tenant, priority=7))


class CommandsTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.central, self.region, self.site = self.fleet.begin_three_tiers("oslo")
        self.fleet.must(self.fleet.apply(SITES))
        self.fleet.must(self.fleet.apply(pos(), "--wait"))

    def out(self, *words, at=None):
        return self.fleet.must(self.fleet.skerry(*words, at=at)).out

    def refuse(self, code, reason, *words, at=None, feed=None):
        """As an object for scripts; answers the first error."""
        done = self.fleet.skerry(*words, "-o", "json", at=at, feed=feed)
        self.assertEqual((done.code, done.out), (code, ""), done)
        error = json.loads(done.err)["error"]
        self.assertEqual((error["code"], error["reason"]), (code, reason), error)
        self.assertTrue(error["hint"] or error["next"], error)
        return error

    def test_the_yaml_of_everything_declared_is_applied_again_unchanged(self):
        for kinds in (("tenants", "regions", "sites", "apps"),):
            text = "---\n".join(self.out("get", kind, "-o", "yaml") for kind in kinds)
        told = self.fleet.must(self.fleet.apply(text)).out.splitlines()
        self.assertEqual(len(told), 5, told)
        for line in told:
            self.assertTrue(line.endswith(" unchanged"), line)
        self.assertEqual(self.fleet.skerry("plan", "-f", "-", "--exit-code",
                                           feed=text.encode()).code, 0)

    def test_every_form_of_output_and_every_form_of_a_name(self):
        for words in (("app",), ("apps",), ("application",), ("applications",), ("app", "pos"),
                      ("app/pos",), ("applications/pos",)):
            self.assertEqual(self.out("get", *words, "-o", "name"), "application/pos\n")
        self.assertEqual(self.out("get", "inst/pos.web.0", "-o", "name"), "instance/pos.web.0\n")
        self.assertEqual(self.out("get", "host", "host1", "-o", "name"), "host/oslo/host1\n")
        self.assertEqual(self.out("get", "host/oslo/host1", "-o", "name"), "host/oslo/host1\n")
        for at in (self.central, self.region, self.site):
            for kind in ("instances", "hosts", "apps"):
                for form in ("table", "wide"):
                    self.assertIn("(as of ", self.out("get", kind, "-o", form, at=at))
                told = self.fleet.ask("get", kind, at=at)
                self.assertEqual(set(told), {"items", "asOf"})
                self.assertEqual(set(told["items"][0]),
                                 {"kind", "name", "tenant", "spec", "status"})
            status = self.fleet.get("instances", at=at)["oslo", "pos", "web"]
            self.assertLessEqual({"site", "host", "service", "state", "pid", "container",
                                  "restarts", "since", "reason"}, set(status))
        site = self.fleet.get("sites")["oslo"]
        self.assertLessEqual({"online", "offlineSince", "hosts", "version"}, set(site))
        self.assertIsNone(site["offlineSince"])
        self.assertEqual(self.fleet.ask("get", "app", "pos")["items"][0]["status"]["counts"],
                         {"running": 1})

    def test_lists_are_narrowed_and_sorted_the_same_way_at_every_tier(self):
        def names(*words, at=None):
            return self.out("get", *words, "-o", "name", at=at).split()
        for at in (self.central, self.region):
            self.assertEqual(names("sites", "-l", "size = large", at=at), ["site/oslo"])
            self.assertEqual(names("sites", "-l", "status.online = true", at=at), ["site/oslo"])
            self.assertEqual(names("sites", "-l", "not size exists", at=at), ["site/spare"])
            self.assertEqual(names("inst", "-l", "size = small", at=at), [])
            self.assertEqual(names("inst", "--site", "spare", at=at), [])
        for at in (self.central, self.region, self.site):
            for words in (("-l", "code = '0012' and status.state = running"), ("--app", "pos"),
                          ("--site", "oslo"), ("--host", "host1"), ("-t", TENANT),
                          ("-l", "status.restarts < 1 and status.state-for < 1h")):
                self.assertEqual(names("inst", *words, at=at), ["instance/pos.web.0"], words)
            for words in (("--app", "x"), ("--host", "x"), ("-t", "x"),
                          ("-l", "status.state = failed")):
                self.assertEqual(names("inst", *words, at=at), [], words)
            self.refuse(2, "bad-selector", "get", "inst", "-l", "a =", at=at)
        self.assertEqual(names("sites", "--app", "pos"), ["site/oslo"])
        self.assertEqual(names("apps", "--site", "spare"), [])
        self.assertEqual(names("sites", "--sort", "status.hosts"), ["site/spare", "site/oslo"])
        self.refuse(2, "usage", "get", "sites", "--sort", "bogus")

    def test_a_name_that_two_tenants_have_is_refused_with_both_until_one_is_said(self):
        self.fleet.must(self.fleet.apply(f"kind: Tenant\nname: {OTHER}\n"))
        self.fleet.must(self.fleet.apply(pos(OTHER), "--wait"))
        for at in (self.central, self.region, self.site):
            for words in (("describe", "app", "pos"), ("why", "pos", "--site", "oslo"),
                          ("logs", "pos")):
                error = self.refuse(2, "name-ambiguous", *words, at=at)
                self.assertIn(f"{TENANT}, {OTHER}", error["message"])
                self.assertIn("-t TENANT", error["hint"])
                self.fleet.must(self.fleet.skerry(*words, "-t", OTHER, at=at))
        self.refuse(2, "name-ambiguous", "delete", "app", "pos", "--yes")
        self.assertEqual(len(self.fleet.ask("get", "apps")["items"]), 2)
        self.fleet.must(self.fleet.skerry("delete", "app", "pos", "-t", OTHER, "--yes", "--wait"))
        self.fleet.wait_running(("oslo", "pos", "web"))

    def test_exit_codes_and_words_are_those_that_scripts_rely_on(self):
        refuse = self.refuse
        refuse(2, "unknown-verb", "gett", "sites")
        refuse(2, "usage", "get", "sites", "--bogus")
        refuse(2, "unknown-kind", "get", "sitse")
        for words in (("get", "site", "x"), ("describe", "app", "x"), ("logs", "x"),
                      ("logs", "pos", "-t", "x"), ("logs", "pos", "--site", "x"),
                      ("logs", "site/x"), ("why", "x", "--site", "oslo"),
                      ("why", "pos", "--site", "x"), ("wait", "site", "x", "--for", "online"),
                      ("delete", "app", "x", "--yes"), ("token", "create", "site", "x"),
                      ("token", "revoke", "x", "--yes")):
            refuse(3, "not-found", *words)
        for at in (self.region, self.site):
            refuse(4, "not-here", "apply", "-f", "-", at=at, feed=pos().encode())
            refuse(4, "not-here", "plan", "-f", "-", at=at, feed=pos().encode())
            refuse(4, "not-here", "token", "revoke", "oslo", "--yes", at=at)
        gone = self.fleet.run("skerry", "--socket", "/nonexistent/admin.sock", "status")
        self.assertSays(gone, 5, "/nonexistent/admin.sock")
        refuse(6, "in-use", "delete", "region", "north", "--yes")
        refuse(6, "in-use", "delete", "tenant", TENANT, "--yes")
        refuse(7, "timed-out", "wait", "site", "spare", "--for", "online", "--timeout", "300ms")
        refuse(2, "needs-yes", "delete", "app", "pos")
        self.fleet.must(self.fleet.apply("kind: Region\nname: south\n---\n"
                                         "kind: Site\nname: far\nregion: south\n"))
        refuse(6, "no-region-address", "token", "create", "site", "far")

    def test_a_plan_is_applied_as_it_was_or_not_at_all(self):
        change = pos().replace("1 $$", "2").encode()
        planned = json.loads(self.fleet.must(self.fleet.skerry(
            "plan", "-f", "-", "-o", "json", feed=change)).out)
        self.assertTrue(planned["changes"])
        self.assertEqual([t["action"] for t in planned["targets"]], ["change"])
        self.assertEqual(self.fleet.skerry("plan", "-f", "-", "--exit-code", feed=change).code, 9)
        rendered = self.fleet.must(self.fleet.skerry(
            "plan", "-f", "-", "--site", "oslo", "-o", "yaml", feed=change)).out
        self.assertIn("VERSION: \"2\"", rendered)
        self.refuse(3, "not-found", "plan", "-f", "-", "--site", "nowhere", feed=change)
        self.fleet.declare_site("third")
        self.refuse(6, "plan-stale", "apply", "-f", "-", "--plan", planned["id"], feed=change)
        planned = json.loads(self.fleet.must(self.fleet.skerry(
            "plan", "-f", "-", "-o", "json", feed=change)).out)
        self.fleet.must(self.fleet.skerry("apply", "-f", "-", "--plan", planned["id"],
                                          feed=change))
        self.assertEqual(self.fleet.skerry("plan", "-f", "-", "--exit-code", feed=change).code, 0)

    def test_lines_of_an_application_and_of_a_whole_site(self):
        self.fleet.must(self.fleet.apply(application("kiosk", {"k": process_service(
            "echo kiosk; exec sleep 1000")}), "--wait"))
        for at in (self.central, self.region, self.site):
            eventually(lambda a=at: "kiosk" in self.out("logs", "kiosk", at=a), "it wrote")
            both = self.out("logs", "site/oslo", at=at).splitlines()
            self.assertEqual(sorted(line.split()[-1] for line in both)[-1], "kiosk", both)
            self.assertEqual(len(both), 2, both)
        self.assertEqual(self.out("logs", "pos", "-l", "size = small"), "")
        self.assertIn("up", self.out("logs", "pos", "-l", "size = large", "--since", "1h"))
        line = json.loads(self.out("logs", "pos", "-o", "json"))
        self.assertEqual(set(line), {"site", "instance", "at", "stream", "text"})

    def test_deleting_with_everything_that_belongs_to_it(self):
        told = self.out("delete", "tenant", TENANT, "--cascade", "--yes", "--wait")
        self.assertIn("application/pos deleted", told)
        eventually(lambda: not self.fleet.get("instances"), "nothing of it runs")
        self.assertEqual(self.fleet.get("tenants"), {})


main()
