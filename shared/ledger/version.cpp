#include "shared/ledger/version.h"
#include "shared/ledger/message.h"

namespace skerry {

constexpr std::string_view SIGNED_AS = "orders";

SignedVersion signVersion(const Version& version, const Signer& signer) {
  capnp::MallocMessageBuilder message(SMALL_MESSAGE_WORDS);
  auto to = message.initRoot<schema::Version>();
  to.setDocument(textOf(version.document));
  write(version.id, to.initId());
  to.setTimeMs(version.timeMs);
  to.setRoot(dataOf(version.root));
  SignedVersion made;
  made.body = bytesOf<schema::Version>(to.asReader());
  made.signature = signer.sign(SIGNED_AS, view(made.body));
  return made;
}

std::optional<Version> openVersion(const SignedVersion& version, BytesView documentKey) {
  if (!verify(documentKey, SIGNED_AS, view(version.body), view(version.signature))) {
    return std::nullopt;
  }
  Version opened;
  bool isWell = readsWell([&]() {
    Opened<schema::Version> decoded(view(version.body));
    auto from = *decoded;
    opened.document = text(from.getDocument());
    opened.id = read(from.getId());
    opened.timeMs = from.getTimeMs();
    opened.root = Hash::from(from.getRoot());
  });
  if (!isWell || opened.id.isNone()) return std::nullopt;
  return opened;
}

}  // namespace skerry
