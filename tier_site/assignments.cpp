#include "tier_site/assignments.h"
#include "capnp/authority.capnp.h"
#include "capnp/stored.capnp.h"
#include "shared/daemon/self.h"
#include "shared/ledger/ids.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

constexpr std::string_view APP = "app/", POLICY = "policy/", ACTED_ROW = "acted/",
                           MARK_ROW = "mark/";

std::string orderKey(const TenantAndName& app) {
  return std::string(APP) + app.first + "/" + app.second;
}

TenantAndName split(std::string_view rest) {
  auto slash = rest.find('/');
  return {std::string(rest.substr(0, slash)), std::string(rest.substr(slash + 1))};
}

}  // namespace

Assignments::Assignments(Trust trust, const Orders& orders, BlobLookup blobs)
    : trust(std::move(trust)), orders(orders), blobs(std::move(blobs)) {}

std::set<Hash> Assignments::missing() const {
  std::set<Hash> hashes;
  for (auto& [name, app] : known) {
    if (app.judgement.missing) hashes.insert(*app.judgement.missing);
  }
  return hashes;
}

bool Assignments::uses(const Hash& blob) const {
  for (auto& [name, app] : known) {
    if (app.acted && app.acted->revision == blob) return true;
    for (auto& before : app.earlier) {
      if (before.revision == blob) return true;
    }
  }
  return orders.refersTo(blob);
}

std::set<TenantAndName> Assignments::update(const std::set<std::string>& keys, Batch& rows) {
  std::set<TenantAndName> touched;
  for (auto& key : keys) {
    if (key.starts_with(APP)) touched.insert(split(std::string_view(key).substr(APP.size())));
    bool all = key == "site";
    bool tenant = key.starts_with(POLICY);
    if (!all && !tenant) continue;
    hearBlock(all ? MarkKey{key, trust.site} : MarkKey{"policy", key.substr(POLICY.size())}, key,
              rows);
    for (auto& [name, app] : known) {
      if (all || name.first == key.substr(POLICY.size())) touched.insert(name);
    }
  }
  for (auto& app : touched) judge(app, rows);
  return touched;
}

void Assignments::hearBlock(const MarkKey& about, const std::string& key, Batch& rows) {
  auto entry = orders.find(key);
  if (!entry) return;
  if (auto seq = blocks.hear(trust, highest, about, view(entry->value), rows)) {
    raise({{about, *seq}}, rows);
  }
}

std::set<TenantAndName> Assignments::blobArrived(const Hash& hash, Batch& rows) {
  std::set<TenantAndName> touched;
  for (auto& [name, app] : known) {
    if (app.judgement.missing == hash) touched.insert(name);
  }
  for (auto& app : touched) judge(app, rows);
  return touched;
}

void Assignments::judge(const TenantAndName& name, Batch& rows) {
  auto entry = orders.find(orderKey(name));
  if (!entry) {
    known.erase(name);
    saveActed(name, rows);
    return;
  }
  auto& app = known[name];
  auto lookup = [this](const std::string& key) -> std::optional<Bytes> {
    auto found = orders.find(key);
    if (!found) return std::nullopt;
    return found->value;
  };
  app.judgement = judgeAssignment(trust, highest, name, entry->gen.view(), view(entry->value),
                                  lookup, blobs);
  if (app.judgement.verdict != Judgement::Verdict::ACCEPTED) return;
  raise(app.judgement.raised, rows);
  if (app.acted && *app.acted == *app.judgement.acted) return;
  act(app, *app.judgement.acted);
  saveActed(name, rows);
}

void Assignments::act(App& app, Acted next) {
  if (app.acted && app.acted->gen != next.gen) app.earlier.clear();
  else if (app.acted) app.earlier.insert(app.earlier.begin(), std::move(*app.acted));
  std::erase_if(app.earlier, [&](auto& before) { return before.revision == next.revision; });
  if (app.earlier.size() > EARLIER_MAX) app.earlier.resize(EARLIER_MAX);
  app.acted = std::move(next);
}

void Assignments::saveActed(const TenantAndName& name, Batch& rows) const {
  auto key = std::string(ACTED_ROW) + name.first + "/" + name.second;
  auto found = known.find(name);
  if (found == known.end() || !found->second.acted) {
    return rows.erase(Table::MARK, SELF_DOCUMENT, view(key));
  }
  capnp::MallocMessageBuilder message;
  auto stored = message.initRoot<schema::StoredActed>();
  auto& app = found->second;
  stored.setAssignment(view(app.acted->assignment));
  auto earlier = stored.initEarlier(app.earlier.size());
  for (size_t i = 0; i < app.earlier.size(); ++i) earlier.set(i, view(app.earlier[i].assignment));
  rows.put(Table::MARK, SELF_DOCUMENT, view(key), view(encode<schema::StoredActed>(stored)));
}

void Assignments::raise(const Marks& marks, Batch& rows) {
  for (auto& [key, seq] : marks) {
    auto& mark = highest[key];
    if (mark >= seq) continue;
    mark = seq;
    auto row = std::string(MARK_ROW) + key.first + "/" + key.second;
    auto value = pack(seq.era);
    auto n = pack(seq.n);
    value.insert(value.end(), n.begin(), n.end());
    rows.put(Table::MARK, SELF_DOCUMENT, view(row), view(value));
  }
}

Labels Assignments::siteLabels() const {
  Labels labels;
  auto entry = orders.find("site");
  Disbelief why;
  if (!entry) return labels;
  auto record = openStatement(view(trust.authorityKey), "site", view(entry->value), why);
  if (!record || record->body.empty()) return labels;
  Decoded<schema::SiteRecord> decoded(record->body);
  for (auto pair : decoded.get().getLabels()) labels[text(pair.getName())] = text(pair.getValue());
  return labels;
}

void Assignments::load(const std::vector<Row>& markRows, Batch& rows) {
  for (auto& row : markRows) {
    auto key = text(view(row.key));
    blocks.load(row);
    if (key.starts_with(MARK_ROW)) {
      auto era = unpackNumber(view(row.value).slice(0, 8));
      auto n = unpackNumber(view(row.value).slice(8, row.value.size()));
      highest[split(std::string_view(key).substr(MARK_ROW.size()))] = {era.value(), n.value()};
    } else if (key.starts_with(ACTED_ROW)) {
      auto name = split(std::string_view(key).substr(ACTED_ROW.size()));
      Decoded<schema::StoredActed> stored(row.value);
      auto& app = known[name];
      app.acted = reopenActed(name, stored.get().getAssignment(), blobs);
      for (auto assignment : stored.get().getEarlier()) {
        if (auto before = reopenActed(name, assignment, blobs)) {
          app.earlier.push_back(std::move(*before));
        }
      }
    }
  }
  std::set<std::string> keys;
  for (auto& [key, entry] : orders.entries()) keys.insert(key);
  for (auto& [name, app] : known) keys.insert(orderKey(name));
  update(keys, rows);
}

}  // namespace skerry
