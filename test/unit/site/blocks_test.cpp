#include "tier_site/blocks.h"
#include "shared/daemon/self.h"
#include "test/support/authority.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

const MarkKey ACME{"policy", "acme"}, OSLO{"site", "oslo"};

// A site that hears, over lives of its controller, what central says of blocks.
struct Hearing {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  Authority central, stranger{9};
  HandStore store;
  Marks marks;
  kj::Own<Blocks> blocks = kj::heap<Blocks>();

  Bytes policy(const std::optional<BlockWord>& block, Authority* by = nullptr) {
    capnp::MallocMessageBuilder message;
    auto body = message.initRoot<schema::Policy>();
    body.setTenant("acme");
    writeBlock(block, body);
    return (by == nullptr ? central : *by)
        .sign("policy", "acme", view(encode<schema::Policy>(body)));
  }
  Bytes record(const std::optional<BlockWord>& block) {
    capnp::MallocMessageBuilder message;
    auto body = message.initRoot<schema::SiteRecord>();
    body.setName("oslo");
    writeBlock(block, body);
    return central.sign("site", "oslo", view(encode<schema::SiteRecord>(body)));
  }
  bool hear(const MarkKey& about, const Bytes& envelope) {
    Batch rows;
    auto seq = blocks->hear(Trust{"oslo", central.key()}, marks, about, view(envelope), rows);
    if (seq) marks[about] = *seq;
    if (!rows.empty()) store.commit(kj::mv(rows)).wait(scope);
    return seq.has_value();
  }
  void restart() {
    blocks = kj::heap<Blocks>();
    for (auto& row : store.scan(Table::MARK, SELF_DOCUMENT).wait(scope)) blocks->load(row);
  }
  std::string of(const std::string& tenant) const {
    return blocks->reasonFor(tenant, "oslo").value_or("");
  }
};

TEST_CASE("a blocked tenant is blocked over a restart, until a newer policy says nothing of it") {
  Hearing site;
  auto before = site.policy(std::nullopt);
  CHECK(site.hear(ACME, before));
  CHECK(site.of("acme") == "");
  CHECK(site.hear(ACME, site.policy(BlockWord{"unpaid", 5})));
  CHECK(site.of("acme") == "blocked by central: tenant acme: unpaid");
  CHECK(site.of("beta") == "");
  site.restart();
  CHECK(site.of("acme") == "blocked by central: tenant acme: unpaid");
  // What was said before it ends nothing.
  CHECK(!site.hear(ACME, before));
  CHECK(site.of("acme") != "");
  CHECK(site.hear(ACME, site.policy(std::nullopt)));
  CHECK(site.of("acme") == "");
  site.restart();
  CHECK(site.of("acme") == "");
}

TEST_CASE("a blocked site runs nothing of anybody") {
  Hearing site;
  CHECK(site.hear(OSLO, site.record(BlockWord{"", 5})));
  CHECK(site.of("acme") == "blocked by central: site oslo");
  CHECK(site.of("beta") == "blocked by central: site oslo");
  CHECK(site.hear(OSLO, site.record(std::nullopt)));
  CHECK(site.of("acme") == "");
}

TEST_CASE("a block that central did not sign, or of something else, is none") {
  Hearing site;
  CHECK(!site.hear(ACME, site.policy(BlockWord{"unpaid", 5}, &site.stranger)));
  CHECK(!site.hear({"policy", "beta"}, site.policy(BlockWord{"unpaid", 5})));
  CHECK(!site.hear(OSLO, site.policy(BlockWord{"unpaid", 5})));
  CHECK(!site.hear(ACME, Bytes(7, 1)));
  CHECK(site.of("acme") == "");
  CHECK(site.store.rows.empty());
  // Nor does a stranger end one, nor a relay that keeps the words back.
  site.hear(ACME, site.policy(BlockWord{"unpaid", 5}));
  site.hear(ACME, site.policy(std::nullopt, &site.stranger));
  CHECK(site.of("acme") != "");
  auto newer = site.policy(BlockWord{"still unpaid", 5});
  Decoded<schema::Signed> whole(newer);
  capnp::MallocMessageBuilder message;
  auto stripped = message.initRoot<schema::Signed>();
  stripped.setStatement(whole.get().getStatement());
  stripped.setSignature(whole.get().getSignature());
  CHECK(!site.hear(ACME, encode<schema::Signed>(stripped)));
  CHECK(site.of("acme") == "blocked by central: tenant acme: unpaid");
}

}  // namespace
}  // namespace skerry
