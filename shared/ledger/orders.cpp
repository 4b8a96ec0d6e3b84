#include "shared/ledger/orders.h"
#include "shared/ledger/message.h"
#include "shared/ledger/mutant.h"

namespace skerry {

namespace {

const std::string HELD_ROW = "held", PARENT_ROW = "parent";

Bytes storedVersion(const SignedVersion& version, BytesView key) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::StoredVersion>();
  to.initSigned().setBody(dataOf(version.body));
  to.getSigned().setSignature(dataOf(version.signature));
  to.setKey(key);
  return bytesOf<schema::StoredVersion>(to.asReader());
}

}  // namespace

Orders::Orders(DocumentKind kind, std::string document)
    : documentKind(kind), limits(limitsOf(kind)), name(kj::mv(document)),
      bucketSet(limits.buckets) {}

Usage Orders::usage() const {
  return {stored.size(), bytes, limits.ordersKeysMax, limits.ordersBytesMax};
}

const Bytes* Orders::bytesOf(const std::string& key) const {
  auto found = stored.find(key);
  return found == stored.end() ? nullptr : &found->second.bytes;
}

std::optional<OrderEntry> Orders::find(const std::string& key) const {
  auto bytes = bytesOf(key);
  if (bytes == nullptr) return std::nullopt;
  return decodeOrderEntry(view(*bytes));
}

Orders::Next Orders::prepare(const OrdersEdit& edit) const {
  Next next;
  next.keys = stored.size();
  next.bytes = bytes;
  std::map<std::string, std::optional<Hash>> changes;
  for (auto& [key, entry]: edit.puts) {
    auto before = stored.find(key);
    if (before != stored.end() && before->second.bytes == entry) continue;
    if (key.empty() || key.size() > ORDER_KEY_BYTES_MAX) {
      next.invalid = "a key must have 1 to " + std::to_string(ORDER_KEY_BYTES_MAX) + " bytes";
    }
    if (entry.size() > ORDER_ENTRY_BYTES_MAX) {
      next.invalid = "the entry of " + key + " has " + std::to_string(entry.size()) +
                     " of at most " + std::to_string(ORDER_ENTRY_BYTES_MAX) +
                     " bytes: move its content to a blob";
    }
    Stored made{entry, sha256(view(entry)), {}};
    if (auto decoded = decodeOrderEntry(view(entry))) made.blobs = kj::mv(decoded->blobs);
    changes[key] = made.hash;
    if (before == stored.end()) {
      next.keys++;
      next.bytes += key.size() + entry.size();
    } else {
      next.bytes += entry.size() - before->second.bytes.size();
    }
    next.puts.emplace(key, kj::mv(made));
  }
  for (auto& key: edit.erases) {
    auto before = stored.find(key);
    if (before == stored.end()) continue;
    changes[key] = std::nullopt;
    next.keys--;
    next.bytes -= key.size() + before->second.bytes.size();
    next.erases.insert(key);
  }
  if (changes.empty()) next.draft.root = bucketSet.root();
  else next.draft = bucketSet.draft(changes);
  return next;
}

std::string Orders::refusal(const Next& next) const {
  if (!next.invalid.empty()) return next.invalid;
  auto over = [&](const char* what, size_t now, size_t then, size_t max) -> std::string {
    if (then <= max || then <= now) return "";
    return "document " + name + " would hold " + std::to_string(then) + " " + what +
           " of at most " + std::to_string(max) + "; " + std::to_string(max > now ? max - now : 0) +
           " are left: delete something first";
  };
  auto text = over("keys", stored.size(), next.keys, limits.ordersKeysMax);
  return text.empty() ? over("bytes", bytes, next.bytes, limits.ordersBytesMax) : text;
}

Orders::Edited Orders::edit(const OrdersEdit& edit, int64_t nowMs, const Authorship& author) {
  for (auto& key: edit.erases) {
    KJ_REQUIRE(!edit.puts.contains(key), "an edit both puts and erases a key", key);
  }
  Edited result;
  auto next = prepare(edit);
  result.refused = refusal(next);
  if (!result.refused.empty()) return result;
  // A new era shows even when nothing else changed.
  if (next.empty() && !held.id.isNone() && held.id.era == author.era) return result;
  Version version{name, {author.homeGen, author.era, held.id.n + 1}, nowMs, next.draft.root};
  KJ_REQUIRE(version.id > held.id, "a parent may not go back to a lower homeGen or era",
             version.id.text(), held.id.text());
  for (auto& [key, entry]: next.puts) result.keys.insert(key);
  result.keys.insert(next.erases.begin(), next.erases.end());
  apply(kj::mv(next), version, signVersion(version, author.signer), view(author.signer.publicKey()),
        result.rows);
  result.advanced = true;
  return result;
}

void Orders::trust(const TrustedParent& trusted, RowChanges& rows) {
  if (trusted.homeGen < parent.homeGen || trusted == parent) return;
  parent = trusted;
  Bytes value = pack(parent.homeGen);
  value.insert(value.end(), parent.documentKey.begin(), parent.documentKey.end());
  rows.push_back({Part::META, copy(view(PARENT_ROW)), kj::mv(value)});
}

