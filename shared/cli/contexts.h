// The contexts of this user: files in $SKERRY_CONFIG, else in the folder `skerry` of the user's
// configuration. `current` there names the one that is used.
#pragma once
#include "shared/cli/failure.h"
#include "shared/cli/machine.h"
#include "shared/model/context.h"
#include <optional>

namespace skerry {

constexpr const char* CONTEXT_VARIABLE = "SKERRY_CONTEXT";
constexpr const char* CONFIG_VARIABLE = "SKERRY_CONFIG";

class Contexts {
public:
  // `machine` outlives it.
  explicit Contexts(Machine& machine);

  std::vector<std::string> names() const;
  std::string current() const;  // empty: none
  struct Loaded {
    Context context;
    std::optional<Failure> failure;
  };
  Loaded load(const std::string& name) const;
  std::optional<Failure> add(const Context& context) const;
  std::optional<Failure> replace(const Context& context) const;
  std::optional<Failure> use(const std::string& name) const;

private:
  std::optional<Failure> save(const Context& context, Machine::Existing existing) const;
  std::string pathOf(const std::string& name) const;

  Machine& machine;
  std::string folder;  // empty: this user has none
};

// Of a file that is not among those yet.
Contexts::Loaded readContextFile(Machine& machine, const std::string& path);

// The context that a command line means: `--context`, $SKERRY_CONTEXT, the one in use. Nothing: a
// socket is meant.
struct ChosenContext {
  std::optional<Context> context;
  std::optional<Failure> failure;
};
ChosenContext chooseContext(Machine& machine, const std::string& socket, const std::string& name);

}  // namespace skerry
