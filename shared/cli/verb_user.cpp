#include "shared/cli/query.h"
#include "shared/crypto/bytes.h"
#include "shared/model/context.h"
#include "shared/pki/identity.h"
#include "shared/pki/pem.h"

namespace skerry {
namespace {

struct Options {
  std::string name, role, region, site, out;
  bool yes = false;
};

enum class Kind { ADD, RESET };

// The grant, and the key that never left us, as a file.
std::string contextOf(schema::UserGrant::Reader grant, EVP_PKEY& key) {
  std::vector<OwnCert> certificates;
  for (auto one : grant.getCertificates()) {
    auto certificate = certificateFromDer(one);
    KJ_REQUIRE(certificate != nullptr, "central answered with what is no certificate");
    certificates.push_back(kj::mv(certificate));
  }
  KJ_REQUIRE(certificates.size() == 2 && keyHash(*certificates[0]) == keyHash(key),
             "central answered with a certificate for another key");
  Context context;
  auto name = text(grant.getName());
  context.name = name.substr(name.find('/') + 1);
  context.server = text(grant.getServer());
  context.pin = keyHash(*certificates[1]).hex();
  context.tenant = text(grant.getTenant());
  context.peer = "central";
  context.certificate = text(view(pemOf(certificates)));
  context.key = text(view(pemOf(key)));
  return printContext(context);
}

Failure notWritten(const std::string& path, const std::string& why) {
  return failure(ExitCode::CONFLICT, "file-exists", "cannot write " + path + ": " + why,
                 "a context is a key, so no file is overwritten; name another with --out FILE");
}

Task<int> letIn(Cli& cli, Options options, Kind kind) {
  // Before anything is changed: somebody else's key is not overwritten, and an old one not lost.
  auto reserved = cli.machine.write(options.out, "", Machine::Existing::KEEP);
  if (!reserved.empty()) co_return cli.fail(notWritten(options.out, reserved));
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) {
    cli.machine.remove(options.out);
    co_return cli.fail(*connected.failure);
  }
  auto key = newKey(cli.machine.entropy());
  auto request = connected.connection->admin.addUserRequest();
  auto user = request.initUser();
  user.setName(options.name.c_str());
  user.setRole(options.role.c_str());
  user.setTenant(cli.options.tenant.c_str());
  user.setRegion(options.region.c_str());
  user.setSite(options.site.c_str());
  user.setRequest(view(makeRequest(*key)));
  user.setReset(kind == Kind::RESET);
  kj::Maybe<kj::Exception> lost;
  Failures failures;
  std::string content, who;
  try {
    auto sent = request.send();
    auto response = co_await sent;
    failures = failuresOf(response.getProblems());
    if (failures.empty()) {
      content = contextOf(response.getGrant(), *key);
      who = text(response.getGrant().getName());
    }
  } catch (kj::Exception& caught) {
    lost = kj::mv(caught);
  }
  if (content.empty()) cli.machine.remove(options.out);
  KJ_IF_MAYBE(reason, lost) co_return cli.fail(failureOf(*reason));
  if (!failures.empty()) co_return cli.fail(failures);
  auto wrong = cli.machine.write(options.out, content, Machine::Existing::REPLACE);
  if (!wrong.empty()) co_return cli.fail(notWritten(options.out, wrong));
  cli.print(PlainValue::object({{"user", PlainValue::of(who)},
                                {"context", PlainValue::of(options.out)}}),
            "user " + who + (kind == Kind::ADD ? " is added" : " has a new key") +
                "; the context is in " + options.out + "\n");
  cli.note("Give the file to nobody else: whoever has it is that person. There: skerry context "
           "add FILE");
  co_return int(ExitCode::DONE);
}

Task<int> removeOne(Cli& cli, Options options) {
  auto declined = cli.confirm("Remove the user `" + options.name + "`?", options.yes);
  if (declined) co_return cli.fail(*declined);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.removeUserRequest();
  request.setName(options.name.c_str());
  request.setTenant(cli.options.tenant.c_str());
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  cli.print(PlainValue::object({{"removed", PlainValue::of(options.name)}}),
            "user " + options.name + " is removed\n");
  co_return int(ExitCode::DONE);
}

Task<int> listKind(Cli& cli, std::string kind) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto asking = ask(cli, *connected.connection, Named{kind, ""}, Narrowing());
  auto asked = co_await asking;
  if (!asked.failures.empty()) co_return cli.fail(asked.failures);
  cli.machine.out(printItems(cli, asked.items, cli.machine.wallMs()));
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineUser(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.require_subcommand(1);
  auto* adding = parser.add_subcommand("add", "let somebody in; -t TENANT where the role needs it");
  adding->add_option("NAME", options->name, "of the person")->required();
  adding->add_option("--role", options->role, "see: skerry role list")->required();
  adding->add_option("--region", options->region, "where region-ops holds");
  adding->add_option("--site", options->site, "where site-installer holds");
  adding->add_option("--out", options->out, "the file that becomes the context")->required();
  auto* resetting = parser.add_subcommand("reset", "a new key; the one before opens nothing");
  resetting->add_option("NAME", options->name, "of the person")->required();
  resetting->add_option("--out", options->out, "the file that becomes the context")->required();
  auto* removing = parser.add_subcommand("remove", "sessions end, at once or when a tier is back");
  removing->add_option("NAME", options->name, "of the person")->required();
  removing->add_flag("--yes", options->yes, "do not ask");
  parser.add_subcommand("list", "people and their roles");
  for (auto* inner : parser.get_subcommands({})) inner->fallthrough();
  return [options, &parser](Cli& cli) -> kj::Promise<int> {
    auto verb = parser.get_subcommands().at(0)->get_name();
    if (verb == "add") return cli.bounded(letIn(cli, *options, Kind::ADD));
    if (verb == "reset") return cli.bounded(letIn(cli, *options, Kind::RESET));
    if (verb == "remove") return cli.bounded(removeOne(cli, *options));
    return cli.bounded(listKind(cli, "user"));
  };
}

Run defineRole(CLI::App& parser) {
  parser.require_subcommand(1);
  parser.add_subcommand("list", "the roles there are, and what each may")->fallthrough();
  return [](Cli& cli) -> kj::Promise<int> { return cli.bounded(listKind(cli, "role")); };
}

}  // namespace skerry
