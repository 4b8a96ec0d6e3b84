// What a child may decide for itself, as signed policy says and the child checks.
#pragma once
#include "shared/ledger/local_entry.h"

namespace skerry {

class OverridePolicy {
public:
  virtual ~OverridePolicy() noexcept(false) {}
  // Whether an entry of this kind, at this path, with this value, may have effect. Denying HOLD is
  // how a parent forces a revision.
  virtual bool allows(LocalKind kind, const std::string& object, const std::string& path,
                      BytesView value) const = 0;
};

// Whether a path touches what runs with which rights: image, command, entrypoint, module, user,
// capabilities, devices, volumes, secrets, networks, isolation, or a whole service. Overriding
// these would be code injection past the signature, so no policy allows them unless it says so.
bool isGuardedPath(std::string_view path);

// The policy in force until central signed another: every kind is allowed, guarded paths are not.
class DefaultPolicy final : public OverridePolicy {
public:
  bool allows(LocalKind kind, const std::string& object, const std::string& path,
              BytesView value) const override;
};

}  // namespace skerry
