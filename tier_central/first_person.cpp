#include "tier_central/first_person.h"
#include "shared/host/files.h"
#include "shared/model/context.h"
#include "shared/pki/pem.h"
#include "tier_central/issuer.h"

namespace skerry {

void letFirstIn(Host& host, const InitOptions& options, const Identity& identity,
                Registry& registry, Batch& rows) {
  auto key = newKey(host.entropy);
  auto root = loadRootKey(host);
  auto authority = newSigner(IdentityFolder(host.files).key(AUTHORITY_KEY));
  Person admin;
  admin.name = FIRST_PERSON;
  admin.role = Role::GLOBAL_ADMIN;
  admin.key = keyHash(*key);
  AuthorityIssuer issuer(registry, *authority, host.clock, host.entropy);
  auto gen = issuer.newLife();
  auto statement = issuer.user(admin, rows);
  registry.putUser(admin, {std::move(gen), std::move(statement)}, rows);
  std::vector<OwnCert> certificates;
  certificates.push_back(issueLeaf({*identity.root, *root}, *key, admin.principal().name,
                                   centralClock(host, *identity.root).nowMs(), host.entropy,
                                   PERSON_LIFE_MS));
  certificates.push_back(share(*identity.root));
  Context context;
  context.name = options.name;
  context.server = options.advertise.empty() ? "localhost:443" : options.advertise;
  context.pin = keyHash(*identity.root).hex();
  context.peer = "central";
  context.certificate = text(view(pemOf(certificates)));
  context.key = text(view(pemOf(*key)));
  replaceDurably(host.files, kj::Path(ADMIN_CONTEXT), view(printContext(context)),
                 kj::WriteMode::PRIVATE);
}

}  // namespace skerry
