#!/usr/bin/env python3
"""Manifests with mistakes: refused as a whole, each mistake with its file, line and way out."""
import json

from fleet import TENANT, alive, application, process_service
from fleet_case import FleetCase, main

GOOD = application("pos", {"web": process_service("exec sleep 1000")})
APP = f"""kind: Application
name: pos
tenant: {TENANT}
services:
  web:
    command: ["/bin/sleep", "1000"]
    x-skerry: {{ kind: process }}
"""


class ManifestsTest(FleetCase):
    """One fleet for all: none of them may change anything."""

    def setUp(self):
        super().setUp()
        self.fleet.begin_three_tiers("oslo")
        self.fleet.must(self.fleet.apply(GOOD))
        self.pids = self.fleet.wait_running(("oslo", "pos", "web"))
        self.before = self.fleet.ask("get", "apps")["items"][0]["spec"]

    def refuse(self, text, line, *parts, code=2):
        """Beside a good object, which must not be declared either."""
        path = f"{self.fleet.folder}/bad.yaml"
        content = text if isinstance(text, bytes) else text.encode()
        with open(path, "wb") as file:
            file.write(content)
        for verb in (("apply",), ("plan",), ("validate",), ("apply", "--dry-run")):
            done = self.fleet.skerry(*verb, "-f", path)
            place = f"{path}:{line}:" if line else path
            self.assertSays(done, code, place, *parts)
            self.assertNotIn(".cpp", done.err)
        self.tells_what_to_do(path, line, code)
        self.unchanged()

    def tells_what_to_do(self, path, line, code):
        """For scripts: each error has its place and its way out."""
        told = json.loads(self.fleet.skerry("validate", "-f", path, "-o", "json").err)
        self.assertEqual(told["error"], told["errors"][0])
        for error in told["errors"]:
            self.assertEqual(set(error), {"code", "reason", "message", "where", "hint", "next"})
            self.assertEqual(set(error["where"]), {"file", "line", "path"})
            self.assertEqual((error["code"], error["where"]["file"]), (code, path))
            self.assertRegex(error["reason"], "^[a-z0-9-]+$")
            self.assertTrue(error["hint"] or error["next"], error)
        if line:
            self.assertIn(line, [error["where"]["line"] for error in told["errors"]])

    def unchanged(self):
        self.assertEqual(self.fleet.ask("get", "apps")["items"][0]["spec"], self.before)
        self.assertEqual(list(self.fleet.get("apps")), ["pos"])
        self.assertEqual(self.fleet.wait_running(("oslo", "pos", "web")), self.pids)
        self.assertTrue(alive(self.pids[("oslo", "pos", "web")]))

    def test_mistakes_are_refused_with_file_and_line_and_nothing_changes(self):
        for text, line, *parts in (
                (APP + "    comand: x\n", 8, "services.web.comand", "comand"),
                (APP + "    healthcheck: { test: x }\n", 8, "healthcheck", "not supported yet"),
                (APP + "    restart: [always]\n", 8, "services.web.restart"),
                (APP + "    restart: sometimes\n", 8, "sometimes"),
                (APP + "priority: high\n", 8, "priority"),
                (APP + "priority: 1\npriority: 2\n", 9, "priority"),
                (APP + "    ports: [\"99999:80\"]\n", 8, "services.web.ports"),
                (APP + "placement:\n  sites: \"kind = and\"\n", 9, "placement.sites"),
                (APP + "placement:\n  sites: \"(kind = shop\"\n", 9, "placement.sites"),
                (APP + "    environment: { A: \"${HOME}\" }\n", 8, "${HOME}"),
                (APP + "    deploy: { resources: { limits: { memory: 5 parsecs } } }\n", 8,
                 "memory"),
                (APP.replace("name: pos", "name: Pos Of Sale"), 2, "name"),
                (APP.replace("kind: App", "kind: Ap"), 1, "Aplication"),
                (APP.replace(f"tenant: {TENANT}", "tenant: nobody"), 3, "nobody"),
                ("kind: Site\nname: x\nregion: nowhere\n", 3, "nowhere"),
                (APP + "---\n" + APP, 10, "pos"),
                (APP + "  bad indent\n", 8),
                (APP + "a: &a [*a]\n", 8),
                ("just words\n", 1),
                ("- kind: Tenant\n  name: x\n", 1)):
            with self.subTest(text=text[-60:]):
                if "nobody" in text or "nowhere" in text:
                    self.refuse_at_central(text, line, *parts)
                else:
                    self.refuse(text, line, *parts)

    def refuse_at_central(self, text, line, *parts):
        """What only central can know."""
        path = f"{self.fleet.folder}/unknown.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write("kind: Tenant\nname: innocent\n---\n" + text)
        done = self.fleet.skerry("apply", "-f", path)
        self.assertIn(done.code, (2, 3), done)
        self.assertIn(f"{path}:{line + 3}:", done.err)
        for part in parts:
            self.assertIn(part, done.err)
        self.assertNotIn("innocent", self.fleet.get("tenants"))
        self.unchanged()

    def test_files_that_are_no_manifests_are_refused_by_name(self):
        for content, *parts in ((b"",), (b"\n# nothing\n",), (b"---\n---\n",),
                                (b"kind: Tenant\nname: x\n#" + b"x" * (10 << 20),),
                                (b"kind: Tenant\nname: \xff\xfe\n", "UTF-8"),
                                (b"kind: Tenant\nname: a\x00b\n",),
                                (b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)),),
                                (b"[" * 100000,), (b"a: " * 50000 + b"\n",)):
            with self.subTest(content=content[:30]):
                self.refuse(content, None, *parts)
        self.assertSays(self.fleet.skerry("apply", "-f", "/nonexistent.yaml"), 2,
                        "/nonexistent.yaml")
        self.assertSays(self.fleet.skerry("apply", "-f", self.fleet.folder), 2)

    def test_all_mistakes_of_a_file_are_told_at_once(self):
        done = self.fleet.apply(APP + "    comand: x\n    restart: sometimes\npriority: high\n")
        self.assertSays(done, 2, "<stdin>:8:", "<stdin>:9:", "<stdin>:10:")
        self.unchanged()


main()
