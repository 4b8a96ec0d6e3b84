// A site after a restore from a backup: it goes on under a new name in its half of the document,
// gets back from its region what it had written, and ends nothing that runs for what the backup
// says before it heard what is wanted now.
#include "shared/daemon/log.h"
#include "shared/replica/document_store.h"
#include "tier_site/core.h"

namespace skerry {

void SiteCore::takeRestored(const Restored& restored) {
  auto& rows = writer->rows();
  eraseMark(SELF_DOCUMENT, rows);
  recovery.begin(restored, rows);
  recovery.awaitsParent = true;
  recovery.save(rows);
  RowChanges anew;
  document->beginHistory(host.entropy.next(), anew);
  addRows(rows, document->ids().name, anew);
  logEvent(Severity::WARNING, "site.restored", {{"next", "skerry restore status"}});
}

void SiteCore::hearRegion(schema::ParentHello::Reader hello) {
  // Left out: the region holds what we hold.
  regionHolds = document->orders().version();
  if (hello.hasDocument()) {
    auto said = decodeHello(hello.getDocument());
    if (said) regionHolds = said->version;
  }
  noteCaughtUp();
}

// What the region wanted when it greeted us is here, with all it takes to run it.
void SiteCore::noteCaughtUp() {
  if (!recovery.awaitsParent || !regionHolds) return;
  if (document->orders().version() < *regionHolds || !assignments->missing().empty()) return;
  recovery.awaitsParent = false;
  recovery.save(writer->rows());
  acted({});
}

}  // namespace skerry
