// What the tests' tiers say in their values, and a reader of it: applications with revisions whose
// contents follow from a seed, few enough that revisions often agree about a path.
#pragma once
#include "shared/ledger/effective.h"

namespace skerry {

constexpr const char* TEST_PATHS[] = {"services.web.environment.PRINTER",
                                      "services.web.environment.LEVEL"};

struct Catalogue {
  uint64_t seed = 0;
  static Hash revision(const std::string& app, unsigned number);
  // What the revision itself says; absent for one path in three.
  std::optional<Bytes> says(const Hash& revision, const std::string& path) const;
};

inline std::string appKey(const std::string& app) { return "app/" + app; }
// A parent's value for a path, outside of any revision.
inline std::string fieldKey(const std::string& app, const std::string& path) {
  return "set/" + app + "/" + path;
}

Bytes encodeAssignment(const Assignment& assignment);

enum class Writer { PRESENT, FUTURE };
// An encoded entry; one of a FUTURE writer has fields that this version does not know.
Bytes entryOf(const OrderEntry& entry, Writer writer = Writer::PRESENT);
Bytes localEntryOfFuture(const LocalEntry& entry);

// Reads fields of these orders first, then what the revision says.
class CatalogueReader final : public OrdersReader {
public:
  CatalogueReader(const Catalogue& catalogue, const Orders& orders)
      : catalogue(catalogue), orders(orders) {}
  std::optional<Assignment> assignment(const std::string& key,
                                       const OrderEntry& entry) const override;
  std::optional<Bytes> valueAt(const Hash& revision, const std::string& path) const override;

private:
  const Catalogue& catalogue;
  const Orders& orders;
};

inline Bytes bytes(std::string_view text) { return copy(view(text)); }
inline Gen genOf(uint64_t number) {
  Gen gen;
  for (size_t i = 0; i < 8; i++) gen.bytes[i] = uint8_t(number >> 8 * i);
  gen.bytes[15] = 1;
  return gen;
}
const Signer& testSigner(const std::string& name);

}  // namespace skerry
