// The machine that the client really runs on.
#pragma once
#include "shared/cli/machine.h"

namespace skerry {

class RealMachine final : public Machine {
public:
  // `io` outlives the machine.
  explicit RealMachine(kj::AsyncIoContext& io);
  ~RealMachine() noexcept(false);

  kj::Network& network() override { return io.provider->getNetwork(); }
  kj::Timer& timer() override { return io.provider->getTimer(); }
  int64_t wallMs() override;
  std::optional<std::string> environment(const std::string& name) override;
  void out(const std::string& text) override;
  void err(const std::string& text) override;
  bool outIsTerminal() override;
  bool inIsTerminal() override;
  std::optional<std::string> readLine() override;
  FileText read(const std::string& path, size_t bytesMax) override;
  std::string write(const std::string& path, const std::string& text, Existing existing) override;
  void remove(const std::string& path) override;
  Entropy& entropy() override { return *random; }
  std::optional<std::vector<std::string>> list(const std::string& path) override;
  std::string programFolder() override;
  kj::Promise<Ended> runScript(const std::string& script) override;
  kj::Promise<void> onStopSignal() override;

private:
  struct Children;

  kj::AsyncIoContext& io;
  kj::Own<Entropy> random;
  kj::Maybe<kj::Own<Children>> children;  // once there was one
};

}  // namespace skerry
