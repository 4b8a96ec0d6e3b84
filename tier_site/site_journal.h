// A site's journal: what is worth an event, kept, and told to the region while there is a link.
// Outlives the core, whose store may fail while there is most to tell.
#pragma once
#include "shared/daemon/event_desk.h"
#include "tier_site/journal_watch.h"

namespace skerry {

class SiteJournal final {
public:
  // `host` outlives it.
  explicit SiteJournal(Host& host);

  void add(const JournalWatch::Events& events);
  // The link came up; a link that went down is told by lost().
  void answered(schema::Uplink::Client uplink) { sender.start(receiverOver(kj::mv(uplink))); }
  void lost() { sender.stop(); }

  JournalWatch watch;
  Chronicle chronicle;

private:
  EventSender sender;
};

}  // namespace skerry
