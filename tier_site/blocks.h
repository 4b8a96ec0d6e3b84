// What central blocked, as this site has heard: a tenant, by its policy, or the site itself, by its
// record. A block holds from then on, over restarts and whoever is away, until a newer statement of
// the same kind and id comes without it: that none is there, or an older one, ends nothing. Pure
// but for the rows it writes.
#pragma once
#include "shared/model/block.h"
#include "shared/store/store.h"
#include "tier_site/verified.h"

namespace skerry {

class Blocks {
public:
  // A policy or the site's record arrived. One that is not believed changes nothing; else answers
  // its sequence, which nothing older may undo.
  std::optional<AuthoritySeq> hear(const Trust& trust, const Marks& marks, const MarkKey& about,
                                   BytesView envelope, Batch& rows);
  // Why nothing of the tenant may run here, for a person; nothing: it may.
  std::optional<std::string> reasonFor(const std::string& tenant, const std::string& site) const;

  // A row of SELF_DOCUMENT, if it is one of these.
  void load(const Row& row);

private:
  std::map<MarkKey, BlockWord> blocks;  // ("policy", TENANT) and ("site", SITE)
};

}  // namespace skerry
