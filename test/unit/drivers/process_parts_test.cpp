// The parts of the process driver that need no keeper: user names, the spec, the folders.
#include "shared/model/model_limits.h"
#include "test/sim/sim_host.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/drivers/service_folder.h"
#include <doctest/doctest.h>

namespace skerry {

namespace {

constexpr uint64_t SEED = 3;

kj::Promise<Ended> says(int code, kj::StringPtr output) {
  Ended ended;
  ended.code = code;
  ended.output = kj::str(output);
  return kj::mv(ended);
}

// A host with one account, till(33), in groups 33 and 44, and a group cash(77).
struct Site {
  Site() {
    machine.powerOn();
    machine.processes().install("id", [this](Command command, SimHost&) -> kj::Promise<Ended> {
      ++asked;
      if (command.arguments[0] != "till" && command.arguments[0] != "33") return says(1, "");
      return says(0, "uid=33(till) gid=33(till) groups=33(till),44(all, x=9)\n");
    });
    machine.processes().install("getent", [](Command command, SimHost&) -> kj::Promise<Ended> {
      if (command.arguments[1] == "cash") return says(0, "cash:x:77:till\n");
      return says(2, "");
    });
  }
  UserNumbers resolve(std::string user) {
    return world.run(users.resolve(user), 1000);
  }
  SimWorld world{SEED};
  SimHost machine{world, "site"};
  Users users{machine.host()};
  int asked = 0;
};

bool hasEntry(const Bytes& spec, std::string entry) {
  auto text = std::string(1, 0) + std::string(spec.begin(), spec.end());
  return text.find(std::string(1, 0) + entry + std::string(1, 0)) != text.npos;
}

Rendered service() {
  Rendered r;
  r.id = {"acme", "pos", "web", 2};
  r.kind = RuntimeKind::PROCESS;
  r.command = {"server", "--flag", ""};
  r.environment = {{"A", "x=y\nz"}};
  r.limits = {250, 1 << 20, 9};
  r.restartAloneAfterMs = 1000;
  r.digest = renderedDigest(r);
  return r;
}

}  // namespace

TEST_CASE("users are resolved by name and by number, with their groups") {
  Site site;
  CHECK(site.resolve("till") == UserNumbers{33, 33, {33, 44}});
  CHECK(site.resolve("33") == UserNumbers{33, 33, {33, 44}});
  CHECK(site.resolve("till:cash") == UserNumbers{33, 77, {33, 44}});
  CHECK(site.resolve("till:5") == UserNumbers{33, 5, {33, 44}});
  CHECK(site.resolve("1234") == UserNumbers{1234, 1234, {}});  // no account: never root's group
}

TEST_CASE("users that do not exist, or read as options, are refused") {
  Site site;
  for (std::string user : {"ghost", "till:ghosts", "", ":", "till:", ":5", "-G", "till:-x", "a b",
                           "$(x)", "4294967296", "till:cash:more"}) {
    CAPTURE(user);
    CHECK_THROWS_AS(site.resolve(user), kj::Exception);
  }
}

TEST_CASE("a user that was found is not asked for again for a while, one that was not is") {
  Site site;
  for (int i = 0; i < 3; ++i) site.resolve("till");
  CHECK(site.asked == 1);
  CHECK(site.resolve("till:cash").gid == 77);
  CHECK(site.asked == 2);
  for (int i = 0; i < 2; ++i) CHECK_THROWS_AS(site.resolve("ghost"), kj::Exception);
  CHECK(site.asked == 4);
  site.world.run(site.machine.host().timer.afterDelay((USER_KNOWN_MS + 1) * kj::MILLISECONDS),
                 2 * USER_KNOWN_MS);
  site.resolve("till");
  CHECK(site.asked == 5);
}

TEST_CASE("users whose names are told for the first time do not add up without end") {
  Site site;
  for (size_t i = 0; i <= USERS_KNOWN_MAX; ++i) site.resolve(std::to_string(1000 + i));
  auto before = site.asked;
  site.resolve("1000");  // forgotten
  CHECK(site.asked == before + 1);
}

TEST_CASE("a spec says all that a keeper has to know") {
  ProcessDriverConfig config;
  config.cgroupPrefix = "pre";
  UserNumbers user{33, 34, {35, 36}};
  auto spec = encodeSpec(service(), 4, config, user);
  for (std::string entry : {"incarnation=4", "program=server", "arg=server", "arg=--flag",
                            "arg=", "env=A=x=y\nz", "uid=33", "gid=34", "group=35", "group=36",
                            "cgroup=pre/acme/acme.pos.web.2", "memoryBytes=1048576", "cpuMilli=250",
                            "pidsMax=9", "localRestartAfterMs=1000", "syncExit=0"}) {
    CAPTURE(entry);
    CHECK(hasEntry(spec, entry));
  }
  CHECK(hasEntry(spec, "nonce=" + service().digest.hex()));
  auto plain = encodeSpec(service(), 4, config, nullptr);
  auto text = std::string(plain.begin(), plain.end());
  CHECK(text.find("uid=") == text.npos);
  CHECK(text.find("env=PATH=") != text.npos);
  CHECK(text.find("namespace=") == text.npos);
  auto own = service();
  own.environment["PATH"] = "/opt";
  own.network = NetworkMode::NONE;
  spec = encodeSpec(own, 1, config, nullptr);
  CHECK(hasEntry(spec, "env=PATH=/opt"));
  CHECK(hasEntry(spec, "namespace=net"));
}

TEST_CASE("what a keeper could not be told is refused") {
  ProcessDriverConfig config;
  auto refused = [&](Rendered r) {
    CHECK_THROWS_AS(encodeSpec(r, 1, config, nullptr), kj::Exception);
  };
  auto r = service();
  r.command.clear();
  refused(r);
  r = service();
  r.command.push_back(std::string("a\0b", 3));
  refused(r);
  r = service();
  r.command.resize(SPEC_ENTRIES_MAX + 1);
  refused(r);
  r = service();
  r.environment["X"] = std::string(SPEC_BYTES_MAX, 'x');
  refused(r);
}

// What is refused where it is declared, and what a keeper has room for, belong together.
TEST_CASE("the largest process that may be declared fits what a keeper reads") {
  auto r = service();
  r.id.tenant = r.id.app = r.id.service = std::string(ID_PART_BYTES_MAX, 'n');
  r.command = {"/bin/" + std::string(4'000, 'p')};
  r.user = "nobody";
  size_t bytes = 2 * r.command[0].size() + 14;
  r.environment.clear();
  for (size_t i = 0; i < PROCESS_VARIABLES_MAX; ++i) {
    auto name = "V" + std::to_string(i);
    r.environment[name] = "v";
    bytes += name.size() + 7;
  }
  r.command.push_back(std::string(PROCESS_BYTES_MAX - bytes - 5, 'x'));
  for (auto name : {"SITE", "HOST", "TENANT", "APP", "SERVICE"}) {
    r.environment[std::string("SKERRY_") + name] = std::string(ID_PART_BYTES_MAX, 'n');
  }
  ProcessDriverConfig config;
  config.cgroupPrefix = std::string(64 + ID_PART_BYTES_MAX, 'c');
  UserNumbers user{4'000'000'000u, 4'000'000'000u, std::vector<uint32_t>(64, 4'000'000'000u)};
  CHECK(encodeSpec(r, UINT64_MAX, config, user).size() <= SPEC_BYTES_MAX);
}

TEST_CASE("folders that bear no instance's name are nobody's") {
  Site site;
  auto& host = site.machine.host();
  CHECK(ServiceFolder::all(host).empty());
  ServiceFolder folder(host, service().id);
  CHECK(!folder.exists());
  CHECK(folder.lastState().empty());
  CHECK(folder.log() == nullptr);
  folder.prepare(service(), 1, ProcessDriverConfig(), nullptr);
  host.files.openSubdir(kj::Path({"run", "lost+found"}), kj::WriteMode::CREATE);
  auto all = ServiceFolder::all(host);
  REQUIRE(all.size() == 1);
  CHECK(all[0] == service().id);
  host.files.openFile(kj::Path({"run", "acme.pos.web.2", "state"}), kj::WriteMode::CREATE)
      ->writeAll("state pid=4 incarnation=3\n");
  CHECK(folder.lastState().number("incarnation") == 3);
  folder.remove();
  CHECK(!folder.exists());
  folder.remove();
}

}  // namespace skerry
