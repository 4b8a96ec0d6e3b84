#include "test/unit/ledger/restored_parent.h"
#include "shared/ledger/message.h"
#include "shared/ledger/read_back.h"

namespace skerry {
namespace {

constexpr size_t KEYS = 6, STEPS = 60;
constexpr unsigned READS_MAX = 200;  // messages of one reading

class RestoredParent {
public:
  explicit RestoredParent(uint64_t seed) : entropy(seed) {
    parent = Replica({"oslo", DocumentKind::SITE, DocumentEnd::PARENT, 0});
    child = Replica({"oslo", DocumentKind::SITE, DocumentEnd::CHILD, 9});
    RowChanges rows;
    child->document->trust({testSigner("region").publicKey(), 1}, rows);
    child->keep(rows);
    backups.push_back({source, inherited, parent->database, 1, 0});
  }

  void run() {
    for (size_t step = 0; step < STEPS; step++) {
      auto drawn = entropy.between(0, 99);
      if (drawn < 55) edit();
      else if (drawn < 80) meet();
      else if (drawn < 90) backups.push_back({source, inherited, parent->database, era, seq});
      else restore();
    }
    meet();
    for (auto& [key, entry]: source) {
      auto held = child->document->orders().bytesOf(key);
      if (held == nullptr || *held != entry) throw Violation("in the end the child lacks " + key);
    }
    for (auto& [key, entry]: child->document->orders().entries()) {
      if (source.contains(key) || inherited.contains(key)) continue;
      throw Violation("in the end the child still has " + key);
    }
  }

private:
  struct Backup {
    std::map<std::string, Bytes> source;
    std::set<std::string> inherited;
    Database database;
    uint64_t era, seq;
  };
  Document& above() { return *parent->document; }
  Document& below() { return *child->document; }
  Authorship author() { return {1, era, testSigner("region")}; }

  void edit() {
    auto key = "key " + std::to_string(entropy.between(1, KEYS));
    if (source.contains(key) && entropy.chance(40)) {
      source.erase(key);
    } else {
      auto gen = genOf(++values);
      source[key] = entryOf({gen, {0, gen, era, ++seq}, bytes(std::to_string(values)), {}});
      inherited.erase(key);
    }
    project({key});
  }

  void project(const std::set<std::string>& keys) {
    Readings readings;
    for (auto& key: keys) {
      auto found = source.find(key);
      readings[key] = found == source.end() ? std::nullopt : std::optional<Bytes>(found->second);
    }
    parent->keep(above().project(readings, 0, author()).rows);
  }

  // Of whatever is there, also of what nobody declared here.
  void projectAll() {
    std::set<std::string> keys;
    for (auto& [key, entry]: source) keys.insert(key);
    for (auto& [key, entry]: above().orders().entries()) keys.insert(key);
    for (auto& [key, written]: above().table().rows()) keys.insert(key);
    project(keys);
  }

  // A session: greeting, reading where that is due, then orders. It may break at any message.
  void meet() {
    DocumentLink up(above(), Peer::CHILD, entropy.next(), {});
    DocumentLink down(below(), Peer::PARENT, entropy.next(), {});
    auto step = up.onHello(view(down.hello()));
    down.onHello(view(up.hello()));
    parent->keep(step.rows);
    if (step.mustRead) {
      if (!read()) return;
      step = up.startOrders();
    }
    if (step.wasRead) projectAll();
    std::vector<Bytes> messages = std::move(step.orders);
    auto more = up.changed();
    messages.insert(messages.end(), more.orders.begin(), more.orders.end());
    carry(up, down, std::move(messages));
  }

  void carry(DocumentLink& up, DocumentLink& down, std::vector<Bytes> messages) {
    auto before = below().orders().version();
    while (!messages.empty()) {
      auto taken = down.onOrders(view(messages.front()));
      child->keep(taken.rows);
      messages.erase(messages.begin());
      if (!taken.reply) continue;
      auto answered = up.onOrdersReply(view(*taken.reply));
      messages.insert(messages.end(), answered.orders.begin(), answered.orders.end());
    }
    if (below().orders().version() < before) throw Violation("the child's orders went back");
    if (below().orders().root() != above().orders().root()) {
      throw Violation("the child does not take version " + above().orders().version().text() +
                      " after its " + before.text());
    }
  }

