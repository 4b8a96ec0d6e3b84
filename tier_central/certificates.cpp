// Who of the regions gets a certificate: with a token the first, by its device key every next one.
#include "shared/daemon/audit_log.h"
#include "shared/daemon/log.h"
#include "shared/daemon/person_door.h"
#include "tier_central/core.h"
#include "tier_central/init.h"
#include "tier_central/orders.h"

namespace skerry {

const std::string* CentralCore::regionOf(const Hash& device) const {
  for (auto& [name, region] : registry.regions) {
    if (region.deviceKey == device) return &name;
  }
  return nullptr;
}

// Dates are asked for by who can issue: whoever is let in with no other certificate to be had keeps
// the one he has.
bool CentralCore::ignoresDates(Door door, const Hash& leaf) const {
  if (door == Door::RENEW) return true;
  return door == Door::SESSION && !canIssue() && regionOf(leaf) != nullptr;
}

Renewed CentralCore::certify(const std::string& region, EVP_PKEY& device, EVP_PKEY* ca) {
  if (clock.isSuspect()) {
    logEvent(Severity::WARNING, "clock.suspect", {{"reason", "this machine's clock says a time "
             "before the root certificate; certificates are dated by that"}});
  }
  auto root = loadRootKey(host);
  skerry::Issuer issuing{*identity.root, *root};
  Renewed issued;
  issued.wallMs = nowMs();
  if (ca != nullptr) {
    issued.ca =
        issueIntermediate(issuing, *ca, "region-ca:" + region, issued.wallMs, host.entropy);
  }
  issued.chain.push_back(
      issueLeaf(issuing, device, "region:" + region, issued.wallMs, host.entropy));
  return issued;
}

std::vector<OwnCert> CentralCore::certifyPerson(const std::string& id, EVP_PKEY& key) {
  auto root = loadRootKey(host);
  std::vector<OwnCert> chain;
  chain.push_back(issueLeaf({*identity.root, *root}, key, std::string(PERSON_PREFIX) + id, nowMs(),
                            host.entropy, PERSON_LIFE_MS));
  chain.push_back(share(*identity.root));
  return chain;
}

void CentralCore::letIn(Person person, Batch& rows, Touched& touched) {
  UserObject object;
  auto before = registry.users.find(person.id());
  object.gen = before == registry.users.end() ? issuer->newLife() : before->second.gen;
  object.statement = issuer->user(person, rows);
  registry.putUser(person, std::move(object), rows);
  touched.everywhere.insert(userKey(person.id()));
}

// A machine comes back by its key after years; a person who stayed away so long does not.
RenewAnswer CentralCore::renewPerson(const Person& person, const RenewAsked& asked) {
  if (asked.untilMs < nowMs()) return endedPerson();
  if (!canIssue()) return issuerExpired();
  Renewed issued;
  issued.wallMs = nowMs();
  issued.chain = certifyPerson(person.id(), *asked.deviceKey);
  issued.chain.pop_back();  // the root, which the person has
  logEvent(Severity::INFO, "person.renewed", {{"who", person.principal().name}});
  return kj::mv(issued);
}

RenewAnswer CentralCore::renew(RenewAsked asked) {
  auto device = keyHash(*asked.deviceKey);
  if (auto* person = registry.people.find(device)) return renewPerson(*person, asked);
  auto name = regionOf(device);
  if (name == nullptr) return unknownDevice("region");
  if (!canIssue()) return issuerExpired();
  return certify(*name, *asked.deviceKey, asked.caKey.get());
}

// A region joins: its token is consumed, its keys registered and its sites given a home in one
// transaction; its document follows from that.
kj::Promise<EnrollAnswer> CentralCore::enroll(EnrollAsked asked) {
  auto found = registry.tokens.find(asked.token);
  std::optional<StoredToken> stored;
  if (found != registry.tokens.end() && found->second.kind == "region" && !found->second.revoked) {
    stored = StoredToken{found->second.secretHash, found->second.expiresMs, found->second.usedBy};
  }
  auto device = keyHash(*asked.deviceKey);
  auto verdict = judgeToken(stored, view(asked.secret), device, nowMs());
  // An answer is given again, but not to a machine that another one has replaced since.
  if (verdict == TokenVerdict::ACCEPTED_AGAIN &&
      registry.regions.at(found->second.name).deviceKey != device) {
    verdict = TokenVerdict::USED;
  }
  if (verdict != TokenVerdict::ACCEPTED && verdict != TokenVerdict::ACCEPTED_AGAIN) {
    return EnrollAnswer(EnrollRefused{reasonOf(verdict), adviceOn(verdict, asked.token)});
  }
  if (asked.caKey == nullptr || asked.documentKey.size() != PUBLIC_KEY_BYTES) {
    return EnrollAnswer(EnrollRefused{
        "request-malformed", "this token is for a region; join with: skerry-region join TOKEN"});
  }
  if (isRevoked(device)) return EnrollAnswer(revokedDevice("skerry-region"));
  auto name = found->second.name;
  auto number = found->second.number;
  Batch rows;
  Touched touched;
  found->second.usedBy = device;
  auto before = registry.regions.at(name).deviceKey;
  registry.saveToken(asked.token, rows);
  registry.regions.at(name).joinedMs = nowMs();
  declarations->regionJoined(name, device, view(asked.documentKey), rows, touched);
  if (before && *before != device && children.contains(name)) {
    children.at(name)->end("another machine took the place of this one");
  }
  auto issued = certify(name, *asked.deviceKey, asked.caKey.get());
  Enrolled answer;
  answer.ca = kj::mv(issued.ca);
  answer.chain = kj::mv(issued.chain);
  answer.root = share(*identity.root);
  answer.writer = number;
  answer.wallMs = nowMs();
  answer.authority = authorityEnvelope;
  answer.name = "region:" + name;
  // On its way before anything else is decided: the registry has moved already.
  auto durable = commit(kj::mv(rows), touched);
  auto known = children.contains(name) ? kj::Promise<void>(kj::READY_NOW)
                                        : addChild(name, false);
  return durable.then([known = kj::mv(known)]() mutable { return kj::mv(known); })
      .then([this] { return writer->durable(); })
      .then([this, answer = kj::mv(answer), name]() mutable {
    logEvent(Severity::INFO, "region.joined", {{"region", name}});
    if (audit != nullptr) {
      AuditEntry entry;
      entry.who = "region:" + name;
      entry.action = "join";
      entry.kind = "region";
      entry.name = name;
      entry.outcome = "done";
      audit->noteSoon(std::move(entry));
    }
    return EnrollAnswer(kj::mv(answer));
  });
}

}  // namespace skerry
