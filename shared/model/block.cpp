#include "shared/model/block.h"

namespace skerry {

std::string printBlock(const std::string& what, const BlockWord& block) {
  return "blocked by central: " + what + (block.reason.empty() ? "" : ": " + block.reason);
}

}  // namespace skerry
