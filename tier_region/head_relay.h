// Central's hourly word (shared/model/head.h) on its way through a region: passed on to every site
// as it came, and compared with the orders it was signed for.
//
// Both are done a few at a time, so that an hour's turn of ten thousand sites keeps nobody waiting.
// A crash in between loses nothing: what a site's document lacks is projected when it is opened.
#pragma once
#include "shared/async/task.h"
#include "shared/ledger/orders.h"
#include "shared/model/head.h"
#include <kj/function.h>
#include <kj/timer.h>

namespace skerry {

constexpr size_t HEAD_SITES_PER_TURN = 32;   // a few milliseconds: each is signed and stored
constexpr size_t HEAD_KEYS_PER_TURN = 512;   // of the orders, read for the root
constexpr auto HEAD_TURN_PAUSE = 5 * kj::MILLISECONDS;

class HeadRelay final {
public:
  // All outlive it. `sites` are those with a document; `project` brings one document's head up to
  // date.
  struct Parts {
    kj::Timer& timer;
    const Orders& orders;
    kj::Function<std::vector<std::string>()> sites;
    kj::Function<void(const std::string& site)> project;
    kj::Function<void()> believed = [] {};  // newest() is another
  };
  HeadRelay(Parts parts, Bytes authorityKey, std::string region);
  KJ_DISALLOW_COPY(HeadRelay);

  // The order `head` is another one, or was just opened.
  void begin();

  // The newest that was believed.
  const std::optional<Head>& newest() const { return held; }
  // What is wrong with the one in the orders, for a person; empty: nothing that could be seen.
  const std::string& finding() const { return wrong; }

private:
  Task<void> relay();
  Task<void> compare();
  void alarm(std::string text);

  Parts parts;
  Bytes authorityKey;
  std::string region;
  std::optional<Head> held;
  std::string wrong;
  kj::Promise<void> working = kj::READY_NOW;
};

}  // namespace skerry
