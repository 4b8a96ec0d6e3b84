// What the halves of a document are made of: entries, hellos and signed versions.
#include "shared/ledger/hello.h"
#include "shared/ledger/local_entry.h"
#include "shared/ledger/order_entry.h"
#include "shared/ledger/version.h"
#include "test/fuzz/fuzz.h"
#include "test/support/authority.h"

namespace skerry {
namespace {

void run(BytesView input) {
  if (auto entry = decodeOrderEntry(input)) {
    auto again = encodeOrderEntry(*entry);
    auto same = decodeOrderEntry(view(again));
    mustHold(same && encodeOrderEntry(*same) == again, "an order is kept as it is");
    mayRefuse([&] {
      auto other = withValue(input, entry->origin, view("other"), entry->blobs);
      auto read = decodeOrderEntry(view(other));
      mustHold(read && read->gen == entry->gen && read->value == copy(view("other")),
               "a value is replaced in an order");
    });
  }
  if (auto entry = decodeLocalEntry(input)) {
    // What means nothing, such as whose clock counts to never, is not kept.
    auto again = encodeLocalEntry(*entry);
    auto same = decodeLocalEntry(view(again));
    mustHold(same && encodeLocalEntry(*same) == again, "a local entry is kept as it is");
  }
  if (auto record = decodeEnded(input)) {
    mustHold(decodeEnded(view(encodeEnded(*record))) == record, "a conflict is kept as it is");
  }
  if (auto hello = decodeHello(input)) {
    mustHold(decodeHello(view(encodeHello(*hello))) == hello, "a hello is kept as it is");
    compare(*hello, *hello);
    compare(*hello, HelloState());
    compare(HelloState(), *hello);
  }
  auto key = signerOf(5)->publicKey();
  FuzzInput rest(input);
  SignedVersion offered{copy(rest.piece()), copy(rest.remaining())};
  openVersion(offered, view(key));
  unpackVersionId(input);
  unpackActor(input);
  unpackDot(input);
  unpackNumber(input);
}

std::vector<Bytes> seeds() {
  auto gen = Gen::from(view(lifeOf(7)));
  OrderEntry order{gen, {3, gen, 5, 6}, copy(view("value")), {sha256(view("blob"))}};
  LocalEntry local;
  local.key = {"acme/pos", gen, "services.web.environment.A", "host:till1"};
  local.dot = {{10, 11}, 12};
  local.kind = LocalKind::OVERRIDE;
  local.value = copy(view("value"));
  local.basis = sha256(view("basis"));
  local.seen = {1, 2, 3};
  local.expires = {"boot", 1'000};
  local.author = "ann";
  local.reason = "because";
  EndedRecord ended{encodeLocalEntry(local), sha256(view("r")), copy(view("\"b\"")), "healthy"};
  HelloState hello{"site/oslo", {1, 2, 3}, sha256(view("root")), {4, 5}, {6, 7}, 262'144, 1, true};
  auto version = signVersion({"site/oslo", {1, 2, 3}, 4, sha256(view("root"))}, *signerOf(5));
  Bytes pieces;
  addPiece(pieces, view(version.body));
  pieces.insert(pieces.end(), version.signature.begin(), version.signature.end());
  return {encodeOrderEntry(order), encodeLocalEntry(local), encodeEnded(ended), encodeHello(hello),
          pieces};
}

FUZZ_TARGET("entries", run, seeds);

}  // namespace
}  // namespace skerry
