// How the life of a daemon before this one ended: what the first event of a life says. Pure.
#pragma once
#include "shared/journal/event.h"

namespace skerry {

struct LifeRecord {
  std::string bootId, version;
  bool isOver = false;  // it was ended politely
};

// `before` null: there was none.
Event startedEvent(const LifeRecord* before, const LifeRecord& now);

Bytes encodeLife(const LifeRecord& life);
LifeRecord decodeLife(BytesView row);

}  // namespace skerry
