#include "shared/cli/line_printer.h"
#include "shared/cli/cli_limits.h"
#include "shared/cli/table.h"
#include "shared/crypto/bytes.h"
#include "shared/model/time_text.h"
#include <algorithm>

namespace skerry {

void LinePrinter::take(capnp::List<schema::LogLine>::Reader lines) {
  for (auto line : lines) {
    ++count;
    held.push_back({line.getAtMs(), cli.isJson() ? json(line) : forPeople(line)});
  }
  if (follows || held.size() >= LINES_SORTED_MAX) printHeld();
}

// Each instance's lines come in their order, and keep it where times are equal.
void LinePrinter::printHeld() {
  if (!follows) {
    std::stable_sort(held.begin(), held.end(),
                     [](const Line& a, const Line& b) { return a.atMs < b.atMs; });
  }
  std::string printed;
  for (auto& line : held) printed += line.printed;
  held.clear();
  if (!printed.empty()) cli.machine.out(printed);
}

std::string LinePrinter::json(schema::LogLine::Reader line) const {
  return compactJson(PlainValue::object(
             {{"site", PlainValue::of(text(line.getSite()))},
              {"instance", PlainValue::of(text(line.getInstance()))},
              {"at", PlainValue::of(printTime(line.getAtMs()))},
              {"stream", PlainValue::of(line.getIsError() ? "stderr" : "stdout")},
              {"text", PlainValue::of(text(line.getText()))}})) +
         "\n";
}

// On a terminal nothing that an application wrote may act on it.
std::string LinePrinter::forPeople(schema::LogLine::Reader line) const {
  auto content = text(line.getText());
  auto prefix = hasPrefix ? text(line.getSite()) + "/" + text(line.getInstance()) + " " : "";
  return printable(prefix) + (cli.machine.outIsTerminal() ? printable(content) : content) + "\n";
}

LineTaker::~LineTaker() noexcept(false) {
  // Nobody may read standard output any more.
  kj::runCatchingExceptions([this] { printer->printHeld(); });
}

kj::Promise<void> LineTaker::write(WriteContext context) {
  printer->take(context.getParams().getLines());
  return kj::READY_NOW;
}

}  // namespace skerry
