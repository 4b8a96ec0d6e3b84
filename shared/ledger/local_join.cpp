#include "shared/ledger/incarnation.h"
#include "shared/ledger/local.h"
#include "shared/ledger/mutant.h"

namespace skerry {

namespace {

uint64_t seenOf(const Context& context, const Actor& actor) {
  auto found = context.find(actor);
  return found == context.end() ? 0 : found->second;
}

bool covers(const Context& context, const Dot& dot) {
  return dot.n <= seenOf(context, dot.actor);
}

}  // namespace

Knowledge Local::knowledgeFor(const Context& theirs) const {
  Knowledge mine;
  mine.context = ctx;
  for (auto& [dot, entry]: live) {
    mine.live.emplace_hint(mine.live.end(), dot, entry.hash);
    if (!covers(theirs, dot)) mine.carried.emplace_hint(mine.carried.end(), dot, entry.bytes);
  }
  return mine;
}

// Decodes what was carried; not empty: why it cannot be joined.
std::string Local::checkJoin(const Context& theirs, const std::map<Dot, Bytes>& carried,
                             std::map<Dot, Live>& opened) const {
  size_t actors = ctx.size(), entryCount = live.size(), byteCount = bytes;
  for (auto& [actor, n]: theirs) actors += ctx.contains(actor) ? 0 : 1;
  if (actors > ACTORS_MAX) {
    return "it knows too many writers: together " + std::to_string(actors) + " of at most " +
           std::to_string(ACTORS_MAX);
  }
  for (auto& [dot, encoded]: carried) {
    auto entry = decodeLocalEntry(view(encoded));
    if (!entry || entry->dot != dot) return "it carries an entry that cannot be read";
    entryCount++;
    byteCount += encoded.size();
    opened.emplace(dot, Live{kj::mv(*entry), encoded, shortHash(view(encoded))});
  }
  if (entryCount > limits.localEntriesMax * LOCAL_JOIN_FACTOR ||
      byteCount > limits.localBytesMax * LOCAL_JOIN_FACTOR) {
    return "joining it would exceed the limits of the local half";
  }
  return "";
}

// Whether the message may be joined, as to what it says about our own writes.
bool Local::judgeOwn(const Context& theirs, bool isCarried, Joined& out) {
  if (self.host == 0 || self.incarnation == 0) return true;
  ClaimFacts facts{minted, seenOf(theirs, self), isCarried, unprovenClaims};
  if (seenOf(ctx, self) > minted) facts.minted = seenOf(ctx, self);
  switch (judgeClaim(facts)) {
    case ClaimVerdict::TRUE_OF_US:
      return true;
    case ClaimVerdict::FORGOTTEN:
      out.claimed = true;
      if (!isCarried) unprovenClaims++;
      return true;
    case ClaimVerdict::REFUSE_PEER:
      out.refused = "it claims again to know more of this host's writes than the host itself, and "
                    "shows none of them: check that peer";
      return false;
  }
  KJ_UNREACHABLE;
}

Joined Local::join(const Knowledge& theirs) {
  Joined out;
  std::map<Dot, Live> opened;
  out.refused = checkJoin(theirs.context, theirs.carried, opened);
  bool isOwnCarried = false;
  for (auto& [dot, entry]: theirs.carried) {
    auto listed = theirs.live.find(dot);
    if (listed == theirs.live.end()) out.refused = "it carries an entry that it does not list";
    isOwnCarried |= dot.actor == self && dot.n > minted;
  }
  for (auto& [dot, hash]: theirs.live) {
    if (!covers(theirs.context, dot)) out.refused = "it lists an entry that it has not seen";
    auto mine = live.find(dot);
    auto carried = opened.find(dot);
    if (mine != live.end() && mine->second.hash != hash) out.forks.push_back(dot);
    if (carried != opened.end() && carried->second.hash != hash) {
      out.refused = "it carries another entry than it lists";
    }
    bool isKnown = covers(ctx, dot) || carried != opened.end();
    if (!isKnown && !mutated(Mutant::NO_CARRIED_CHECK)) {
      out.isForAnotherContext = true;
      out.refused = "it was made for another context: an entry is listed and not carried";
    }
  }
  if (!out.refused.empty() || !judgeOwn(theirs.context, isOwnCarried, out)) return out;

  Context before = ctx;
  if (mutated(Mutant::CONTEXT_BEFORE_JOIN)) {
    for (auto& [actor, n]: theirs.context) before[actor] = std::max(before[actor], n);
  }
  for (auto& [dot, entry]: live) {
    if (mutated(Mutant::NO_LIVE_DOTS)) break;
    if (!theirs.live.contains(dot) && covers(theirs.context, dot)) out.removed.push_back(dot);
  }
  for (auto& dot: out.removed) erase(dot, out.rows);
  for (auto& [dot, entry]: opened) {
    if (covers(before, dot)) continue;
    out.added.push_back(dot);
    insert(dot, kj::mv(entry), out.rows);
  }
  finishJoin(theirs.context, out);
  return out;
}

Joined Local::joinDelta(const LocalDelta& delta) {
  Joined out;
  std::map<Dot, Live> opened;
  out.refused = checkJoin(delta.actors, delta.added, opened);
  bool isOwnCarried = false;
  for (auto& [dot, entry]: opened) {
    if (!covers(delta.actors, dot) && !covers(ctx, dot)) {
      out.refused = "it adds an entry that it has not seen";
    }
    auto mine = live.find(dot);
    if (mine != live.end() && mine->second.hash != entry.hash) out.forks.push_back(dot);
    isOwnCarried |= dot.actor == self && dot.n > minted;
  }
  if (!out.refused.empty() || !judgeOwn(delta.actors, isOwnCarried, out)) return out;
  for (auto& dot: delta.removed) {
    if (!live.contains(dot)) continue;
    erase(dot, out.rows);
    out.removed.push_back(dot);
  }
  for (auto& [dot, entry]: opened) {
    if (covers(ctx, dot)) continue;
    out.added.push_back(dot);
    insert(dot, kj::mv(entry), out.rows);
  }
  finishJoin(delta.actors, out);
  return out;
}

void Local::finishJoin(const Context& theirs, Joined& out) {
  Change change{out.added, out.removed, {}};
  for (auto& [actor, n]: theirs) {
    if (n <= seenOf(ctx, actor)) continue;
    change.actors.push_back(actor);
    see(actor, n, out.rows);
  }
  if (change.added.empty() && change.removed.empty() && change.actors.empty()) return;
  remember(kj::mv(change));
}

}  // namespace skerry
