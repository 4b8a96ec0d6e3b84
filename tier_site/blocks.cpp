#include "tier_site/blocks.h"
#include "shared/daemon/self.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

constexpr std::string_view BLOCK_ROW = "block/", POLICY = "policy", SITE = "site";

std::optional<BlockWord> blockIn(const std::string& kind, const Bytes& body) {
  if (kind == POLICY) {
    Decoded<schema::Policy> policy(body);
    return readBlock(policy.get());
  }
  Decoded<schema::SiteRecord> record(body);
  return readBlock(record.get());
}

}  // namespace

std::optional<AuthoritySeq> Blocks::hear(const Trust& trust, const Marks& marks,
                                         const MarkKey& about, BytesView envelope, Batch& rows) {
  Disbelief why;
  auto statement = openStatement(view(trust.authorityKey), about.first, envelope, why);
  auto mark = marks.find(about);
  bool isOld = statement && mark != marks.end() && statement->seq < mark->second;
  if (!statement || statement->id != about.second || isOld) return std::nullopt;
  // A relay could leave the body out: that says nothing, and so ends nothing.
  if (statement->body.empty()) return std::nullopt;
  auto row = std::string(BLOCK_ROW) + about.first + "/" + about.second;
  if (auto block = blockIn(about.first, statement->body)) {
    if (!blocks.contains(about) || blocks[about] != *block) {
      rows.put(Table::MARK, SELF_DOCUMENT, view(row), envelope);
    }
    blocks[about] = *block;
  } else if (blocks.erase(about) > 0) {
    rows.erase(Table::MARK, SELF_DOCUMENT, view(row));
  }
  return statement->seq;
}

std::optional<std::string> Blocks::reasonFor(const std::string& tenant,
                                             const std::string& site) const {
  auto here = blocks.find({std::string(SITE), site});
  if (here != blocks.end()) return printBlock("site " + site, here->second);
  auto its = blocks.find({std::string(POLICY), tenant});
  if (its != blocks.end()) return printBlock("tenant " + tenant, its->second);
  return std::nullopt;
}

void Blocks::load(const Row& row) {
  auto key = text(view(row.key));
  if (!key.starts_with(BLOCK_ROW)) return;
  auto rest = key.substr(BLOCK_ROW.size());
  auto slash = rest.find('/');
  auto kind = rest.substr(0, slash);
  Decoded<schema::Signed> envelope(row.value);
  if (auto block = blockIn(kind, copy(envelope.get().getBody()))) {
    blocks[{kind, rest.substr(slash + 1)}] = *block;
  }
}

}  // namespace skerry
