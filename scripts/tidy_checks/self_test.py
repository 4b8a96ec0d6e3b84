"""Proves that each check fails on what is wrong and passes what is right."""
from .tree import Tree

SOURCE = "shared/store/a.cpp"
BODY = "int f() {\n" + "  g();\n" * 69 + "}\n"
SHORT = "int f() {\n" + "  g();\n" * 68 + "}\n"
SCHEMA = "capnp/a.capnp"
CASE = "TEST_CASE"
UNIT = "test/unit/store/a_test.cpp"


def case(name, text):
    return f'{CASE}("{name}") {{\n}}\n' + text


# check -> (files it must complain about, files it must pass), several pairs each. Words that are
# findings themselves are put together here.
CASES = {
    "file_length": [({SOURCE: "\n" * 601}, {SOURCE: "\n" * 600})],
    "median_length": [({SOURCE: "\n" * 151}, {SOURCE: "\n" * 150, "README.md": "\n" * 999})],
    "lines": [
        ({SOURCE: "x" * 101}, {SOURCE: "x" * 100, "README.md": "x" * 101}),
        ({SOURCE: "\tint x;"}, {SOURCE: "  int x;"}),
        ({SOURCE: "int x; "}, {SOURCE: "int x;\n\nint y;"}),
    ],
    "function_length": [
        ({SOURCE: BODY}, {SOURCE: SHORT}),
        ({SOURCE: "class A final : public B {\npublic:\n  " + BODY + "};"},
         {SOURCE: "class A : public B<int()> {\n" + "  int f();\n" * 90 + "};"}),
        ({SOURCE: "A::A(int b)\n    : b(b),\n      c(1)" + BODY[7:]},
         {SOURCE: "namespace {\nconst int a[] = {\n" + "  1,\n" * 90 + "};\n}"}),
        ({SOURCE: "template <typename T>\nauto f(T t) const -> A<T> " + BODY[8:]},
         {SOURCE: 'const char* a = "f() {' + '\\n";\n' + "int b;\n" * 90}),
        ({UNIT: f'{CASE}("a long one is cut") ' + BODY[8:]}, {UNIT: "// f() {\n" + "\n" * 90}),
    ],
    "directions": [
        ({SOURCE: '#include "shared/link/link.h"'}, {SOURCE: '#include "shared/host/host.h"'}),
        ({"shared/crypto/a.cpp": '#include "shared/async/task.h"'},
         {SOURCE: '#include "shared/async/task.h"'}),
        ({"shared/ledger/a.cpp": '#include "shared/host/host.h"'},
         {"shared/ledger/a.cpp": '#include "capnp/uplink.capnp.h"'}),
        ({"tier_site/a.cpp": '#include "tier_region/b.h"'},
         {"tier_site/a.cpp": '#include "tier_site/drivers/b.h"\n#include "shared/model/c.h"'}),
        ({"tier_site/drivers/a.cpp": '#include "tier_site/b.h"'},
         {"tier_site/drivers/a.cpp": '#include "shared/host/host.h"'}),
        ({"tier_site/drivers/a.cpp": '#include "tier_site/keeper/keeper.h"'},
         {"tier_site/drivers/a.cpp": '#include "tier_site/keeper/ring_format.h"'}),
        ({SOURCE: '#include "test/sim/a.h"'}, {UNIT: '#include "test/sim/a.h"'}),
        ({SOURCE: '#include "store.h"'}, {SOURCE: '#include <string>'}),
    ],
    "libraries": [
        ({"tier_central/a.cpp": "#include <sqlite3.h>"}, {SOURCE: "#include <sqlite3.h>"}),
        ({SOURCE: "#include <uv.h>"}, {"shared/async/a.cpp": "#include <uv.h>"}),
    ],
    "banned": [
        ({SOURCE: "auto a = time(nullptr);"}, {SOURCE: "auto a = startTime(1) + x.time();"}),
        ({SOURCE: "auto a = ::time(nullptr);"}, {SOURCE: "// time( is banned"}),
        ({SOURCE: "return std::time(0) * 2;"}, {SOURCE: "A& time() const; A() : time(time) {}"}),
        ({SOURCE: "f(sleep(3));"}, {SOURCE: "void sleep(int a);\nint f() { g(sleep(3)); }"}),
        ({SOURCE: "f(b, time(&a));"}, {SOURCE: "int64_t A::time(int b) { return A::time(b); }"}),
        ({SOURCE: "auto a = std::chrono::steady_clock::now();"},
         {SOURCE: "auto a = clock.bootMs();"}),
        ({SOURCE: "std::random_device a;"}, {SOURCE: 'auto a = "random_device";'}),
        ({SOURCE: "int a = rand();"}, {SOURCE: "int a = operand();"}),
        ({SOURCE: "getrandom(a, 8, 0);"}, {"shared/host/real_entropy.cpp": "getrandom(a, 8, 0);"}),
        ({SOURCE: "std::thread a(b);"}, {"shared/async/a.cpp": "std::thread a(b);"}),
        ({SOURCE: "pthread_create(a);"}, {"tier_site/keeper/keeper.c": "pthread_create(a);"}),
        ({SOURCE: "uv_run(a, b);"}, {SOURCE: "guest.run(a, b);"}),
        ({SOURCE: "int a = socket(AF_INET, b, 0);"}, {SOURCE: "auto a = stream.socket(b);"}),
        ({SOURCE: "usleep(5);"}, {SOURCE: "timer.sleep(5);"}),
        ({SOURCE: "sleep(5);"}, {"test/system/a_test.cpp": "sleep(5);"}),
    ],
    "unfinished": [
        ({SOURCE: "// TO" "DO(now): this"}, {SOURCE: "// TO" "DO(perf): measured 3 ms"}),
        ({SOURCE: "// FIX" "ME"}, {"CONTRIBUTING.md": "FIX" "ME fails"}),
    ],
    "machine_paths": [
        ({"README.md": "cd /wo" "rk/main"}, {"README.md": "cd homework/main"}),
        ({SOURCE: 'auto a = "/ro' 'ot/x";'}, {SOURCE: 'auto a = "/var/lib/skerry";'}),
    ],
    "awaited": [
        ({SOURCE: "co_await f([x] {});"}, {SOURCE: "co_await written;"}),
        ({SOURCE: "co_await f(1);"}, {"test/unit/async/task_test.cpp": "co_await f(1);"}),
        ({SOURCE: "co_await request.send();"}, {SOURCE: "int a = co_await kj::mv(written);"}),
        ({SOURCE: "co_await a.b(c);"}, {SOURCE: "if (co_await self.written) {}"}),
        ({SOURCE: "co_await Options{1};"}, {SOURCE: "// co_await f(1)"}),
        ({SOURCE: "co_await kj::evalLater(f);"}, {SOURCE: "co_return co_await written;"}),
    ],
    "top_level": [
        ({"lib/a.h": ""}, {"docs/a.md": "", "CMakeLists.txt": ""}),
        ({"shared/a.h": ""}, {"shared/store/a.h": ""}),
    ],
    "known_folders": [({"shared/misc/a.h": ""}, {"shared/store/a.h": "", "tier_site/a.cpp": ""})],
    "hiding_names": [({"shared/link/limits.h": ""}, {"shared/link/link_limits.h": ""})],
    "snake_case": [({"shared/link/TlsStream.h": ""}, {"shared/link/tls_stream.h": ""})],
    "unused": [
        ({"shared/store/a.h": ""}, {"shared/store/a.h": "", UNIT: '#include "shared/store/a.h"'}),
        ({"shared/store/deep/a.cpp": "", "CMakeLists.txt": "skerry_library(store shared/store)"},
         {"shared/store/a.cpp": "", "CMakeLists.txt": "skerry_library(store shared/store)"}),
        ({"tier_site/keeper/b.h": ""},
         {"tier_site/keeper/b.h": "", "tier_site/keeper/a.c": '#include "b.h"',
          "tier_site/keeper/CMakeLists.txt": "add_executable(keeper a.c)"}),
        ({"tier_site/a.service": ""},
         {"tier_site/a.service": "", "CMakeLists.txt": "install(FILES tier_site/a.service)"}),
    ],
    "dead_links": [
        ({"docs/a.md": "[b](b.md)"}, {"docs/a.md": "[b](b.md) [c](https://c.example)",
                                      "docs/b.md": ""}),
    ],
    "sentences": [
        ({"test/system/a_test.py": "    def test_it_works(self):"},
         {"test/system/a_test.py": "    def test_a_service_outlives_it(self):"}),
        ({UNIT: case("commit works", "")}, {UNIT: case("a commit survives a crash", "")}),
        ({UNIT: f'{CASE}_FIXTURE(World, "commit works") {{}}'},
         {UNIT: f'{CASE}("a commit "\n    "survives a crash") {{}}'}),
    ],
    "not_empty": [
        ({"test/system/a_test.py": "x = 1"},
         {"test/system/a_test.py": "    def test_a_service_outlives_it(self):"}),
        ({UNIT: "int f();"}, {UNIT: case("a commit survives a crash", "")}),
    ],
    "twice": [
        ({UNIT: case("a b c d", case("a b c d", ""))},
         {UNIT: case("a b c d", case("a b c e", ""))}),
    ],
    "registered": [
        ({"test/sim/a_test.cpp": "", "test/CMakeLists.txt": "*_test.cpp"},
         {"test/sim/a_test.cpp": "", "test/sim/CMakeLists.txt": "file(GLOB a *_test.cpp)"}),
        ({"test/system/a_test.py": ""},
         {"test/system/a_test.py": "", "test/system/CMakeLists.txt": "add_test(a a_test.py)"}),
        ({UNIT: "", "test/CMakeLists.txt": "skerry_unit_test(link skerry_link)"},
         {UNIT: "", "test/CMakeLists.txt": "skerry_unit_test(store skerry_store)"}),
    ],
    "serial": [
        ({"test/system/CMakeLists.txt": "add_test(NAME a COMMAND b)"},
         {"test/system/CMakeLists.txt": "add_test(NAME a COMMAND b)\n# RUN_SERIAL"}),
    ],
    "cited": [
        ({"docs/faults.md": '| cut | waits | "a b c d" |'},
         {"docs/faults.md": '| cut | waits | "a b c d" |',
          "test/system/a_test.py": "    def test_a_b_c_d(self):"}),
        ({"docs/decisions/0001-a.md": '**How it is tested.**\n"a b c d"'},
         {"docs/decisions/0001-a.md": '"not that"\n**How it is tested.** `x`'}),
        ({"docs/faults.md": '| cut | waits | "a b c" |', UNIT: case("a b c d", "")},
         {"docs/faults.md": '| cut | "waits" | "a b c d" |', UNIT: case("a b c d", "")}),
    ],
    "opening": [({SCHEMA: "@0xab;\nstruct A {}"}, {SCHEMA: "@0xab;\n# Who to whom.\nstruct A {}"})],
    "methods": [
        ({SCHEMA: "  get @0 () -> ();\n}"},
         {SCHEMA: "  get @0 (\n    a :Text) -> ();\n  # Reads.\n}"}),
        ({SCHEMA: "interface A {\n}"}, {SCHEMA: "interface A {\n  # For admins.\n}"}),
    ],
    "fields": [
        ({SCHEMA: "  a @0 :Text;\n\n  b @1 :Text;\n  # Of b."},
         {SCHEMA: "  b @0 :Text;\n  # Unit.\n" * 4 + "  a @5 :Text;"}),
        ({SCHEMA: "  b @0 :Text;\n" * 6 + "  # Of the last three."},
         {SCHEMA: "  name @0 :Text;\n  b @1 :Text;\n  c @2 :Text;\n  # Both in ms.\n"}),
    ],
}


def run(checks):
    by_name = {check.__name__: check for check in checks}
    wrong = [f"{name} has no case" for name in by_name if name not in CASES]
    wrong += [f"{name} is no check" for name in CASES if name not in by_name]
    count = 0
    for name, pairs in CASES.items():
        for bad, good in pairs if name in by_name else []:
            count += 2
            if not list(by_name[name](Tree(bad))):
                wrong.append(f"{name} passes what is wrong: {str(bad)[:200]}")
            wrong += [f"{name} complains about what is right: {finding}"
                      for finding in by_name[name](Tree(good))]
    for line in wrong:
        print(f"tidy self-test: {line}")
    print(f"tidy self-test: {len(by_name)} checks, {count} cases, {len(wrong)} wrong")
    return 1 if wrong else 0
