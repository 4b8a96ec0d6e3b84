// Asking a daemon for objects. Heavy: include from .cpp files only.
#pragma once
#include "shared/cli/connection.h"
#include "shared/cli/item_view.h"
#include "shared/cli/kind.h"
#include "shared/cli/verb.h"

namespace skerry {

struct Asked {
  Items items;
  Failures failures;  // empty: `items` is the answer
};

// Both outlive the promise; the other parameters are copied.
Task<Asked> ask(Cli& cli, Connection& connection, Named named, Narrowing narrowing);

// Several bear the name. Names are per tenant, those of hosts per site.
Failure ambiguous(const Named& named, const std::vector<PlainValue>& found);

// One object of that name: not found and ambiguous names are failures.
Task<Asked> askOne(Cli& cli, Connection& connection, Named named, Narrowing narrowing = {});

// Fills in a query; for the verbs that send one with something else.
void fillQuery(const Cli& cli, const Named& named, const Narrowing& narrowing,
               schema::Query::Builder query);

}  // namespace skerry
