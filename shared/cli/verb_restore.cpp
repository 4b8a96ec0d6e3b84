// `restore status|confirm`: what a tier that was restored from a backup still waits for.
#include "shared/cli/connection.h"
#include "shared/cli/table.h"
#include "shared/cli/verb.h"
#include "shared/crypto/bytes.h"

namespace skerry {
namespace {

PlainValue valueOf(schema::RestoreView::Reader view) {
  std::vector<PlainValue> children, findings;
  for (auto child : view.getChildren()) {
    children.push_back(PlainValue::object({{"name", PlainValue::of(text(child.getName()))},
                                     {"state", PlainValue::of(text(child.getState()))},
                                     {"online", PlainValue::of(child.getOnline())}}));
  }
  for (auto finding : view.getFindings()) {
    findings.push_back(PlainValue::object({{"child", PlainValue::of(text(finding.getChild()))},
                                     {"key", PlainValue::of(text(finding.getKey()))},
                                     {"outcome", PlainValue::of(text(finding.getOutcome()))}}));
  }
  return PlainValue::object({{"restored", PlainValue::of(text(view.getRestored()))},
                             {"backup", PlainValue::of(text(view.getBackup()))},
                             {"ready", PlainValue::of(view.getIsReady())},
                             {"children", PlainValue::list(std::move(children))},
                             {"findings", PlainValue::list(std::move(findings))}});
}

std::string forPeople(schema::RestoreView::Reader view) {
  if (view.getRestored().size() == 0) return "never restored from a backup\n";
  std::string all = "restored " + text(view.getRestored()) + " from a backup of " +
                    text(view.getBackup()) + "\n" +
                    (view.getIsReady() ? "nothing is waited for\n"
                                       : "waiting to hear what is wanted and what runs\n");
  Table children({"CHILD", "STATE", "ONLINE"});
  for (auto child : view.getChildren()) {
    children.add({text(child.getName()), text(child.getState()), child.getOnline() ? "yes" : "no"});
  }
  if (view.getChildren().size() > 0) all += "\n" + children.print();
  Table findings({"CHILD", "KEY", "OUTCOME"});
  for (auto finding : view.getFindings()) {
    findings.add({text(finding.getChild()), text(finding.getKey()), text(finding.getOutcome())});
  }
  if (view.getFindings().size() > 0) all += "\n" + findings.print();
  return all;
}

Task<int> status(Cli& cli) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto sent = connected.connection->admin.restoreStatusRequest().send();
  auto response = co_await sent;
  cli.print(valueOf(response.getView()), forPeople(response.getView()));
  co_return int(ExitCode::DONE);
}

Task<int> confirm(Cli& cli, std::string without) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.restoreConfirmRequest();
  request.setWithout(without.c_str());
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  auto value = PlainValue::object({{"without", PlainValue::of(without)}});
  cli.print(value, without + " is not waited for; what it holds is read when it comes\n");
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineRestore(CLI::App& parser) {
  auto without = std::make_shared<std::string>();
  parser.require_subcommand(1);
  auto* show = parser.add_subcommand("status", "what it waits for, and what it found");
  auto* accept = parser.add_subcommand("confirm", "do not wait for a region that is lost");
  for (auto* verb : {show, accept}) verb->fallthrough();
  accept->add_option("--without", *without, "the region's name")->required();
  return [show, without](Cli& cli) -> kj::Promise<int> {
    if (show->parsed()) return cli.bounded(status(cli));
    return cli.bounded(confirm(cli, *without));
  };
}

}  // namespace skerry