  bool read() {
    Orders shown(DocumentKind::SITE, "oslo");
    RowChanges none;
    shown.trust({testSigner("region").publicKey(), 0}, none);
    OrdersReceiver receiver(shown);
    auto reply = receiver.ask();
    bool isWhole = false;
    for (unsigned i = 0; !isWhole; i++) {
      if (i == READS_MAX) throw Violation("a reading does not end");
      if (entropy.chance(5)) return false;  // the link broke
      for (auto& message: showOrders(below().orders(), view(reply))) {
        auto received = receiver.receive(view(message));
        isWhole |= received.advanced;
        if (received.reply) reply = *received.reply;
      }
    }
    adopt(shown);
    return true;
  }

  void adopt(const Orders& shown) {
    // A clock that stood still gave the same era twice.
    if (shown.version().era >= era) era = eraAfterRestore(shown.version().era, wallSeconds);
    auto before = shown.entries();
    std::set<std::string> overruled;
    for (auto& [key, verdict]: judge(shown)) {
      switch (verdict) {
        case ReadBackVerdict::UNKNOWN_HERE:
          // A source cannot take everything: a region declares nothing by itself.
          if (entropy.chance(30)) {
            inherited.insert(key);
            break;
          }
          [[fallthrough]];
        case ReadBackVerdict::NEWER_THERE: {
          source[key] = *shown.bytesOf(key);
          inherited.erase(key);
          break;
        }
        case ReadBackVerdict::DELETED_THERE: source.erase(key); break;
        case ReadBackVerdict::AGREED:
        case ReadBackVerdict::OLDER_THERE: break;
        case ReadBackVerdict::CONFLICT:
          // Only what was decided later, and never came this far, may overrule the child.
          if (!isLaterHere(key, shown)) throw Violation("a conflict about " + key);
          overruled.insert(key);
          break;
      }
    }
    parent->keep(above().adopt(shown, 0, author()).rows);
    projectAll();
    for (auto& [key, stored]: before) {
      auto now = above().orders().bytesOf(key);
      if (overruled.contains(key)) continue;
      if (now == nullptr || *now != stored.bytes) throw Violation("undone: " + key);
    }
    for (auto& [key, stored]: above().orders().entries()) {
      if (!before.contains(key) && !overruled.contains(key)) throw Violation("resurrected: " + key);
    }
  }

  bool isLaterHere(const std::string& key, const Orders& shown) {
    auto ours = source.find(key);
    auto theirs = shown.find(key);
    if (ours == source.end()) return false;
    return !theirs || isLater(decodeOrderEntry(view(ours->second))->origin, theirs->origin);
  }

  std::map<std::string, ReadBackVerdict> judge(const Orders& shown) {
    return judgeReadBack(shown, above().table(), [this](const std::string& key) {
      auto found = source.find(key);
      return found == source.end() ? std::nullopt : std::optional<Bytes>(found->second);
    });
  }

  // Nothing is decided between a restore and the reading: central refuses that.
  void restore() {
    auto& backup = backups[entropy.between(0, backups.size() - 1)];
    source = backup.source;
    inherited = backup.inherited;
    seq = backup.seq;
    // Over the old folder its era is seen, however wrong the clock is; on another machine, later.
    bool isSeen = entropy.chance(50);
    if (!isSeen) wallSeconds += 1'000;
    era = eraAfterRestore(isSeen ? std::max(era, backup.era) : backup.era, wallSeconds);
    parent->restore(backup.database);
    RowChanges rows;
    above().forgetChild(rows);
    parent->keep(rows);
    while (above().isUnread()) meet();
  }

  SeededEntropy entropy;
  std::optional<Replica> parent, child;
  std::map<std::string, Bytes> source;
  std::set<std::string> inherited;  // the child holds it, the source never heard of it
  std::vector<Backup> backups;
  uint64_t era = 1, seq = 0, values = 0;
  int64_t wallSeconds = 1;
};

}  // namespace

std::optional<Found> findUndone(uint64_t firstSeed, uint64_t seeds) {
  for (uint64_t seed = firstSeed; seed < firstSeed + seeds; seed++) {
    try {
      RestoredParent(seed).run();
    } catch (const Violation& violation) {
      return Found{seed, violation.what()};
    } catch (const kj::Exception& failed) {
      return Found{seed, std::string(failed.getDescription().cStr())};
    }
  }
  return std::nullopt;
}

}  // namespace skerry
