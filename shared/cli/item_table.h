// The tables of `get`, one set of columns per kind.
#pragma once
#include "shared/cli/item_view.h"

namespace skerry {

// With the age of what it shows below it.
std::string printTable(const Items& items, bool isWide, int64_t nowMs);

// `3 running, 1 backoff`, of `{"running": 3, "backoff": 1}`.
std::string printCounts(const PlainValue* counts);
// How long ago a time of a status was: `5m`; empty when there is none.
std::string ageOf(const std::string& time, int64_t nowMs);

}  // namespace skerry
