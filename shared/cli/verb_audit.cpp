#include "shared/cli/ago.h"
#include "shared/cli/connection.h"
#include "shared/cli/table.h"
#include "shared/cli/verb.h"
#include "shared/crypto/bytes.h"
#include "shared/model/plain_manifest.h"

namespace skerry {
namespace {

struct Options {
  std::string since, user, kind, name, out;
  bool verify = false;
};

struct Read {
  std::vector<PlainValue> records;  // oldest first
  PlainValue verdict;
  bool whole = true, omitted = false;
  std::string text;
  uint64_t bad = 0;
  Failures failures;
};

// One answer; of an export all of them, page by page.
Task<Read> readLog(Cli& cli, Connection& connection, Options options, int64_t sinceMs) {
  Read read;
  uint64_t before = 0;
  do {
    auto request = connection.admin.auditRequest();
    auto query = request.initQuery();
    query.setSinceMs(sinceMs);
    query.setUser(options.user.c_str());
    query.setKind(options.kind.c_str());
    query.setName(options.name.c_str());
    query.setTenant(cli.options.tenant.c_str());
    query.setVerify(options.verify && before == 0);
    query.setBeforeSeq(before);
    auto sent = request.send();
    auto response = co_await sent;
    read.failures = failuresOf(response.getProblems());
    if (!read.failures.empty()) co_return read;
    std::vector<PlainValue> page;
    for (auto record : response.getRecords()) page.push_back(structValue(record, Unset::OMIT));
    if (options.verify && before == 0) {
      auto verdict = response.getVerdict();
      read.whole = verdict.getWhole();
      read.bad = verdict.getBad();
      read.text = text(verdict.getText());
      read.verdict = structValue(verdict, Unset::PRINT);
    }
    if (response.getRecords().size() > 0) before = response.getRecords()[0].getSeq();
    read.omitted = response.getOmitted();
    read.records.insert(read.records.begin(), page.begin(), page.end());
  } while (read.omitted && !options.out.empty());
  co_return read;
}

std::string field(const PlainValue& record, const char* name) {
  auto* value = record.find(name);
  if (value == nullptr) return "";
  return value->kind == PlainValue::Kind::NUMBER ? std::to_string(value->number) : value->text;
}

std::string tableOf(const std::vector<PlainValue>& records) {
  Table table({"SEQ", "TIME", "WHO", "ACTION", "OBJECT", "OUTCOME", "TEXT"});
  for (auto& record : records) {
    auto tenant = field(record, "tenant"), name = field(record, "name");
    auto object = field(record, "kind");
    if (!name.empty()) object += " " + (tenant.empty() ? "" : tenant + "/") + name;
    table.add({field(record, "seq"), field(record, "time"), field(record, "who"),
               field(record, "action"), object, field(record, "outcome"), field(record, "text")});
  }
  return table.print();
}

Task<int> audit(Cli& cli, Options options) {
  int64_t sinceMs = 0;
  std::optional<Failure> failed;
  readAgo("--since", options.since, cli.machine.wallMs(), sinceMs, failed);
  if (failed) co_return cli.fail(*failed);
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto reading = readLog(cli, *connected.connection, options, sinceMs);
  auto read = co_await reading;
  if (!read.failures.empty()) co_return cli.fail(read.failures);
  if (!options.out.empty()) {
    std::string lines;
    for (auto& record : read.records) lines += compactJson(record) + "\n";
    auto wrong = cli.machine.write(options.out, lines, Machine::Existing::KEEP);
    if (!wrong.empty()) {
      co_return cli.fail(failure(ExitCode::CONFLICT, "file-exists",
                                 "cannot write " + options.out + ": " + wrong,
                                 "name another file with --export FILE"));
    }
    cli.note(std::to_string(read.records.size()) + " records are in " + options.out);
  } else {
    auto value = PlainValue::object({{"items", PlainValue::list(read.records)},
                                     {"omitted", PlainValue::of(read.omitted)}});
    if (options.verify) value.set("verdict", read.verdict);
    cli.print(value, tableOf(read.records));
    if (read.omitted) cli.note("There are older records; narrow them, or see --export FILE");
  }
  if (!options.verify) co_return int(ExitCode::DONE);
  if (read.whole) {
    cli.note("The log is whole: nothing is missing, nothing was changed.");
    co_return int(ExitCode::DONE);
  }
  co_return cli.fail(failure(ExitCode::FAILED, "audit-broken",
                             "the log is not what was written, from record " +
                                 std::to_string(read.bad) + " on: " + read.text,
                             "keep the folder audit as it is and find out who had access to it; "
                             "records before that one are sound"));
}

}  // namespace

Run defineAudit(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("--since", options->since, "a duration ago, or a time in RFC 3339");
  parser.add_option("--user", options->user, "only of this person: kari, acme/kari, local:0");
  parser.add_option("--kind", options->kind, "only about this kind of object");
  parser.add_option("--name", options->name, "only about the object of this name");
  parser.add_flag("--verify", options->verify, "whether any record is missing or was changed");
  parser.add_option("--export", options->out, "write all of it to this file, a JSON per line");
  return [options](Cli& cli) -> kj::Promise<int> { return cli.bounded(audit(cli, *options)); };
}

}  // namespace skerry
