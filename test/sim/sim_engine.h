// A container engine of a simulated machine: the Docker Engine API as far as the driver uses it,
// with Podman's habits (500 for everything) and faults on demand. It outlives the machine's daemon;
// after a boot, begin() finds all containers ended.
#pragma once
#include "test/sim/sim_services.h"
#include <kj/compat/http.h>
#include <deque>
#include <map>
#include <set>

namespace skerry {

class SimEngine final : public kj::HttpService, private kj::TaskSet::ErrorHandler {
public:
  struct Box {
    std::string id, name, created;  // `created`: the body of its creation
    std::string status = "created";
    std::string startError;
    int pid = 0, exitCode = 0;
    bool oomKilled = false;
    uint64_t boot = 0;  // of the machine, when it was started
  };
  // Used up one by one, each by the first request whose "METHOD URL" holds `part`.
  struct Fault {
    enum What {
      ANSWER,       // `status` and `body` instead of doing anything
      BREAK_BEFORE, // the connection breaks, nothing is done
      BREAK_AFTER,  // it is done, and the answer is lost
      SILENCE,      // nothing is done and nothing is said
    };
    std::string part;
    What what = ANSWER;
    uint status = 500;
    std::string body;
  };

  // Both outlive it.
  SimEngine(SimHost& host, SimServices& services, kj::StringPtr path);

  void begin();  // listens
  void die();    // all its connections break, nobody listens
  bool isServing() const { return serving != nullptr; }
  // The process ends; the engine knows `learnsAfterMs` later.
  void endProcess(const std::string& name, int exitCode);
  void sendEvent(const std::string& name, const std::string& action);
  Box& box(const std::string& name);

  std::map<std::string, Box> boxes;  // by name
  std::set<std::string> images{"localhost/pos:1"};
  std::deque<Fault> faults;
  std::vector<std::string> requests;  // "METHOD URL"
  std::string log;  // of every container, as sent
  uint64_t learnsAfterMs = 20;
  uint64_t answersAfterMsMax = 0;  // drawn anew for each request

private:
  struct Answer {
    uint status;
    std::string body;
  };
  kj::Promise<void> request(kj::HttpMethod method, kj::StringPtr url,
                            const kj::HttpHeaders& headers, kj::AsyncInputStream& requestBody,
                            Response& response) override;
  kj::Promise<void> handle(std::string line, std::string body, Response& response);
  kj::Promise<void> send(Response& response, Answer answer);
  kj::Promise<void> sendEvents(Response& response);
  Answer perform(const std::string& line, const std::string& body);
  Answer create(const std::string& name, const std::string& body);
  Answer act(Box& box, const std::string& verb);
  std::string inspect(const Box& box) const;
  std::string labels(const Box& box) const;
  Box* find(const std::string& nameOrId);
  void run(Box& box);
  void ended(Box& box, int exitCode);
  void taskFailed(kj::Exception&&) override {}

  SimHost& host;
  SimServices& services;
  SeededEntropy chance;
  kj::String path;
  kj::Own<kj::HttpHeaderTable> headerTable = kj::HttpHeaderTable::Builder().build();
  uint64_t made = 0;
  std::vector<kj::Own<kj::PromiseFulfiller<std::string>>> listeners;
  kj::Maybe<kj::Own<kj::HttpServer>> server;
  kj::TaskSet tasks;
  kj::Maybe<kj::Own<kj::TaskSet>> serving;
};

}  // namespace skerry
