#include "shared/daemon/views.h"
#include "shared/model/encoded.h"
#include <capnp/message.h>
#include <doctest/doctest.h>

namespace skerry {
namespace {

Bytes host(const char* name) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::HostStatus>();
  status.setName(name);
  return encode<schema::HostStatus>(status);
}

Bytes link(bool online) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::LinkStatus>();
  status.setOnline(online);
  status.setSinceMs(1);
  return encode<schema::LinkStatus>(status);
}

// By site and key.
using All = std::map<std::string, std::map<std::string, Bytes>>;

// Name and whether it is online, of each host of an answer.
std::map<std::string, bool> hostsOf(const All& all) {
  ItemList list;
  Registers registers = [&](const RegisterVisitor& visit) {
    for (auto& [site, values] : all)
      for (auto& [key, value] : values) visit(site, key, value);
  };
  addHosts(list, Bounds(), registers);
  capnp::MallocMessageBuilder message;
  auto items = message.initRoot<schema::Admin::GetResults>().initItems(list.size());
  list.write(items);
  std::map<std::string, bool> hosts;
  for (auto item : items.asReader())
    hosts[item.getName().cStr()] = item.getStatus().getHost().getOnline();
  return hosts;
}

}  // namespace

TEST_CASE("a host is online when its site's parent says that the site is") {
  std::map<std::string, bool> expected{{"bergen/box", false}, {"oslo/box", true}};
  CHECK(hostsOf({{"bergen", {{"host", host("box")}, {"link", link(false)}}},
                 {"oslo", {{"host", host("box")}, {"link", link(true)}}}}) == expected);
}

TEST_CASE("a site that looks at its own host sees it online, with no link to ask") {
  std::map<std::string, bool> expected{{"oslo/box", true}};
  CHECK(hostsOf({{"oslo", {{"host", host("box")}}}}) == expected);
}

}  // namespace skerry
