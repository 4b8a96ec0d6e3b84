#include "shared/daemon/views.h"
#include "shared/model/encoded.h"
#include <capnp/message.h>
#include <doctest/doctest.h>

namespace skerry {
namespace {

using State = schema::InstanceStatus::State;
using Verdict = schema::AppStatus::Verdict;

// The registers of some sites.
struct Fleet {
  std::map<std::string, std::map<std::string, Bytes>> sites;

  void instance(const std::string& site, const std::string& app, const std::string& service,
                State state, const std::string& host = "host1") {
    capnp::MallocMessageBuilder message;
    auto status = message.initRoot<schema::InstanceStatus>();
    status.setTenant("acme");
    status.setApp(app);
    status.setService(service);
    status.setHost(host);
    status.setState(state);
    status.setPid(12);
    status.setRestarts(3);
    status.setSinceMs(1'700'000'000'000);
    status.setReason("because");
    status.setRevision(view(Bytes(32, 0xab)));
    sites[site]["instance/acme/" + app + "/" + service + "/0"] =
        encode<schema::InstanceStatus>(status);
  }
  void app(const std::string& site, const std::string& app, uint64_t seq, Verdict verdict) {
    capnp::MallocMessageBuilder message;
    auto status = message.initRoot<schema::AppStatus>();
    status.setEra(1);
    status.setSeq(seq);
    status.setVerdict(verdict);
    status.setReason("why");
    sites[site]["app/acme/" + app] = encode<schema::AppStatus>(status);
  }
  void host(const std::string& site, int64_t headTimeMs = 0) {
    capnp::MallocMessageBuilder message;
    auto status = message.initRoot<schema::HostStatus>();
    status.setName("host1");
    status.setHeadTimeMs(headTimeMs);
    status.setNumber(4);
    status.setVersion("0.1.0");
    status.initFindings(1).set(0, "engine absent");
    sites[site]["host"] = encode<schema::HostStatus>(status);
  }
  void link(const std::string& site, bool online, int64_t sinceMs) {
    capnp::MallocMessageBuilder message;
    auto status = message.initRoot<schema::LinkStatus>();
    status.setOnline(online);
    status.setSinceMs(sinceMs);
    sites[site]["link"] = encode<schema::LinkStatus>(status);
  }
  Registers registers() const {
    return [this](const RegisterVisitor& visit) {
      for (auto& [site, values] : sites) {
        for (auto& [key, value] : values) visit(site, key, value);
      }
    };
  }
  std::vector<std::string> instances(const Bounds& bounds) const {
    ItemList list;
    addInstances(list, bounds, registers());
    capnp::MallocMessageBuilder message;
    auto items = message.initRoot<schema::Admin::GetResults>().initItems(list.size());
    list.write(items);
    std::vector<std::string> names;
    for (auto item : items.asReader()) {
      names.push_back(std::string(item.getStatus().getInstance().getSite().cStr()) + " " +
                      item.getName().cStr());
    }
    return names;
  }
};
using Names = std::vector<std::string>;

Fleet twoSites() {
  Fleet fleet;
  for (std::string site : {"oslo", "bergen"}) {
    fleet.host(site);
    fleet.link(site, site == "oslo", 99);
    fleet.app(site, "pos", 7, Verdict::ACCEPTED);
    fleet.instance(site, "pos", "web", State::RUNNING);
    fleet.instance(site, "pos", "db", site == "oslo" ? State::RUNNING : State::CRASH_LOOP);
  }
  return fleet;
}

TEST_CASE("instances are listed with everything that is known of them") {
  Fleet fleet;
  fleet.instance("oslo", "pos", "web", State::CRASH_LOOP);
  ItemList list;
  addInstances(list, Bounds(), fleet.registers());
  capnp::MallocMessageBuilder message;
  auto items = message.initRoot<schema::Admin::GetResults>().initItems(1);
  list.write(items);
  auto item = items.asReader()[0];
  CHECK(std::string(item.getName().cStr()) == "pos.web.0");
  CHECK(std::string(item.getTenant().cStr()) == "acme");
  auto instance = item.getStatus().getInstance();
  CHECK(std::string(instance.getState().cStr()) == "crash-loop");
  CHECK(std::string(instance.getRevision().cStr()) == "abababababab");
  CHECK(std::string(instance.getSince().cStr()) == "2023-11-14T22:13:20Z");
  CHECK(instance.getPid() == 12);
  CHECK(instance.getRestarts() == 3);
}

TEST_CASE("each bound narrows the list of instances, and all of them together") {
  auto fleet = twoSites();
  fleet.instance("oslo", "erp", "web", State::RUNNING, "host2");
  CHECK(fleet.instances(Bounds()).size() == 5);
  Bounds site, app, host, tenant, name, both;
  site.site = "bergen";
  CHECK(fleet.instances(site) == Names{"bergen pos.db.0", "bergen pos.web.0"});
  app.app = "erp";
  CHECK(fleet.instances(app) == Names{"oslo erp.web.0"});
  host.host = "host2";
  CHECK(fleet.instances(host) == Names{"oslo erp.web.0"});
  tenant.tenant = "rival";
  CHECK(fleet.instances(tenant).empty());
  name.name = "pos.web.0";
  CHECK(fleet.instances(name).size() == 2);
  both.site = "oslo";
  both.app = "pos";
  CHECK(fleet.instances(both) == Names{"oslo pos.db.0", "oslo pos.web.0"});
}

TEST_CASE("instances are counted by state") {
  auto fleet = twoSites();
  CHECK(countStates(Bounds(), fleet.registers()) ==
        StateCounts{{"running", 3}, {"crash-loop", 1}});
  Bounds bergen;
  bergen.site = "bergen";
  CHECK(countStates(bergen, fleet.registers()) == StateCounts{{"running", 1}, {"crash-loop", 1}});
}

TEST_CASE("an application is healthy at a site when it was accepted and all its instances run") {
  auto fleet = twoSites();
  fleet.app("molde", "pos", 7, Verdict::ACCEPTED);
  fleet.app("tromso", "pos", 7, Verdict::REFUSED);
  fleet.instance("tromso", "pos", "web", State::RUNNING);
  fleet.instance("narvik", "pos", "web", State::RUNNING);
  auto apps = appsAtSites(fleet.registers());
  CHECK(apps["oslo"]["acme/pos"].healthy());
  CHECK(!apps["bergen"]["acme/pos"].healthy());
  CHECK(!apps["molde"]["acme/pos"].healthy());
  CHECK(!apps["tromso"]["acme/pos"].healthy());
  CHECK(!apps["narvik"]["acme/pos"].spoke);
  CHECK(!apps["narvik"]["acme/pos"].healthy());
  CHECK(apps["oslo"]["acme/pos"].seq == 7);
  CHECK(apps["tromso"]["acme/pos"].verdict == "refused");
  CHECK(apps["bergen"]["acme/pos"].instances == 2);
  CHECK(apps["bergen"]["acme/pos"].running == 1);
}

TEST_CASE("a site is summed up from its registers; silence is not never heard of") {
  auto fleet = twoSites();
  fleet.link("molde", false, 0);
  auto sites = summarise(fleet.registers());
  CHECK(sites["oslo"].online);
  CHECK(sites["oslo"].hosts == 1);
  CHECK(sites["oslo"].version == "0.1.0");
  CHECK(sites["oslo"].instances == 2);
  CHECK(sites["bergen"].heard);
  CHECK(!sites["bergen"].online);
  CHECK(sites["bergen"].sinceMs == 99);
  CHECK(sites["bergen"].running == 1);
  CHECK(!sites["molde"].heard);
}

TEST_CASE("a site has central's word from the time its newest was signed") {
  auto fleet = twoSites();
  fleet.host("oslo", 77);
  auto sites = summarise(fleet.registers());
  CHECK(sites["oslo"].headTimeMs == 77);
  CHECK(sites["bergen"].headTimeMs == 0);
}

TEST_CASE("a register that cannot be read hides none of the others") {
  auto fleet = twoSites();
  auto good = fleet;
  for (auto key : {"host", "link", "app/acme/bad", "instance/acme/bad/web/0"}) {
    fleet.sites["mallory"][key] = Bytes(5, 0xff);
  }
  fleet.sites["trent"]["instance/acme/bad/web/0"] = Bytes(64, 0xff);
  fleet.sites["trent"]["instance"] = Bytes(8);
  CHECK(fleet.instances(Bounds()) == good.instances(Bounds()));
  CHECK(countStates(Bounds(), fleet.registers()) == countStates(Bounds(), good.registers()));
  CHECK(summarise(fleet.registers())["oslo"].running == 2);
  CHECK(appsAtSites(fleet.registers())["oslo"]["acme/pos"].healthy());
}

TEST_CASE("who waits to be let in is listed with what can be read, and only a region's own word") {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::PendingStatus>();
  status.setAddress("10.0.0.1");
  auto good = encode<schema::PendingStatus>(status);
  ItemList list;
  addWaiting(list, Bounds(), "north", "", "pending/a", good);
  addWaiting(list, Bounds(), "north", "", "pending/b", Bytes(5, 0xff));
  addWaiting(list, Bounds(), "north", "oslo", "pending/c", good);
  addWaiting(list, Bounds(), "north", "", "link", good);
  REQUIRE(list.size() == 1);
  capnp::MallocMessageBuilder answer;
  auto items = answer.initRoot<schema::Admin::GetResults>().initItems(1);
  list.write(items);
  CHECK(items[0].getName() == "a");
  CHECK(items[0].getStatus().getPending().getAddress() == "10.0.0.1");
  CHECK(items[0].getStatus().getPending().getState() == "waiting");
  Fleet fleet;
  CHECK(waitingHosts(fleet.registers()) == "");
  fleet.sites[""]["pending/a"] = good;
  fleet.sites["oslo"]["pending/a"] = good;
  CHECK(waitingHosts(fleet.registers()) == "1 host waits to be let in");
}

TEST_CASE("items come sorted by tenant and name, whatever order they were added in") {
  ItemList list;
  for (auto [tenant, name] : {std::pair("b", "a"), std::pair("a", "z"), std::pair("a", "b")}) {
    list.add("application", tenant, name, [](schema::Item::Builder) {});
  }
  capnp::MallocMessageBuilder message;
  auto items = message.initRoot<schema::Admin::GetResults>().initItems(3);
  list.write(items);
  CHECK(std::string(items[0].getName().cStr()) == "b");
  CHECK(std::string(items[1].getName().cStr()) == "z");
  CHECK(std::string(items[2].getTenant().cStr()) == "b");
}

TEST_CASE("every state has a word, and an unknown one is unknown") {
  CHECK(word(State::CRASH_LOOP) == std::string("crash-loop"));
  CHECK(word(State(99)) == std::string("unknown"));
  CHECK(shortHash(view(Bytes(32, 0xab))) == "abababababab");
  CHECK(timeOrEmpty(0) == "");
}

}  // namespace
}  // namespace skerry
