// The two statements of a greeting, who central is and who commands a site: what both ends hold
// already does not travel again.
//
// Leaving a statement out is a parent's way of showing the one that the child holds, so it is
// open only to him who has shown it before, which his device key proves. Else a machine that was
// replaced, whose own statement is refused for being old, would only have to show none.
#pragma once
#include "capnp/uplink.capnp.h"
#include "shared/daemon/self.h"

namespace skerry {

// The child's part: says which ones it holds, to the parent of this device key.
void sayHeld(const Self& self, const Hash& parentKey, schema::ChildHello::Builder hello);

// The parent's part: shows what the child did not say it holds. `authority` and `home` are
// envelopes; an empty one is never shown.
void showUnheld(schema::ChildHello::Reader child, BytesView authority, BytesView home,
                schema::ParentHello::Builder hello);

// The child's part again. Empty: neither shown now nor by this parent before.
struct ShownStatements {
  Bytes authority, home;
};
ShownStatements readShown(const Self& self, const Hash& parentKey,
                          schema::ParentHello::Reader hello);

}  // namespace skerry
