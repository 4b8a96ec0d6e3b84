// How long an application takes from the client's call to its running service, through central's
// admin.sock. One application at a time, deleted again before the next.
//
//   bench_apply_latency SOCKET TENANT COUNT process FOLDER STAMP
//   bench_apply_latency SOCKET TENANT COUNT container IMAGE
//
// Prints a line per application, in milliseconds after the call: when central answered, when the
// service began by its own stamp (0 for a container), when `get instances` showed it running.
#include "capnp/admin.capnp.h"
#include <capnp/rpc-twoparty.h>
#include <cstdio>
#include <ctime>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <string>
#include <unistd.h>

using namespace skerry;

namespace {

constexpr int SETTLE_MS = 20;  // between one application and the next
constexpr int GIVE_UP_MS = 60'000;

int64_t nowNs() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

double msAfter(int64_t begin, int64_t end) { return double(end - begin) / 1e6; }

struct What {
  kj::StringPtr tenant, kind, place, program;
  std::string fileOf(const std::string& app) const { return std::string(place.cStr()) + "/" + app; }
};

class Bench {
public:
  Bench(kj::AsyncIoContext& io, kj::StringPtr socket, What what)
      : io(io), what(what),
        stream(io.provider->getNetwork().parseAddress(kj::str("unix:", socket)).wait(io.waitScope)
                   ->connect().wait(io.waitScope)),
        client(*stream), admin(client.bootstrap().castAs<schema::Admin>()) {}

  void once(const std::string& app) {
    auto request = admin.applyRequest();
    fill(request.initManifests(1)[0].initApplication(), app);
    auto begin = nowNs();
    auto applied = request.send().wait(io.waitScope);
    KJ_REQUIRE(applied.getProblems().size() == 0, applied);
    auto answered = nowNs();
    awaitInstances(app, true);
    auto shown = nowNs();
    auto began = what.kind == "process"_kj ? stampOf(app) : begin;
    printf("%.3f %.3f %.3f\n", msAfter(begin, answered), msAfter(begin, began),
           msAfter(begin, shown));
    fflush(stdout);
    end(app);
  }

private:
  void fill(schema::Application::Builder to, const std::string& app) {
    to.setName(app);
    to.setTenant(what.tenant);
    auto service = to.initServices(1)[0];
    service.setName("s");
    if (what.kind == "process"_kj) {
      auto command = service.initCommand(2);
      command.set(0, what.program);
      command.set(1, what.fileOf(app));
      service.initSkerry().setKind("process");
    } else {
      service.setImage(what.place);
      // One that ends when it is told to, so that the next need not wait for its grace.
      auto command = service.initCommand(3);
      command.set(0, "/bin/sh");
      command.set(1, "-c");
      command.set(2, "trap exit TERM; while :; do sleep 100 & wait; done");
    }
  }

  // Until the application's only instance runs, or until it has none.
  void awaitInstances(const std::string& app, bool isWanted) {
    auto begin = nowNs();
    for (;;) {
      auto asking = admin.getRequest();
      asking.initQuery().setKind("instance");
      asking.getQuery().setApp(app);
      auto items = asking.send().wait(io.waitScope);
      bool isThere = items.getItems().size() > 0;
      if (!isWanted && !isThere) return;
      if (isWanted && isThere &&
          items.getItems()[0].getStatus().getInstance().getState() == "running") return;
      KJ_REQUIRE(msAfter(begin, nowNs()) < GIVE_UP_MS, "it takes too long", app, isWanted, items);
      auto changing = admin.changedRequest();
      changing.setSince(version);
      version = changing.send().wait(io.waitScope).getVersion();
    }
  }

  int64_t stampOf(const std::string& app) {
    auto path = what.fileOf(app);
    auto begin = nowNs();
    for (FILE* file = nullptr;; io.provider->getTimer().afterDelay(1 * kj::MILLISECONDS)
                                    .wait(io.waitScope)) {
      if ((file = fopen(path.c_str(), "r")) == nullptr) {
        KJ_REQUIRE(msAfter(begin, nowNs()) < GIVE_UP_MS, "the service left no stamp", path);
        continue;
      }
      long long stamp = 0;
      KJ_REQUIRE(fscanf(file, "%lld", &stamp) == 1, path);
      fclose(file);
      unlink(path.c_str());
      return stamp;
    }
  }

  void end(const std::string& app) {
    auto request = admin.deleteRequest();
    auto query = request.initQuery();
    query.setKind("application");
    query.setTenant(what.tenant);
    query.setName(app);
    auto deleted = request.send().wait(io.waitScope);
    KJ_REQUIRE(deleted.getProblems().size() == 0, deleted);
    awaitInstances(app, false);
    io.provider->getTimer().afterDelay(SETTLE_MS * kj::MILLISECONDS).wait(io.waitScope);
  }

  kj::AsyncIoContext& io;
  What what;
  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyClient client;
  schema::Admin::Client admin;
  uint64_t version = 0;
};

}  // namespace

int main(int argc, char** argv) {
  KJ_REQUIRE(argc == 6 || argc == 7, "see the head of this file");
  auto io = kj::setupAsyncIo();
  Bench bench(io, argv[1], What{argv[2], argv[4], argv[5], argc > 6 ? argv[6] : ""});
  for (int i = 0, count = atoi(argv[3]); i < count; ++i) bench.once("bench" + std::to_string(i));
}
