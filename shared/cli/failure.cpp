#include "shared/cli/failure.h"

namespace skerry {
namespace {

PlainValue valueOf(const Failure& failure) {
  auto& problem = failure.problem;
  auto where = PlainValue::object();
  where.set("file", PlainValue::of(problem.file));
  where.set("line", PlainValue::of(int64_t(problem.line)));
  where.set("path", PlainValue::of(problem.path));
  auto value = PlainValue::object();
  value.set("code", PlainValue::of(int64_t(failure.code)));
  value.set("reason", PlainValue::of(problem.reason));
  value.set("message", PlainValue::of(problem.message));
  value.set("where", std::move(where));
  value.set("hint", PlainValue::of(problem.hint));
  value.set("next", PlainValue::of(failure.next));
  return value;
}

}  // namespace

Failure failure(ExitCode code, std::string reason, std::string message, std::string hint,
                std::string next) {
  Failure made;
  made.code = code;
  made.problem.reason = std::move(reason);
  made.problem.message = std::move(message);
  made.problem.hint = std::move(hint);
  made.next = std::move(next);
  return made;
}

Failures failuresOf(const Problems& problems) {
  Failures failures;
  for (auto& problem : problems) failures.push_back({ExitCode::USAGE, problem, ""});
  return failures;
}

std::string printText(const Failures& failures) {
  std::string text;
  for (auto& failure : failures) {
    text += (failure.problem.file.empty() ? "error: " : "") + print(failure.problem) + "\n";
    if (!failure.next.empty()) text += "  try: " + failure.next + "\n";
  }
  return text;
}

std::string printJson(const Failures& failures) {
  auto all = PlainValue::list();
  for (auto& failure : failures) all.items.push_back(valueOf(failure));
  auto object = PlainValue::object();
  object.set("error", failures.empty() ? PlainValue() : all.items[0]);
  object.set("errors", std::move(all));
  return prettyJson(object);
}

}  // namespace skerry
