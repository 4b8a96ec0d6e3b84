// Prints log lines of many instances in the order in which they were written; with `follow` as they
// come. Heavy: include from .cpp files only.
#pragma once
#include "capnp/logs.capnp.h"
#include "shared/cli/cli.h"
#include <kj/refcount.h>
#include <vector>

namespace skerry {

class LinePrinter final : public kj::Refcounted {
public:
  // `cli` outlives it.
  LinePrinter(Cli& cli, bool hasPrefix, bool follows)
      : cli(cli), hasPrefix(hasPrefix), follows(follows) {}

  void take(capnp::List<schema::LogLine>::Reader lines);
  // Whatever is still waiting to be put in order.
  void printHeld();
  size_t lineCount() const { return count; }

private:
  struct Line {
    int64_t atMs;
    std::string printed;
  };
  std::string json(schema::LogLine::Reader line) const;
  std::string forPeople(schema::LogLine::Reader line) const;

  Cli& cli;
  const bool hasPrefix, follows;
  std::vector<Line> held;
  size_t count = 0;
};

// What a daemon writes lines into. Lines that were held are printed at its end, so that an answer
// that never ends, and is given up, shows what came.
class LineTaker final : public schema::LineSink::Server {
public:
  explicit LineTaker(kj::Own<LinePrinter> printer) : printer(kj::mv(printer)) {}
  ~LineTaker() noexcept(false);
  kj::Promise<void> write(WriteContext context) override;

private:
  kj::Own<LinePrinter> printer;
};

}  // namespace skerry
