// One document as a daemon holds it: both halves, the projection table if orders are projected
// into it, and the state that belongs to its rows. Who persists it decides when a change counts:
// see rows.h.
#pragma once
#include "shared/ledger/expiry.h"
#include "shared/ledger/hello.h"
#include "shared/ledger/incarnation.h"
#include "shared/ledger/local_sync.h"
#include "shared/ledger/orders_sync.h"
#include "shared/ledger/projection.h"

namespace skerry {

// Which end of the link this replica is.
enum class DocumentEnd { PARENT, CHILD };

struct DocumentIds {
  std::string name;
  DocumentKind kind = DocumentKind::SITE;
  DocumentEnd end = DocumentEnd::CHILD;
  uint32_t writer = 0;  // the child's own number; 0 at the parent
};

class Document {
public:
  // A new one. A child's begins as new: it wants the local half back from its parent.
  Document(DocumentIds ids, RowChanges& rows);
  // As persisted. FAILED when the rows are damaged.
  Document(DocumentIds ids, const StoredRows& rows);
  KJ_DISALLOW_COPY(Document);

  const DocumentIds& ids() const { return identity; }
  const Orders& orders() const { return ordersHalf; }
  const Local& local() const { return localHalf; }
  const ProjectionTable& table() const { return projected; }
  HelloState hello() const;
  bool isNew() const { return newDatabase; }

  // --- At the parent ---------------------------------------------------------------------------
  Orders::Edited edit(const OrdersEdit& edit, int64_t nowMs, const Authorship& author);
  // Edits so that the orders follow these readings, and records that in the table. Does nothing
  // while the document is unread: the caller hands in everything once it was read.
  Orders::Edited project(const Readings& readings, int64_t nowMs, const Authorship& author);
  // This parent was restored: its child may hold what it does not remember (read_back.h).
  void forgetChild(RowChanges& rows);
  bool isUnread() const { return unread; }
  // Whether a child that holds this version holds something that we do not know of.
  bool isMore(const VersionId& version, const Hash& root) const;
  // The child holds nothing else than we do.
  void setRead(RowChanges& rows);
  // Our orders become what the child showed, in a version of our own, whose era is a later one.
  // What it lacks is not ours any more; what we never wrote stays in them until it is projected.
  Orders::Edited adopt(const Orders& shown, int64_t nowMs, const Authorship& author);

  // --- At the child ----------------------------------------------------------------------------
  void trust(const TrustedParent& parent, RowChanges& rows);
  // `random` is used when a new history must begin. Stamps `seen` and `hlc`.
  LocalResult write(LocalDraft draft, int64_t wallMs, uint64_t random);
  LocalResult remove(const LocalKey& key);
  LocalResult end(const Dot& dot, const EndedRecord& why, std::string author, int64_t wallMs,
                  uint64_t random);
  LocalResult sweep(const Presence& presence);
  // The history of the database is in doubt (see judgeHistory): writes go under a new name, and
  // the parent gives back what it knows of the local half.
  void beginHistory(uint64_t random, RowChanges& rows);
  // After a fork of own dots was reported.
  LocalResult rewriteOwn(uint64_t random);

  // Removes what expired; call now and then, at least every few seconds of the boot clock.
  struct Ticked {
    std::vector<LocalEntry> expired;
    RowChanges rows;
  };
  Ticked tick(const std::string& bootId, uint64_t bootMs);
  const Expiry& expiry() const { return expiring; }

private:
  friend class DocumentLink;
  void settleHistory(uint64_t random, RowChanges& rows);
  void setNew(bool isNew, RowChanges& rows);
  void setUnread(bool isUnread, RowChanges& rows);

  DocumentIds identity;
  Orders ordersHalf;
  Local localHalf;
  ProjectionTable projected;
  Expiry expiring;
  bool newDatabase = false, unread = false;
  uint64_t lastHlc = 0;
  uint64_t forgivenAtMs = 0;  // on the clock of `expiring`
};

}  // namespace skerry
