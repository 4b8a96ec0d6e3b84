// What a label expression of a query (`-l`) sees of an item, whatever its kind.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/model/selector.h"

namespace skerry {

// The labels of the site that the item is, or belongs to, and the fields of its status, written as
// `status.` and the field's name in the JSON with hyphens: `status.running`, `status.crash-loop`.
// Times are there as ages too: `status.offline-for` (offlineSince), `status.state-for` (since),
// `status.up-for` (started), in seconds. What is empty is absent.
Labels labelsOf(schema::Item::Reader item, Labels siteLabels, int64_t nowMs);

// The site that an item is, or belongs to; empty for others.
std::string siteOf(schema::Item::Reader item);

}  // namespace skerry
