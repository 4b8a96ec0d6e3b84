#include "shared/cli/kind.h"
#include "shared/model/field_rules.h"
#include <array>

namespace skerry {
namespace {

struct Kind {
  const char* singular;
  const char* plural;
  std::array<const char*, 2> shorts;
};
constexpr std::array<Kind, 10> KINDS{{{"tenant", "tenants", {"", ""}},
                                     {"region", "regions", {"", ""}},
                                     {"site", "sites", {"", ""}},
                                     {"host", "hosts", {"", ""}},
                                     {"application", "applications", {"app", "apps"}},
                                     {"instance", "instances", {"inst", ""}},
                                     {"token", "tokens", {"", ""}},
                                     {"pending", "pending", {"", ""}},
                                     {"user", "users", {"", ""}},
                                     {"role", "roles", {"", ""}}}};

constexpr std::array<const char*, 16> LATER{
    "job",    "jobs",     "rollout", "rollouts", "ro",
    "secret", "secrets",  "sec",   "policies", "policy",    "alerts",  "events",  "overrides", "ov",
    "conflicts", "settings"};

std::optional<std::string> singularOf(const std::string& word) {
  for (auto& kind : KINDS) {
    bool isShort = !word.empty() && (word == kind.shorts[0] || word == kind.shorts[1]);
    if (isShort || word == kind.singular || word == kind.plural) return kind.singular;
  }
  return std::nullopt;
}

Failure unknownKind(const std::string& word) {
  for (auto* later : LATER) {
    if (word == later) {
      return failure(ExitCode::USAGE, "not-supported-yet", "`" + word + "` is not supported yet");
    }
  }
  std::vector<std::string> candidates;
  std::string kinds;
  for (auto& kind : KINDS) {
    candidates.insert(candidates.end(), {kind.singular, kind.plural});
    kinds += (kinds.empty() ? "" : ", ") + std::string(kind.plural);
  }
  auto meant = nearest(word, candidates);
  return failure(ExitCode::USAGE, "unknown-kind", "there is no kind `" + word + "`",
                 meant.empty() ? "the kinds are " + kinds : "did you mean `" + meant + "`?");
}

}  // namespace

ParsedNamed parseNamed(const std::vector<std::string>& words) {
  ParsedNamed parsed;
  auto word = words.empty() ? std::string() : words[0];
  if (word.empty()) {
    parsed.failure = failure(ExitCode::USAGE, "usage", "a KIND and a NAME are missing",
                             "write `KIND NAME` or `KIND/NAME`");
    return parsed;
  }
  auto slash = word.find('/');
  if (slash != std::string::npos) {
    parsed.named.name = word.substr(slash + 1);
    word.resize(slash);
  }
  if (words.size() > 1) {
    if (words.size() > 2 || slash != std::string::npos) {
      parsed.failure = failure(ExitCode::USAGE, "usage", "one KIND and one NAME at a time",
                               "write `KIND NAME` or `KIND/NAME`");
      return parsed;
    }
    parsed.named.name = words[1];
  }
  auto kind = singularOf(word);
  if (kind) parsed.named.kind = *kind;
  else parsed.failure = unknownKind(word);
  return parsed;
}

ParsedNamed parseNamedOne(const std::vector<std::string>& words) {
  auto parsed = parseNamed(words);
  if (!parsed.failure && parsed.named.name.empty()) {
    parsed.failure =
        failure(ExitCode::USAGE, "usage", "which " + parsed.named.kind + "? a NAME is missing", "",
                "skerry get " + pluralOf(parsed.named.kind));
  }
  return parsed;
}

std::string pluralOf(const std::string& kind) {
  for (auto& known : KINDS) {
    if (kind == known.singular) return known.plural;
  }
  return kind;
}

std::string titleOf(const std::string& kind) { return kindOfField(kind); }

}  // namespace skerry