Orders::Offered Orders::judge(const SignedVersion& offered, Version& opened) const {
  auto version = openVersion(offered, view(parent.documentKey));
  if (!version || version->document != name || version->id.homeGen < parent.homeGen) {
    return Offered::NOT_BELIEVED;
  }
  opened = kj::mv(*version);
  if (opened.id > held.id) return Offered::NEWER;
  if (mutated(Mutant::OLDER_ORDERS_ACCEPTED) && opened.id != held.id) return Offered::NEWER;
  if (opened.id == held.id && opened.root > held.root) return Offered::FORKED;
  return Offered::HELD;
}

Orders::Advanced Orders::advance(const SignedVersion& offered, const Version& version,
                                 const OrdersEdit& edit, RowChanges& rows) {
  auto next = prepare(edit);
  if (next.draft.root != version.root && !mutated(Mutant::ROOT_NOT_CHECKED)) {
    return Advanced::OTHER_ROOT;
  }
  if (!refusal(next).empty()) return Advanced::OVER_LIMIT;
  apply(kj::mv(next), version, offered, view(parent.documentKey), rows);
  return Advanced::DONE;
}

void Orders::apply(Next&& next, const Version& version, const SignedVersion& asSigned,
                   BytesView key, RowChanges& rows) {
  Change change{held.id, held.root, next.erases, {}};
  for (auto& [key, entry]: next.puts) {
    change.keys.insert(key);
    rows.push_back({Part::ORDERS, copy(view(key)), entry.bytes});
    putEntry(key, kj::mv(entry), change.newBlobs);
  }
  for (auto& key: next.erases) {
    rows.push_back({Part::ORDERS, copy(view(key)), std::nullopt});
    eraseEntry(key);
  }
  bucketSet.apply(kj::mv(next.draft));
  bytes = next.bytes;
  held = version;
  signedHeld = asSigned;
  rows.push_back({Part::VERSION, copy(view(HELD_ROW)), storedVersion(asSigned, key)});
  remember(kj::mv(change));
}

void Orders::putEntry(const std::string& key, Stored&& entry, std::set<Hash>& newBlobs) {
  for (auto& blob: entry.blobs) {
    if (blobUses[blob]++ == 0) newBlobs.insert(blob);
  }
  auto& place = stored[key];
  dropBlobs(place.blobs);
  place = kj::mv(entry);
}

void Orders::eraseEntry(const std::string& key) {
  auto found = stored.find(key);
  dropBlobs(found->second.blobs);
  stored.erase(found);
}

void Orders::dropBlobs(const std::vector<Hash>& blobs) {
  for (auto& blob: blobs) {
    auto uses = blobUses.find(blob);
    if (--uses->second == 0) blobUses.erase(uses);
  }
}

void Orders::remember(Change&& change) {
  changedKeys += change.keys.size();
  changes.push_back(kj::mv(change));
  while (changes.size() > ORDERS_CHANGES_MAX || changedKeys > ORDERS_CHANGED_KEYS_MAX) {
    changedKeys -= changes.front().keys.size();
    changes.pop_front();
  }
}

std::optional<Orders::Since> Orders::since(const VersionId& version, const Hash& root) const {
  Since merged;
  if (version == held.id && root == held.root) return merged;
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    merged.keys.insert(change->keys.begin(), change->keys.end());
    merged.newBlobs.insert(change->newBlobs.begin(), change->newBlobs.end());
    if (change->before == version && change->rootBefore == root) return merged;
  }
  return std::nullopt;
}

void Orders::load(const StoredRows& rows) {
  KJ_REQUIRE(stored.empty() && held.id.isNone(), "a replica is loaded once");
  std::map<std::string, std::optional<Hash>> all;
  std::set<Hash> newBlobs;
  bool isDamaged = false;
  for (auto& row: rows) {
    if (row.part == Part::ORDERS) {
      auto key = text(view(row.key));
      Stored entry{row.value, sha256(view(row.value)), {}};
      if (auto decoded = decodeOrderEntry(view(row.value))) entry.blobs = kj::mv(decoded->blobs);
      all[key] = entry.hash;
      bytes += key.size() + row.value.size();
      putEntry(key, kj::mv(entry), newBlobs);
    } else if (row.part == Part::VERSION && text(view(row.key)) == HELD_ROW) {
      isDamaged |= !readsWell([&]() {
        Opened<schema::StoredVersion> decoded(view(row.value));
        auto from = (*decoded).getSigned();
        signedHeld = {copy(from.getBody()), copy(from.getSignature())};
        auto version = openVersion(signedHeld, (*decoded).getKey());
        KJ_REQUIRE(version.has_value(), "the signature does not hold");
        held = kj::mv(*version);
      });
    } else if (row.part == Part::META && text(view(row.key)) == PARENT_ROW) {
      auto value = view(row.value);
      isDamaged |= value.size() < 8;
      if (value.size() < 8) continue;
      parent = {copy(value.slice(8, value.size())), *unpackNumber(value.slice(0, 8))};
    }
  }
  if (!all.empty()) bucketSet.apply(bucketSet.draft(all));
  bool isRootRight = held.id.isNone() ? stored.empty() : bucketSet.root() == held.root;
  KJ_REQUIRE(!isDamaged && isRootRight && (held.id.isNone() || held.document == name),
             "the stored orders are not what was signed: restore this replica from a backup, or "
             "remove its database so that it is filled anew", name, held.id.text());
}

}  // namespace skerry
