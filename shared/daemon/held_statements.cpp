#include "shared/daemon/held_statements.h"
#include "shared/ledger/ids.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

// The first 16 bytes of an envelope's hash; zeros for none.
struct Digest {
  uint64_t high = 0, low = 0;
  bool operator==(const Digest&) const = default;
};

Digest digestOf(BytesView envelope) {
  if (envelope.size() == 0) return {};
  auto hash = sha256(envelope);
  return {unpackNumber(hash.view().slice(0, 8)).value(),
          unpackNumber(hash.view().slice(8, 16)).value()};
}

bool isFollowed(const Self& self, const Hash& parentKey) {
  return !parentKey.isZero() && parentKey == self.parentKey;
}

}  // namespace

void sayHeld(const Self& self, const Hash& parentKey, schema::ChildHello::Builder hello) {
  if (!isFollowed(self, parentKey)) return;
  auto authority = digestOf(view(self.authority)), home = digestOf(view(self.home));
  hello.setAuthorityHigh(authority.high);
  hello.setAuthorityLow(authority.low);
  hello.setHomeHigh(home.high);
  hello.setHomeLow(home.low);
}

void showUnheld(schema::ChildHello::Reader child, BytesView authority, BytesView home,
                schema::ParentHello::Builder hello) {
  auto isHeld = [&](BytesView envelope, Digest held) {
    return child.getKnowsOmission() && digestOf(envelope) == held;
  };
  if (authority.size() > 0 &&
      !isHeld(authority, {child.getAuthorityHigh(), child.getAuthorityLow()})) {
    Decoded<schema::Signed> shown(authority);
    hello.setAuthority(shown.get());
  }
  if (home.size() > 0 && !isHeld(home, {child.getHomeHigh(), child.getHomeLow()})) {
    Decoded<schema::Signed> shown(home);
    hello.setHome(shown.get());
  }
}

ShownStatements readShown(const Self& self, const Hash& parentKey,
                          schema::ParentHello::Reader hello) {
  ShownStatements shown;
  if (isFollowed(self, parentKey)) shown = {self.authority, self.home};
  if (hello.hasAuthority()) shown.authority = encode<schema::Signed>(hello.getAuthority());
  if (hello.hasHome()) shown.home = encode<schema::Signed>(hello.getHome());
  return shown;
}

}  // namespace skerry
