#include "shared/model/statement.h"
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"
#include <kj/exception.h>

namespace skerry {
namespace {

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

Statement decodeStatement(BytesView from) {
  Decoded<schema::Statement> decoded(from);
  auto read = decoded.get();
  Statement statement;
  statement.kind = str(read.getKind());
  statement.id = str(read.getId());
  statement.tenant = str(read.getTenant());
  statement.seq = {read.getEra(), read.getSeq()};
  statement.notBeforeMs = read.getNotBeforeMs();
  statement.bodyHash = Hash::from(read.getBodyHash());
  return statement;
}

}  // namespace

Bytes signStatement(const Signer& signer, const Statement& about, BytesView body, BodyIs where) {
  capnp::MallocMessageBuilder inner, outer;
  auto statement = inner.initRoot<schema::Statement>();
  statement.setKind(about.kind);
  statement.setId(about.id);
  statement.setTenant(about.tenant);
  statement.setEra(about.seq.era);
  statement.setSeq(about.seq.n);
  statement.setNotBeforeMs(about.notBeforeMs);
  statement.setBodyHash(sha256(body).view());
  auto bytes = encode<schema::Statement>(statement);
  auto envelope = outer.initRoot<schema::Signed>();
  envelope.setStatement(view(bytes));
  envelope.setSignature(view(signer.sign(about.kind, view(bytes))));
  if (where == BodyIs::INLINE) envelope.setBody(body);
  return encode<schema::Signed>(envelope);
}

std::optional<Statement> openStatement(BytesView key, std::string_view kind, BytesView envelope,
                                       Disbelief& why) {
  std::optional<Statement> opened;
  auto malformed = kj::runCatchingExceptions([&] {
    Decoded<schema::Signed> decoded(envelope);
    auto read = decoded.get();
    if (!verify(key, kind, read.getStatement(), read.getSignature())) {
      why.reason = "its signature is not the authority's";
      return;
    }
    auto statement = decodeStatement(read.getStatement());
    if (statement.kind != kind) {
      why.reason = "it was signed for another purpose: " + statement.kind;
      return;
    }
    statement.body = copy(read.getBody());
    if (!statement.body.empty() && sha256(view(statement.body)) != statement.bodyHash) {
      why.reason = "its content is not what was signed";
      return;
    }
    opened = std::move(statement);
  });
  KJ_IF_MAYBE(e, malformed) {
    why.reason = "it is malformed: " + text(e->getDescription());
    return std::nullopt;
  }
  return opened;
}

}  // namespace skerry
