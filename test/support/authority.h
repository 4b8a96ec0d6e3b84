// A central of one file: signs what the tests of the tiers below want signed, right or wrong.
#pragma once
#include "capnp/authority.capnp.h"
#include "capnp/manifest.capnp.h"
#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/head.h"
#include "shared/model/selector.h"
#include "shared/model/statement.h"
#include <map>

namespace skerry {

inline std::unique_ptr<Signer> signerOf(uint8_t seed) {
  return newSigner(keyFromSeed(view(Bytes(SEED_BYTES, seed))));
}
inline Bytes lifeOf(uint8_t seed) { return Bytes(16, seed); }

// The body of a revision: one process service per entry, named by it and running `command`.
inline Bytes revisionBody(const std::string& tenant, const std::string& app,
                          const std::map<std::string, std::string>& commands,
                          const std::string& restart = "") {
  capnp::MallocMessageBuilder message, outer;
  auto application = message.initRoot<schema::Application>();
  application.setTenant(tenant);
  application.setName(app);
  auto services = application.initServices(commands.size());
  size_t i = 0;
  for (auto& [name, command] : commands) {
    services[i].setName(name);
    auto words = services[i].initCommand(2);
    words.set(0, "/bin/run");
    words.set(1, command);
    services[i].setRestart(restart);
    services[i++].initSkerry().setKind("process");
  }
  auto revision = outer.initRoot<schema::Revision>();
  revision.setTenant(tenant);
  revision.setApp(app);
  revision.setApplication(view(canonicalApplication(application.asReader())));
  return encode<schema::Revision>(revision);
}

struct IntentDraft {
  std::string tenant = "acme", app = "pos";
  Bytes gen = lifeOf(7);
  Hash revision;
  std::vector<Hash> allowed;  // beside `revision`
  bool allowsRevision = true;
  std::string selector;
};

class Authority {
public:
  explicit Authority(uint8_t seed = 1) : signer(signerOf(seed)) {}

  AuthoritySeq seq{1, 0};  // of the last statement
  std::unique_ptr<Signer> signer;

  Bytes key() const { return signer->publicKey(); }

  Bytes sign(std::string_view kind, std::string id, BytesView body,
             BodyIs where = BodyIs::INLINE) {
    Statement about;
    about.kind = kind;
    about.id = std::move(id);
    ++seq.n;
    about.seq = seq;
    return signStatement(*signer, about, body, where);
  }

  Bytes policy(const std::string& tenant) {
    capnp::MallocMessageBuilder message;
    auto body = message.initRoot<schema::Policy>();
    body.setTenant(tenant);
    return sign("policy", tenant, view(encode<schema::Policy>(body)));
  }

  Bytes site(const std::string& name, const Labels& labels) {
    capnp::MallocMessageBuilder message;
    auto body = message.initRoot<schema::SiteRecord>();
    body.setName(name);
    body.setRegion("north");
    auto list = body.initLabels(labels.size());
    size_t i = 0;
    for (auto& [label, value] : labels) {
      list[i].setName(label);
      list[i++].setValue(value);
    }
    return sign("site", name, view(encode<schema::SiteRecord>(body)));
  }

  Bytes home(const std::string& site, BytesView documentKey, uint64_t homeGen = 1,
             const std::string& region = "north") {
    capnp::MallocMessageBuilder message;
    auto body = message.initRoot<schema::Home>();
    body.setSite(site);
    body.setRegion(region);
    body.setDocumentKey(documentKey);
    body.setHomeGen(homeGen);
    return sign("home", site, view(encode<schema::Home>(body)));
  }

  // Over `statements`, each an envelope.
  Bytes head(const std::string& region, int64_t timeMs, const std::vector<Bytes>& statements = {},
             AuthoritySeq version = {}) {
    std::vector<InForceStatement> all;
    for (auto& envelope : statements) {
      Decoded<schema::Signed> decoded(envelope);
      all.push_back(inForceOf(decoded.get().getStatement()));
    }
    ++seq.n;
    return signHead(*signer, {region, seq, timeMs, rootOf(std::move(all)), version});
  }

  Bytes intent(const IntentDraft& draft) {
    return sign("intent", draft.tenant + "/" + draft.app, view(intentBody(draft)));
  }

  Bytes revision(const std::string& tenant, const std::string& app, BytesView body) {
    return sign("revision", tenant + "/" + app, body, BodyIs::BLOB);
  }

  static Bytes intentBody(const IntentDraft& draft) {
    capnp::MallocMessageBuilder message;
    auto body = message.initRoot<schema::Intent>();
    body.setTenant(draft.tenant);
    body.setApp(draft.app);
    body.setGen(view(draft.gen));
    body.setRevision(draft.revision.view());
    auto hashes = draft.allowed;
    if (draft.allowsRevision) hashes.insert(hashes.begin(), draft.revision);
    auto list = body.initAllowed(hashes.size());
    for (size_t i = 0; i < hashes.size(); ++i) list.set(i, hashes[i].view());
    body.setSelector(draft.selector);
    return encode<schema::Intent>(body);
  }
};

inline void setSigned(schema::Signed::Builder to, const Bytes& envelope) {
  Decoded<schema::Signed> from(envelope);
  to.setStatement(from.get().getStatement());
  to.setSignature(from.get().getSignature());
  to.setBody(from.get().getBody());
}

inline Bytes assignmentOf(const Bytes& intent, const Bytes& revision) {
  capnp::MallocMessageBuilder message;
  auto assignment = message.initRoot<schema::Assignment>();
  setSigned(assignment.initIntent(), intent);
  setSigned(assignment.initRevision(), revision);
  return encode<schema::Assignment>(assignment);
}

}  // namespace skerry
