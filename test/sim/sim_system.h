// What a simulated machine looks like to those who judge it: what the test wrote down.
#pragma once
#include "shared/host/system.h"
#include <map>

namespace skerry {

class SimSystem final : public System {
public:
  std::map<std::string, Space> spaces;  // by path
  std::map<std::string, Node> nodes;
  std::map<std::string, std::string> files;

  kj::Maybe<Space> space(kj::StringPtr path) const override { return find(spaces, path); }
  kj::Maybe<Node> node(kj::StringPtr path) const override { return find(nodes, path); }
  std::string read(kj::StringPtr path, size_t bytesMax) const override {
    auto found = files.find(path.cStr());
    return found == files.end() ? std::string() : found->second.substr(0, bytesMax);
  }

private:
  template <typename T>
  static kj::Maybe<T> find(const std::map<std::string, T>& in, kj::StringPtr path) {
    auto found = in.find(path.cStr());
    if (found == in.end()) return nullptr;
    return found->second;
  }
};

}  // namespace skerry
