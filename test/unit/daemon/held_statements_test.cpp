#include "shared/daemon/held_statements.h"
#include "shared/model/encoded.h"
#include "test/support/authority.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

const Hash PARENT = sha256(view("the parent's device key")), OTHER = sha256(view("another one"));

// A greeting between a child that holds something and a parent that has something to show.
struct Greeting {
  Authority central;
  Bytes authority = central.policy("stands for the keys"), home = central.home("oslo", nullptr);
  Self self;
  Hash key = PARENT;  // the parent's of this session
  capnp::MallocMessageBuilder said, answer;

  Greeting() {
    self.parentKey = PARENT;
    self.authority = authority;
    self.home = home;
  }
  schema::ChildHello::Builder hello() { return said.getRoot<schema::ChildHello>(); }
  schema::ParentHello::Reader ask(bool knowsOmission = true) {
    auto child = said.initRoot<schema::ChildHello>();
    child.setKnowsOmission(knowsOmission);
    sayHeld(self, key, child);
    return show();
  }
  schema::ParentHello::Reader show() {
    auto parent = answer.initRoot<schema::ParentHello>();
    showUnheld(hello().asReader(), view(authority), view(home), parent);
    return parent.asReader();
  }
  ShownStatements read(const Hash& by) {
    return readShown(self, by, answer.getRoot<schema::ParentHello>().asReader());
  }
};

TEST_CASE("statements that the child holds do not travel, and count as shown") {
  Greeting g;
  auto parent = g.ask();
  CHECK(!parent.hasAuthority());
  CHECK(!parent.hasHome());
  CHECK(g.read(PARENT).authority == g.authority);
  CHECK(g.read(PARENT).home == g.home);
}

TEST_CASE("a statement that changed travels, and the other one does not") {
  Greeting g;
  g.home = g.central.home("oslo", nullptr, 2);
  auto parent = g.ask();
  CHECK(!parent.hasAuthority());
  CHECK(parent.hasHome());
  CHECK(g.read(PARENT).authority == g.authority);
  CHECK(g.read(PARENT).home == g.home);
  g.self.home = g.home;
  g.authority = g.central.policy("other keys");
  parent = g.ask();
  CHECK(parent.hasAuthority());
  CHECK(!parent.hasHome());
  CHECK(g.read(PARENT).authority == g.authority);
}

TEST_CASE("a child that holds nothing is shown everything there is") {
  Greeting g;
  g.self.authority.clear();
  g.self.home.clear();
  g.ask();
  CHECK(g.read(PARENT).authority == g.authority);
  CHECK(g.read(PARENT).home == g.home);
  g.home.clear();
  CHECK(!g.ask().hasHome());
  CHECK(g.read(PARENT).home.empty());
}

TEST_CASE("an older child is shown everything, whatever it seems to say") {
  Greeting g;
  auto parent = g.ask(false);
  CHECK(parent.hasAuthority());
  CHECK(parent.hasHome());
}

TEST_CASE("to a parent that it does not follow yet a child says that it holds nothing") {
  Greeting g;
  g.key = OTHER;
  auto parent = g.ask();
  CHECK(g.hello().getAuthorityHigh() == 0);
  CHECK(g.hello().getHomeLow() == 0);
  CHECK(parent.hasAuthority());
  CHECK(parent.hasHome());
  CHECK(g.read(OTHER).home == g.home);
}

TEST_CASE("who never showed a statement cannot show it by leaving it out") {
  Greeting g;
  g.answer.initRoot<schema::ParentHello>();
  for (auto& key : {OTHER, Hash()}) {
    CHECK(g.read(key).home.empty());
    CHECK(g.read(key).authority.empty());
  }
  // Nor can anybody, to a child that was shown none so far.
  g.self.home.clear();
  CHECK(g.read(PARENT).home.empty());
  // Nor a machine whose key nobody knows, to a child that knows none.
  g.self.home = g.home;
  g.self.parentKey = Hash();
  CHECK(g.read(Hash()).home.empty());
}

}  // namespace
}  // namespace skerry
