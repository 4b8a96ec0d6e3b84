#include "shared/cli/declare.h"
#include "shared/cli/query.h"
#include "shared/cli/verb.h"

namespace skerry {
namespace {

struct Options {
  std::vector<std::string> words;  // KIND NAME KEY=VALUE ... [KEY-]
};

struct Meant {
  Named named;
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::string> removed;
  std::optional<Failure> failure;
};

// `KIND/NAME` is one word, `KIND NAME` two.
Meant meantBy(const std::vector<std::string>& words) {
  Meant meant;
  size_t names = !words.empty() && words[0].find('/') != std::string::npos ? 1 : 2;
  auto parsed = parseNamedOne({words.begin(), words.begin() + std::min(names, words.size())});
  meant.named = parsed.named;
  meant.failure = parsed.failure;
  for (size_t i = names; i < words.size() && !meant.failure; ++i) {
    auto equals = words[i].find('=');
    if (equals != std::string::npos && equals > 0) {
      meant.set.push_back({words[i].substr(0, equals), words[i].substr(equals + 1)});
    } else if (words[i].size() > 1 && words[i].back() == '-') {
      meant.removed.push_back(words[i].substr(0, words[i].size() - 1));
    } else {
      meant.failure = failure(ExitCode::USAGE, "usage", "`" + words[i] + "` is no label",
                              "write KEY=VALUE to set one, KEY- to take it away");
    }
  }
  if (!meant.failure && meant.set.empty() && meant.removed.empty()) {
    meant.failure = failure(ExitCode::USAGE, "usage", "no label is given",
                            "write KEY=VALUE to set one, KEY- to take it away");
  }
  return meant;
}

Task<int> label(Cli& cli, Options options) {
  auto meant = meantBy(options.words);
  if (meant.failure) co_return cli.fail(*meant.failure);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.labelRequest();
  request.setKind(meant.named.kind.c_str());
  request.setName(meant.named.name.c_str());
  auto set = request.initSet(meant.set.size());
  for (size_t i = 0; i < meant.set.size(); ++i) {
    set[i].setName(meant.set[i].first.c_str());
    set[i].setValue(meant.set[i].second.c_str());
  }
  auto removed = request.initRemove(meant.removed.size());
  for (size_t i = 0; i < meant.removed.size(); ++i) removed.set(i, meant.removed[i].c_str());
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  auto outcomes = copyOutcomes(response.getResults());
  cli.print(PlainValue::object({{"results", valueOf(outcomes)}}), printOutcomes(cli, outcomes, ""));
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineLabel(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("KIND", options->words, "a site: KIND NAME KEY=VALUE ... [KEY-]")->required();
  return [options](Cli& cli) { return cli.bounded(label(cli, *options)); };
}

}  // namespace skerry
