#include "shared/daemon/problems.h"

namespace skerry {

Refusal notHere(std::string tier, std::string verb) {
  Refusal refusal;
  refusal.code = 4;
  refusal.reason = "not-here";
  refusal.message = verb + " is central's: a " + tier +
                    " cannot sign what applications are, and what it changed would be undone";
  refusal.hint = "ask central: skerry --socket CENTRAL/admin.sock " + verb + " ...";
  return refusal;
}

Refusal notFound(std::string kind, std::string name) {
  Refusal refusal;
  refusal.code = 3;
  refusal.reason = "not-found";
  refusal.message = "there is no " + kind + " '" + name + "'";
  refusal.next = "skerry get " + kind + "s";
  return refusal;
}

}  // namespace skerry
