#include "shared/daemon/joining.h"
#include <kj/debug.h>

namespace skerry {
namespace {

kj::Promise<void> keepRows(Host& host, kj::StringPtr database, Batch rows) {
  return openStore(host, database).then([rows = kj::mv(rows)](kj::Own<Store>&& store) mutable {
    auto& borrowed = *store;
    return borrowed.commit(kj::mv(rows)).ignoreResult()
        .then([&borrowed] { return borrowed.close(); }).attach(kj::mv(store));
  });
}

kj::Promise<JoinOutcome> keep(Host& host, kj::StringPtr database, const Token& token,
                              Enrolled enrolled, JoinKept kept) {
  openAuthority(*enrolled.root, view(enrolled.authority));
  Self self;
  self.name = token.name;
  self.number = enrolled.writer;
  self.parents = token.addresses;
  self.authority = enrolled.authority;
  self.parentKey = enrolled.parentKey;
  Batch rows;
  kept.rows(enrolled, self, rows);
  saveSelf(self, rows);
  return keepRows(host, database, kj::mv(rows))
      .then([&host, enrolled = kj::mv(enrolled), kept = kj::mv(kept)]() mutable {
    auto outcome = kept.files(enrolled);
    IdentityFolder folder(host.files);
    folder.save(Identity{folder.key(DEVICE_KEY), kj::mv(enrolled.chain), kj::mv(enrolled.root)});
    return outcome;
  });
}

}  // namespace

void requireFree(Host& host, const Joining& joining, const Token& token) {
  KJ_REQUIRE(!IdentityFolder(host.files).isEnrolled(),
             "this folder has joined already; use another --data folder, or go on serving it",
             host.path);
  KJ_REQUIRE(token.kind == joining.kind, "this token is for another kind of machine",
             token.name.c_str());
}

kj::Promise<JoinOutcome> joinParent(Host& host, const Transport& transport, const Joining& joining,
                                    Token token, const Joiner& joiner, JoinKept kept) {
  return enroll(host, transport, token, joiner)
      .then([&host, database = joining.database, token, kept = kj::mv(kept)](
                EnrollAnswer&& answer) mutable -> kj::Promise<JoinOutcome> {
    if (auto refused = std::get_if<EnrollRefused>(&answer)) {
      return JoinOutcome{false, refused->text, refused->reason};
    }
    return keep(host, database, token, kj::mv(std::get<Enrolled>(answer)), kj::mv(kept));
  });
}

}  // namespace skerry
