#include "shared/daemon/self.h"
#include "capnp/authority.capnp.h"
#include "capnp/stored.capnp.h"
#include "shared/ledger/ids.h"
#include "shared/model/encoded.h"
#include "shared/model/statement.h"

namespace skerry {

void saveSelf(const Self& self, Batch& rows) {
  capnp::MallocMessageBuilder message;
  auto link = message.initRoot<schema::StoredLink>();
  link.setAuthority(view(self.authority));
  link.setHome(view(self.home));
  auto parents = link.initParents(self.parents.size());
  for (size_t i = 0; i < self.parents.size(); ++i) parents.set(i, self.parents[i]);
  link.setName(self.name);
  link.setHost(self.host);
  link.setNumber(self.number);
  link.setParentKey(self.parentKey.view());
  link.setProxy(self.proxy);
  rows.put(Table::META, SELF_DOCUMENT, view(LINK_ROW), view(encode<schema::StoredLink>(link)));
}

Self readSelf(BytesView row) {
  Decoded<schema::StoredLink> decoded(row);
  auto link = decoded.get();
  Self self;
  self.name = text(link.getName());
  self.host = text(link.getHost());
  self.number = link.getNumber();
  for (auto parent : link.getParents()) self.parents.push_back(text(parent));
  self.authority = copy(link.getAuthority());
  self.home = copy(link.getHome());
  self.parentKey = Hash::from(link.getParentKey());
  self.proxy = text(link.getProxy());
  return self;
}

kj::Promise<kj::Maybe<Self>> loadSelf(Store& store) {
  return store.get(Table::META, SELF_DOCUMENT, view(LINK_ROW))
      .then([](kj::Maybe<Bytes>&& row) -> kj::Maybe<Self> {
    KJ_IF_MAYBE(bytes, row) return readSelf(view(*bytes));
    return nullptr;
  });
}

AuthorityKeys openAuthority(X509& root, BytesView envelope) {
  Disbelief why;
  auto statement = openStatement(view(rawPublicKey(root)), "authority", envelope, why);
  KJ_REQUIRE(statement.has_value(),
             "central's keys are not vouched for by the root this machine joined with",
             why.reason.c_str());
  Decoded<schema::Authority> keys(statement->body);
  return {copy(keys.get().getAuthorityKey()), copy(keys.get().getDocumentKey())};
}

kj::Promise<uint64_t> nextCounter(Store& store, kj::StringPtr name, uint64_t atLeast, Batch& rows) {
  return store.get(Table::META, SELF_DOCUMENT, name.asBytes())
      .then([name, atLeast, &rows](kj::Maybe<Bytes>&& row) {
    uint64_t value = atLeast;
    KJ_IF_MAYBE(bytes, row) {
      value = kj::max(value, unpackNumber(view(*bytes)).value_or(0) + 1);
    }
    rows.put(Table::META, SELF_DOCUMENT, name.asBytes(), view(pack(value)));
    return value;
  });
}

kj::Promise<uint64_t> nextCounter(Store& store, kj::StringPtr name, uint64_t atLeast) {
  auto rows = kj::heap<Batch>();
  auto counting = nextCounter(store, name, atLeast, *rows);
  return counting.then([&store, rows = kj::mv(rows)](uint64_t value) mutable {
    return store.commit(kj::mv(*rows)).then([value](uint64_t) { return value; });
  });
}

}  // namespace skerry
