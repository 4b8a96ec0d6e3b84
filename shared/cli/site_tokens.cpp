#include "shared/cli/site_tokens.h"
#include "shared/cli/query.h"
#include "shared/crypto/bytes.h"
#include <set>

namespace skerry {
namespace {

std::string fileOf(const SiteTokens& wanted, const std::string& site) {
  return wanted.folder + "/" + site + ".token";
}

// Before anything is made: a token that is overwritten is lost to who was given the file.
std::optional<Failure> findInTheWay(Cli& cli, const SiteTokens& wanted,
                                    const std::vector<std::string>& sites) {
  auto listed = cli.machine.list(wanted.folder);
  if (!listed) return std::nullopt;
  std::set<std::string> there(listed->begin(), listed->end());
  for (auto& site : sites) {
    if (!there.contains(site + ".token")) continue;
    return failure(ExitCode::CONFLICT, "file-exists",
                   fileOf(wanted, site) + " exists; nothing was made",
                   "remove it, or name another folder with --out DIR");
  }
  return std::nullopt;
}

bool hasJoined(const PlainValue& site) {
  auto status = site.find("status");
  auto joined = status == nullptr ? nullptr : status->find("joined");
  return joined != nullptr && joined->boolean;
}

struct Made {
  std::string token;
  Failures failures;
};

Task<Made> makeOne(Connection& connection, std::string site, int64_t ttlMs) {
  auto request = connection.admin.createTokenRequest();
  auto wanted = request.initRequest();
  wanted.setKind("site");
  wanted.setName(site.c_str());
  wanted.setTtlMs(ttlMs);
  auto sent = request.send();
  auto response = co_await sent;
  co_return Made{text(response.getToken().getToken()), failuresOf(response.getProblems())};
}

}  // namespace

Task<int> createSiteTokens(Cli& cli, SiteTokens wanted) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  Narrowing narrowing;
  narrowing.selector = wanted.selector;
  auto asking = ask(cli, *connected.connection, Named{"site", ""}, narrowing);
  auto asked = co_await asking;
  if (!asked.failures.empty()) co_return cli.fail(asked.failures);
  std::vector<std::string> sites;
  size_t joined = 0;
  for (auto& item : asked.items.values) {
    if (hasJoined(item)) ++joined;
    else sites.push_back(item.find("name")->text);
  }
  auto inTheWay = findInTheWay(cli, wanted, sites);
  if (inTheWay) co_return cli.fail(*inTheWay);
  std::vector<PlainValue> written;
  for (auto& site : sites) {
    auto making = makeOne(*connected.connection, site, wanted.ttlMs);
    auto made = co_await making;
    if (!made.failures.empty()) co_return cli.fail(made.failures);
    auto file = fileOf(wanted, site);
    auto wrong = cli.machine.write(file, made.token + "\n", Machine::Existing::KEEP);
    if (!wrong.empty()) {
      auto said = "cannot write " + file + ": " + wrong;
      auto next = "skerry token revoke " + site;
      co_return cli.fail(failure(ExitCode::FAILED, "unwritten", said, next));
    }
    written.push_back(PlainValue::object({{"site", PlainValue::of(site)},
                                          {"file", PlainValue::of(file)}}));
  }
  auto said = std::to_string(written.size()) + " tokens are in " + wanted.folder + "\n";
  cli.print(PlainValue::list(std::move(written)), said);
  if (joined > 0) {
    cli.note(std::to_string(joined) + " of the sites joined before, and get none.");
  }
  if (!sites.empty()) cli.note("On each machine: skerry-site join @SITE.token");
  co_return int(ExitCode::DONE);
}

}  // namespace skerry
