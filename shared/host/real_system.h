// The system this program really runs on.
#pragma once
#include "shared/host/system.h"

namespace skerry {

class RealSystem final : public System {
public:
  kj::Maybe<Space> space(kj::StringPtr path) const override;
  kj::Maybe<Node> node(kj::StringPtr path) const override;
  std::string read(kj::StringPtr path, size_t bytesMax) const override;
};

}  // namespace skerry
