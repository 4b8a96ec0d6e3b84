#include "shared/journal/life_record.h"

namespace skerry {

Event startedEvent(const LifeRecord* before, const LifeRecord& now) {
  Event event;
  event.kind = "controller.started";
  if (before == nullptr) {
    event.text = "for the first time";
    return event;
  }
  bool isSameBoot = before->bootId == now.bootId;
  if (before->isOver) {
    event.text = isSameBoot ? "after it was stopped" : "after a reboot";
  } else {
    event.severity = EventSeverity::WARNING;
    event.text = isSameBoot ? "after it crashed or was killed"
                            : "after the machine went down without a word, as in a power cut";
  }
  if (before->version != now.version) {
    event.text += "; version " + now.version + " instead of " + before->version;
  }
  return event;
}

Bytes encodeLife(const LifeRecord& life) {
  auto row = life.bootId + "\n" + life.version + "\n" + (life.isOver ? "over" : "runs");
  return copy(view(row));
}

LifeRecord decodeLife(BytesView row) {
  auto all = text(row);
  auto first = all.find('\n'), second = all.find('\n', first + 1);
  if (first == all.npos || second == all.npos) return {};
  return {all.substr(0, first), all.substr(first + 1, second - first - 1),
          all.substr(second + 1) == "over"};
}

}  // namespace skerry
