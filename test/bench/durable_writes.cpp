// Changes of single fields of a document, each answered once it is durable, by clients that wait
// for each answer: the document and its store as a site's daemon holds them, on this machine's
// disk.
//
//   bench_durable_writes FOLDER CLIENTS COUNT
//
// Prints `P50_US PER_SECOND`.
#include "shared/async/task.h"
#include "shared/host/real_host.h"
#include "shared/replica/document_store.h"
#include "shared/replica/writer.h"
#include <algorithm>
#include <cstdio>
#include <kj/debug.h>
#include <kj/vector.h>

using namespace skerry;

namespace {

constexpr size_t VALUE_BYTES = 256, KEYS_PER_CLIENT = 32;

double nowUs() {
  auto now = kj::systemPreciseMonotonicClock().now() - kj::origin<kj::TimePoint>();
  return double(now / kj::NANOSECONDS) / 1e3;
}

struct Bench {
  Host& host;
  kj::Own<Store> store;
  Writer writer{*store, [](kj::Exception reason) { kj::throwFatalException(kj::mv(reason)); }};
  kj::Own<Document> document = {};
  std::vector<double> tookUs = {};

  void change(size_t client, size_t number) {
    LocalDraft draft;
    draft.key.object = "app/acme/app" + std::to_string(client);
    draft.key.path = "services.s.environment.V" + std::to_string(number % KEYS_PER_CLIENT);
    draft.value = Bytes(VALUE_BYTES, kj::byte('a' + number % 26));
    draft.author = "local:0";
    auto result = document->write(kj::mv(draft), host.clock.wallMs(), host.entropy.next());
    KJ_REQUIRE(result.done(), result.text.c_str());
    addRows(writer.rows(), document->ids().name, result.rows);
  }

  Task<void> serve(size_t client, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      auto begin = nowUs();
      change(client, i);
      auto durable = writer.durable();
      co_await durable;
      tookUs.push_back(nowUs() - begin);
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  KJ_REQUIRE(argc == 4, "see the head of this file");
  size_t clients = atoi(argv[2]), each = kj::max(1, atoi(argv[3]) / int(clients));
  auto io = kj::setupAsyncIo();
  RealHost machine(io, argv[1]);
  Bench bench{machine.host(), openStore(machine.host(), "bench.db").wait(io.waitScope)};
  DocumentIds ids{"site/bench", DocumentKind::SITE, DocumentEnd::CHILD, 1};
  Batch first;
  bench.document = openDocument(*bench.store, ids, first).wait(io.waitScope);
  bench.writer.rows().append(kj::mv(first));
  bench.writer.durable().wait(io.waitScope);
  auto begin = nowUs();
  kj::Vector<kj::Promise<void>> all;
  for (size_t i = 0; i < clients; ++i) all.add(bench.serve(i, each));
  kj::joinPromises(all.releaseAsArray()).wait(io.waitScope);
  auto tookUs = nowUs() - begin;
  std::sort(bench.tookUs.begin(), bench.tookUs.end());
  printf("%.0f %.0f\n", bench.tookUs[bench.tookUs.size() / 2],
         double(clients * each) / tookUs * 1e6);
}
