// What the client gets from the machine it runs on. Tests give it another one.
#pragma once
#include "shared/host/host.h"
#include <kj/async-io.h>
#include <kj/timer.h>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skerry {

struct FileText {
  std::string text;
  std::string error;  // why there is none; empty: there is
};

class Machine {
public:
  virtual ~Machine() noexcept(false) {}
  virtual kj::Network& network() = 0;
  virtual kj::Timer& timer() = 0;
  // Milliseconds since the Unix epoch.
  virtual int64_t wallMs() = 0;
  virtual std::optional<std::string> environment(const std::string& name) = 0;

  // Standard output and standard error. FAILED when nobody reads them any more.
  virtual void out(const std::string& text) = 0;
  virtual void err(const std::string& text) = 0;
  virtual bool outIsTerminal() = 0;
  virtual bool inIsTerminal() = 0;
  // One line from standard input, without its end; absent at the end of it.
  virtual std::optional<std::string> readLine() = 0;

  // At most `bytesMax` + 1 bytes of a file, so that the reader sees that there are more. `-` is
  // standard input.
  virtual FileText read(const std::string& path, size_t bytesMax) = 0;
  // A file of this user alone, whole or not at all, its folder made where there is none. What is
  // wrong; empty: it is written.
  enum class Existing { KEEP, REPLACE };
  virtual std::string write(const std::string& path, const std::string& text,
                            Existing existing) = 0;
  virtual void remove(const std::string& path) = 0;  // a file; none is no error
  virtual Entropy& entropy() = 0;
  // The sorted names in a folder; absent when it is none.
  virtual std::optional<std::vector<std::string>> list(const std::string& path) = 0;

  // Where our programs lie.
  virtual std::string programFolder() = 0;
  // Runs a script of the shell to its end; as Processes::run.
  virtual kj::Promise<Ended> runScript(const std::string& script) = 0;
  // The first SIGTERM or SIGINT from now on, of which this process does not end then.
  virtual kj::Promise<void> onStopSignal() = 0;
};

}  // namespace skerry
