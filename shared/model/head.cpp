#include "shared/model/head.h"
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"
#include <algorithm>

namespace skerry {
namespace {

constexpr int64_t HOUR_MS = int64_t(3'600) * 1'000;

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

Bytes bigEndian(uint64_t value) {
  Bytes bytes(8);
  for (size_t i = 0; i < 8; ++i) bytes[7 - i] = uint8_t(value >> (8 * i));
  return bytes;
}

}  // namespace

InForceStatement inForceOf(BytesView statement) {
  Decoded<schema::Statement> decoded(statement);
  auto read = decoded.get();
  return {str(read.getKind()), str(read.getId()), {read.getEra(), read.getSeq()},
          Hash::from(read.getBodyHash())};
}

Hash rootOf(std::vector<InForceStatement> statements) {
  std::sort(statements.begin(), statements.end());
  Sha256 root;
  const Bytes end(1, 0);
  for (auto& statement : statements) {
    root.add(view(statement.kind)).add(view(end)).add(view(statement.id)).add(view(end));
    root.add(view(bigEndian(statement.seq.era))).add(view(bigEndian(statement.seq.n)));
    root.add(statement.bodyHash.view());
  }
  return root.finish();
}

Bytes signHead(const Signer& authority, const Head& head) {
  capnp::MallocMessageBuilder message;
  auto body = message.initRoot<schema::Head>();
  body.setTimeMs(head.timeMs);
  body.setRoot(head.root.view());
  body.setVersionEra(head.version.era);
  body.setVersion(head.version.n);
  Statement about;
  about.kind = "head";
  about.id = head.region;
  about.seq = head.seq;
  about.notBeforeMs = head.timeMs;
  return signStatement(authority, about, view(encode<schema::Head>(body)), BodyIs::INLINE);
}

std::optional<Head> openHead(BytesView key, const std::string& region, BytesView envelope,
                             Disbelief& why) {
  auto statement = openStatement(key, "head", envelope, why);
  if (!statement) return std::nullopt;
  if (statement->id != region) {
    why.reason = "it is about region '" + statement->id + "', not '" + region + "'";
    return std::nullopt;
  }
  std::optional<Head> head;
  auto malformed = kj::runCatchingExceptions([&] {
    Decoded<schema::Head> decoded(statement->body);
    auto body = decoded.get();
    head = Head{region, statement->seq, body.getTimeMs(), Hash::from(body.getRoot()),
                {body.getVersionEra(), body.getVersion()}};
  });
  if (malformed != nullptr) why.reason = "it is malformed";
  return head;
}

std::string stalenessOf(int64_t ageMs) {
  if (ageMs <= HEAD_STALE_MS) return "";
  return "central's word is " + std::to_string(ageMs / HOUR_MS) +
         " hours old although the region is connected";
}

}  // namespace skerry
