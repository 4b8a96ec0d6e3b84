// A person at a daemon's admin.sock, as the client `skerry` is: one connection per question.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/async/task.h"
#include "test/sim/sim_host.h"
#include <capnp/message.h>
#include <string>

namespace skerry {

constexpr uint64_t CONSOLE_PATIENCE_MS = 10'000;

// What came of a question. Unanswered: whether anything changed is unknown.
struct Said {
  bool answered = false;
  std::string problem;  // first refusal, or why there is no answer
  std::string token;    // of createToken
  bool accepted() const { return answered && problem.empty(); }
};

// A copy of an answer to `get`; empty when there was none.
class Items {
public:
  Items() = default;
  explicit Items(schema::Admin::GetResults::Reader from)
      : message(kj::heap<capnp::MallocMessageBuilder>()) {
    message->setRoot(from);
  }
  bool answered() const { return message.get() != nullptr; }
  capnp::List<schema::Item>::Reader list() const {
    return message->getRoot<schema::Admin::GetResults>().asReader().getItems();
  }
  // Null: none of that name.
  kj::Maybe<schema::Item::Reader> find(const std::string& name) const;

private:
  mutable kj::Own<capnp::MallocMessageBuilder> message;
};

class Console {
public:
  // `host` outlives the console, and the console its promises; none takes much longer than
  // CONSOLE_PATIENCE_MS, and none fails.
  explicit Console(SimHost& host) : host(host) {}

  // `yaml`: manifests, as in a file.
  kj::Promise<Said> apply(std::string yaml);
  kj::Promise<Said> remove(std::string kind, std::string tenant, std::string name);
  kj::Promise<Said> createToken(std::string kind, std::string name);
  kj::Promise<Said> block(std::string kind, std::string name, bool isBlocked, std::string reason);
  kj::Promise<Items> get(std::string kind);
  // What `status` has to say besides numbers.
  kj::Promise<std::vector<std::string>> findings();

private:
  class Connection;
  Task<kj::Own<Connection>> connect();
  Task<Said> applyTask(std::string yaml);
  Task<Said> removeTask(std::string kind, std::string tenant, std::string name);
  Task<Said> tokenTask(std::string kind, std::string name);
  Task<Said> blockTask(std::string kind, std::string name, bool isBlocked, std::string reason);
  Task<Items> getTask(std::string kind);
  Task<std::vector<std::string>> findingsTask();

  SimHost& host;
};

}  // namespace skerry
