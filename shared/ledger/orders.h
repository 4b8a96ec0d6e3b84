// One replica of the orders half of a document, the same class at the parent and at the child.
//
// A map from key to entry that moves from one signed version to the next. Each key lies in one of
// a fixed number of buckets, by the SHA-256 of the key; a bucket hashes to SHA-256 over its (key
// hash, entry hash) pairs in order, the root is SHA-256 over all bucket hashes. So an edit hashes
// what it changes, the buckets that lie in, and the bucket list, however large the document is,
// and a version covers what is absent as well as what is there: there are no tombstones.
//
// Only the parent makes versions. A child moves to a version only when it was signed by the
// document key it trusts, its homeGen is not lower than the trusted one, it is greater than the
// version held, and the root over the child's own entries comes out as signed. An equal version of
// another root (a parent that lost its memory) goes to the greater root, with an alarm.
//
// Entries are held in memory. Calls append the rows to persist (see rows.h).
#pragma once
#include "shared/ledger/buckets.h"
#include "shared/ledger/ledger_limits.h"
#include "shared/ledger/order_entry.h"
#include "shared/ledger/rows.h"
#include "shared/ledger/version.h"
#include <deque>
#include <map>
#include <set>

namespace skerry {

struct Usage {
  size_t keys = 0, bytes = 0, keysMax = 0, bytesMax = 0;
  size_t keysLeft() const { return keys < keysMax ? keysMax - keys : 0; }
  size_t bytesLeft() const { return bytes < bytesMax ? bytesMax - bytes : 0; }
};

// What shall be different: encoded entries by key, and keys that shall be absent.
struct OrdersEdit {
  std::map<std::string, Bytes> puts;
  std::set<std::string> erases;
  bool empty() const { return puts.empty() && erases.empty(); }
};

// Under which name the parent writes. Never lower than in a version made before.
struct Authorship {
  uint64_t homeGen = 1, era = 1;
  const Signer& signer;  // borrowed for the call
};

// Whose versions a child believes: verified elsewhere, handed in.
struct TrustedParent {
  Bytes documentKey;
  uint64_t homeGen = 0;
  bool operator==(const TrustedParent&) const = default;
};

class Orders {
public:
  Orders(DocumentKind kind, std::string document);

  // --- Reading ---------------------------------------------------------------------------------
  DocumentKind kind() const { return documentKind; }
  const std::string& document() const { return name; }
  const VersionId& version() const { return held.id; }
  int64_t versionTimeMs() const { return held.timeMs; }
  const Hash& root() const { return held.root; }        // zeros while no version is held
  const SignedVersion& signedVersion() const { return signedHeld; }
  const TrustedParent& trusted() const { return parent; }
  const Buckets& buckets() const { return bucketSet; }
  Usage usage() const;

  struct Stored {
    Bytes bytes;
    Hash hash;
    std::vector<Hash> blobs;
  };
  // Encoded entries in the order of their keys; valid until the next change.
  const std::map<std::string, Stored>& entries() const { return stored; }
  const Bytes* bytesOf(const std::string& key) const;
  std::optional<OrderEntry> find(const std::string& key) const;
  // Whether an entry of the version held refers to this blob.
  bool refersTo(const Hash& blob) const { return blobUses.contains(blob); }

  // --- The parent ------------------------------------------------------------------------------
  struct Edited {
    std::string refused;         // not empty: nothing changed, this is why and what is left
    bool advanced = false;       // false: everything was so already, no version was made
    std::set<std::string> keys;  // that really changed
    RowChanges rows;
  };
  // Makes the next version. `nowMs` is the wall clock, shown with the version.
  Edited edit(const OrdersEdit& edit, int64_t nowMs, const Authorship& author);

  // --- The child -------------------------------------------------------------------------------
  // From now on versions of this parent are believed. A lower homeGen than trusted is ignored.
  void trust(const TrustedParent& parent, RowChanges& rows);

  enum class Offered {
    NEWER,          // worth fetching
    HELD,           // this one or a greater one is held
    FORKED,         // equal version, greater root: worth fetching, and an alarm
    NOT_BELIEVED,   // not this document's, not signed by the trusted key, or of a lower homeGen
  };
  // Judges a version by its signature and number alone. `opened` is set unless NOT_BELIEVED.
  Offered judge(const SignedVersion& offered, Version& opened) const;

  // Moves to `offered`, which was just judged NEWER or FORKED and opened as `next`, if `edit` leads
  // from what is held to exactly the root it signs. Else changes nothing and says why.
  enum class Advanced { DONE, OTHER_ROOT, OVER_LIMIT };
  Advanced advance(const SignedVersion& offered, const Version& next, const OrdersEdit& edit,
                   RowChanges& rows);

  // --- Deltas ----------------------------------------------------------------------------------
  struct Since {
    std::set<std::string> keys;   // changed since, either way
    std::set<Hash> newBlobs;      // referred to now and not then
  };
  // What changed since a version, when that is still remembered.
  std::optional<Since> since(const VersionId& version, const Hash& root) const;

  // Rebuilds a replica. FAILED, naming the row and what to do, when the rows are not what was
  // signed. Rows of other parts are ignored.
  void load(const StoredRows& rows);

private:
  struct Change {
    VersionId before;
    Hash rootBefore;
    std::set<std::string> keys;
    std::set<Hash> newBlobs;
  };
  // An edit reduced to what it really changes, with the hashes it leads to.
  struct Next {
    std::map<std::string, Stored> puts;
    std::set<std::string> erases;
    Buckets::Draft draft;
    size_t keys = 0, bytes = 0;  // of the whole half afterwards
    std::string invalid;
    bool empty() const { return puts.empty() && erases.empty(); }
  };
  Next prepare(const OrdersEdit& edit) const;
  std::string refusal(const Next& next) const;
  void apply(Next&& next, const Version& version, const SignedVersion& asSigned, BytesView key,
             RowChanges& rows);
  void putEntry(const std::string& key, Stored&& entry, std::set<Hash>& newBlobs);
  void eraseEntry(const std::string& key);
  void dropBlobs(const std::vector<Hash>& blobs);
  void remember(Change&& change);

  DocumentKind documentKind;
  DocumentLimits limits;
  std::string name;
  TrustedParent parent;
  Version held;
  SignedVersion signedHeld;
  std::map<std::string, Stored> stored;
  Buckets bucketSet;
  std::map<Hash, size_t> blobUses;
  size_t bytes = 0;
  std::deque<Change> changes;  // the newest at the back
  size_t changedKeys = 0;
};

}  // namespace skerry
