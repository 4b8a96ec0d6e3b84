#include "tier_site/effective.h"
#include "capnp/authority.capnp.h"
#include "shared/model/application.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

// The application inside a revision that is here, as encoded bytes.
std::optional<Bytes> applicationOf(const Hash& revision, const BlobLookup& blobs) {
  auto body = blobs(revision);
  if (!body) return std::nullopt;
  Decoded<schema::Revision> decoded(*body);
  return copy(decoded.get().getApplication());
}

// Its content is here, is this application's, and this version understands it.
bool canRun(const TenantAndName& name, const Hash& revision, const BlobLookup& blobs) {
  try {
    auto application = applicationOf(revision, blobs);
    if (!application) return false;
    auto spec = readApplication(view(*application));
    return spec.tenant == name.first && spec.name == name.second;
  } catch (const kj::Exception&) {
    return false;
  }
}

std::vector<Hash> allowedBy(const Acted& acted) {
  Decoded<schema::Assignment> assignment(acted.assignment);
  Decoded<schema::Intent> intent(assignment.get().getIntent().getBody());
  std::vector<Hash> allowed;
  for (auto one : intent.get().getAllowed()) allowed.push_back(Hash::from(one));
  return allowed;
}

class RevisionReader final : public OrdersReader {
public:
  explicit RevisionReader(const BlobLookup& blobs) : blobs(blobs) {}
  // Assignments were judged before (verified.h).
  std::optional<Assignment> assignment(const std::string&, const OrderEntry&) const override {
    return std::nullopt;
  }
  std::optional<Bytes> valueAt(const Hash& revision, const std::string& path) const override {
    auto application = applicationOf(revision, blobs);
    if (!application) return std::nullopt;
    return skerry::valueAt(view(*application), path);
  }

private:
  const BlobLookup& blobs;
};

// A hold of a revision that was never acted on here is no hold.
class HoldsOfTheKnown final : public OverridePolicy {
public:
  HoldsOfTheKnown(const OverridePolicy& policy, const Assignments::App& app)
      : policy(policy), app(app) {}
  bool allows(LocalKind kind, const std::string& object, const std::string& path,
              BytesView value) const override {
    bool isKnown = kind != LocalKind::HOLD || actedOn(Hash::from(value));
    return isKnown && policy.allows(kind, object, path, value);
  }

private:
  bool actedOn(const Hash& revision) const {
    if (app.acted->revision == revision) return true;
    for (auto& before : app.earlier) {
      if (before.revision == revision && before.gen == app.acted->gen) return true;
    }
    return false;
  }

  const OverridePolicy& policy;
  const Assignments::App& app;
};

Assignment assignmentOf(const TenantAndName& name, const Acted& acted, const BlobLookup& blobs) {
  Assignment assignment;
  assignment.object = localObject(name);
  assignment.gen = Gen::from(view(acted.gen));
  assignment.revision = acted.revision;
  assignment.intent = {acted.seq.era, acted.seq.n};
  for (auto& revision : allowedBy(acted)) {
    if (canRun(name, revision, blobs)) assignment.allowed.push_back(revision);
  }
  return assignment;
}

std::string authorship(const Local& local, const Dot& dot) {
  auto& entry = KJ_ASSERT_NONNULL(kj::Maybe<const Local::Live&>(local.find(dot))).entry;
  return "by " + (entry.author.empty() ? std::string("somebody on site") : entry.author) +
         (entry.reason.empty() ? "" : ": " + entry.reason);
}

class Reading {
public:
  Reading(const EffectiveApp& wanted, const Local& local, const BlobLookup& blobs, InForce& result)
      : wanted(wanted), local(local), blobs(blobs), result(result) {}

  void readSelection(const Hash& accepted) {
    if (wanted.hold) {
      result.notes.push_back("held at revision " + result.revision.hex().substr(0, 12) + " " +
                             authorship(local, *wanted.hold));
    } else if (result.revision != accepted) {
      result.notes.push_back("revision " + accepted.hex().substr(0, 12) +
                             " was refused here, an earlier one runs");
    }
  }

  void readSpec(const Hash& accepted) {
    if (wanted.overrides.empty() && result.revision == accepted) return;
    auto application = *applicationOf(result.revision, blobs);
    for (auto& [path, wish] : wanted.overrides) {
      Problems problems;
      auto changed = setAt(view(application), path, view(wish.value), problems);
      auto by = path + " is overridden " + authorship(local, wish.dot);
      if (changed) application = std::move(*changed);
      else by += "; it has no effect: " + (problems.empty() ? "" : problems[0].message);
      result.notes.push_back(by);
    }
    result.spec = readApplication(view(application));
  }

  void readServices() {
    for (auto& service : result.spec.services) {
      // Of all of the application, and of this service.
      for (auto& about : {std::string(), service.name}) {
        auto pause = wanted.pauses.find(about);
        if (pause != wanted.pauses.end()) {
          result.paused[service.name] = "paused " + authorship(local, pause->second);
        }
        auto restart = wanted.restarts.find(about);
        if (restart != wanted.restarts.end()) {
          result.nonces[service.name] += about + "=" + hex(view(restart->second.value)) + ";";
        }
      }
    }
  }

private:
  const EffectiveApp& wanted;
  const Local& local;
  const BlobLookup& blobs;
  InForce& result;
};

}  // namespace

bool SitePolicy::allows(LocalKind kind, const std::string&, const std::string&, BytesView) const {
  return kind != LocalKind::OVERRIDE;
}

std::string localObject(const TenantAndName& app) { return "app/" + app.first + "/" + app.second; }

InForce inForce(const TenantAndName& name, const Assignments::App& app, const Local& local,
                const OverridePolicy& policy, const BlobLookup& blobs,
                const std::vector<std::string>& scopes) {
  auto& acted = *app.acted;
  InForce result{acted.revision, acted.priority, acted.spec, {}, {}, {}};
  if (local.entries().empty()) return result;
  auto wanted = effectiveApp(assignmentOf(name, acted, blobs), local, HoldsOfTheKnown(policy, app),
                             RevisionReader(blobs), scopes);
  if (wanted.revision) result.revision = *wanted.revision;
  Reading reading(wanted, local, blobs, result);
  reading.readSelection(acted.revision);
  reading.readSpec(acted.revision);
  reading.readServices();
  return result;
}

}  // namespace skerry
