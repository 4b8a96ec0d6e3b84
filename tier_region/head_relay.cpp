#include "tier_region/head_relay.h"
#include "capnp/authority.capnp.h"
#include "shared/daemon/log.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

// The statements in one order; tokens and the head itself are none.
void collect(const std::string& key, const Bytes& entry, std::vector<InForceStatement>& all) {
  auto decoded = decodeOrderEntry(view(entry));
  KJ_REQUIRE(decoded.has_value(), "an order cannot be read", key.c_str());
  auto& value = decoded->value;
  if (key.starts_with("policy/") || key.starts_with("user/")) {
    Decoded<schema::Signed> order(value);
    all.push_back(inForceOf(order.get().getStatement()));
  } else if (key.starts_with("site/")) {
    Decoded<schema::SiteOrder> order(value);
    auto home = order.get().getHome().getStatement();
    all.push_back(inForceOf(order.get().getRecord().getStatement()));
    if (home.size() > 0) all.push_back(inForceOf(home));
  } else if (key.starts_with("app/")) {
    Decoded<schema::AppOrder> order(value);
    all.push_back(inForceOf(order.get().getIntent().getStatement()));
    for (auto revision : order.get().getRevisions()) {
      all.push_back(inForceOf(revision.getStatement()));
    }
  }
}

}  // namespace

HeadRelay::HeadRelay(Parts parts, Bytes authorityKey, std::string region)
    : parts(kj::mv(parts)), authorityKey(std::move(authorityKey)), region(std::move(region)) {}

void HeadRelay::begin() {
  kj::Promise<void> task = relay();
  working = task.eagerlyEvaluate([this](kj::Exception&& reason) {
    alarm("central's word cannot be compared with the orders: " + text(reason.getDescription()));
  });
}

Task<void> HeadRelay::relay() {
  auto sites = parts.sites();
  size_t done = 0;
  for (auto& site : sites) {
    parts.project(site);
    if (++done % HEAD_SITES_PER_TURN != 0) continue;
    auto pause = parts.timer.afterDelay(HEAD_TURN_PAUSE);
    co_await pause;
  }
  auto comparing = compare();
  co_await comparing;
}

Task<void> HeadRelay::compare() {
  auto entry = parts.orders.find(HEAD_KEY);
  if (!entry) co_return;
  Disbelief why;
  auto head = openHead(view(authorityKey), region, view(entry->value), why);
  if (!head) {
    alarm("central's word in the orders is not believed: " + why.reason);
    co_return;
  }
  held = *head;
  wrong.clear();
  parts.believed();
  auto version = parts.orders.version();
  // Of later orders the root says nothing: the next head will.
  if (AuthoritySeq{version.era, version.n} != head->version) co_return;
  std::vector<InForceStatement> all;
  std::string from;
  for (bool isEnd = false; !isEnd;) {
    auto& entries = parts.orders.entries();
    auto next = entries.lower_bound(from);
    for (size_t i = 0; i < HEAD_KEYS_PER_TURN && next != entries.end(); ++i, ++next) {
      collect(next->first, next->second.bytes, all);
    }
    isEnd = next == entries.end();
    if (isEnd) break;
    from = next->first;
    auto pause = parts.timer.afterDelay(HEAD_TURN_PAUSE);
    co_await pause;
    if (parts.orders.version() != version) co_return;
  }
  if (rootOf(std::move(all)) != head->root) {
    alarm("the orders are not what central's word of " + std::to_string(head->seq.n) +
          " says they are: central, or who took its document key, wrote other orders than it "
          "signed");
  }
}

void HeadRelay::alarm(std::string text) {
  if (text == wrong) return;
  wrong = std::move(text);
  logEvent(Severity::ERROR, "head.mismatch", {{"region", region}, {"reason", wrong}});
}

}  // namespace skerry
