#include "shared/async/plainly.h"
#include "shared/cli/connection.h"
#include "shared/cli/item_table.h"
#include "shared/cli/table.h"
#include "shared/cli/verb.h"
#include "shared/crypto/bytes.h"
#include "shared/model/plain_manifest.h"
#include "shared/model/time_text.h"

namespace skerry {
namespace {

std::string printCount(schema::TierStatus::Counts::Reader counts) {
  auto printed = std::to_string(counts.getOnline()) + " online, " +
                 std::to_string(counts.getOffline()) + " offline";
  if (counts.getPending() > 0)
    printed += ", " + std::to_string(counts.getPending()) + " not joined";
  return printed;
}

std::string printLink(schema::LinkView::Reader link, int64_t nowMs) {
  auto printed = printable(text(link.getParent())) + (link.getOnline() ? ", online" : ", offline");
  auto age = ageOf(text(link.getSince()), nowMs);
  if (!age.empty()) printed += " for " + age;
  if (!link.getOnline() && link.getLastError().size() > 0) {
    printed += ": " + printable(plainly(text(link.getLastError())));
  }
  return printed;
}

std::string printStatus(schema::TierStatus::Reader status, const PlainValue& value, int64_t nowMs) {
  std::string printed;
  auto line = [&](std::string name, const std::string& content) {
    constexpr size_t WIDTH = 14;
    name.resize(WIDTH, ' ');
    printed += name + content + "\n";
  };
  line(text(status.getTier()),
       printable(text(status.getName())) + ", version " + printable(text(status.getVersion())));
  if (status.hasUplink()) line("uplink", printLink(status.getUplink(), nowMs));
  auto word = ageOf(text(status.getAuthorityAsOf()), nowMs);
  if (status.hasUplink() && !word.empty()) line("central", "last heard of " + word + " ago");
  if (status.getTier() == "central") line("regions", printCount(status.getRegions()));
  if (status.getTier() != "site") line("sites", printCount(status.getSites()));
  line("applications", std::to_string(status.getApplications()));
  auto instances = printCounts(value.find("instances"));
  line("instances", instances.empty() ? "none" : instances);
  auto lastHour = printCounts(value.find("lastHour"));
  if (!lastHour.empty()) line("last hour", lastHour);
  for (auto finding : status.getFindings()) {
    line(finding.getGood() ? "ok" : "attention", printable(text(finding.getText())));
    if (finding.getNext().size() > 0) line("", "try: " + printable(text(finding.getNext())));
  }
  return printed + "(as of " + printAge(nowMs - status.getAsOfMs()) + " ago)\n";
}

Task<int> status(Cli& cli) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.statusRequest();
  auto sent = request.send();
  auto response = co_await sent;
  auto status = response.getStatus();
  auto value = structValue(capnp::toDynamic(status), Unset::PRINT);
  value.erase("asOfMs");
  if (!status.hasUplink()) {
    value.erase("uplink");
    value.erase("authorityAsOf");
  }
  value.set("asOf", PlainValue::of(printTime(status.getAsOfMs())));
  cli.print(value, printStatus(status, value, cli.machine.wallMs()));
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineStatus(CLI::App&) {
  return [](Cli& cli) { return cli.bounded(status(cli)); };
}

}  // namespace skerry
