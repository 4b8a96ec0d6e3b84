#include "shared/ledger/local_sync.h"
#include "shared/ledger/message.h"
#include <algorithm>

namespace skerry {

namespace {

constexpr size_t SEEN_BYTES = 24, DOT_BYTES = 16, ACTOR_BYTES = 24, ENTRY_OVERHEAD_BYTES = 16,
                 MESSAGE_OVERHEAD_BYTES = 512;

struct PieceDraft {
  std::vector<Dot> seen;
  std::map<Actor, std::vector<std::pair<uint64_t, uint64_t>>> live;
  std::vector<const Bytes*> entries;
  size_t bytes = MESSAGE_OVERHEAD_BYTES;
};

void write(const Dot& seen, schema::Seen::Builder to) {
  to.setHost(seen.actor.host);
  to.setIncarnation(seen.actor.incarnation);
  to.setN(seen.n);
}

// Cuts knowledge into pieces, in no particular order: they are joined together.
class PieceCutter {
public:
  explicit PieceCutter(const Knowledge& from): pieces(1) {
    for (auto& [actor, n]: from.context) room(SEEN_BYTES).seen.push_back({actor, n});
    for (auto& [dot, hash]: from.live) {
      bool isNew = !pieces.back().live.contains(dot.actor);
      room(DOT_BYTES + (isNew ? ACTOR_BYTES : 0)).live[dot.actor].push_back({dot.n, hash});
    }
    for (auto& [dot, entry]: from.carried) {
      room(entry.size() + ENTRY_OVERHEAD_BYTES).entries.push_back(&entry);
    }
  }
  std::vector<PieceDraft> pieces;

private:
  PieceDraft& room(size_t bytes) {
    if (pieces.back().bytes + bytes > PIECE_BYTES_MAX) pieces.emplace_back();
    pieces.back().bytes += bytes;
    return pieces.back();
  }
};

struct PieceOf {
  uint64_t stream, answers;
  size_t index, count;
};

Bytes encodePiece(const PieceDraft& piece, const PieceOf& of) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::LocalMessage>();
  auto to = root.initPiece();
  to.setStream(of.stream);
  to.setAnswers(of.answers);
  to.setIndex(uint32_t(of.index));
  to.setCount(uint32_t(of.count));
  auto seen = to.initSeen(piece.seen.size());
  for (size_t i = 0; i < piece.seen.size(); i++) write(piece.seen[i], seen[i]);
  auto live = to.initLive(piece.live.size());
  size_t place = 0;
  for (auto& [actor, dots]: piece.live) {
    live[place].setHost(actor.host);
    live[place].setIncarnation(actor.incarnation);
    auto list = live[place++].initDots(dots.size());
    for (size_t i = 0; i < dots.size(); i++) {
      list[i].setN(dots[i].first);
      list[i].setHash(dots[i].second);
    }
  }
  auto entries = to.initEntries(piece.entries.size());
  for (size_t i = 0; i < piece.entries.size(); i++) entries.set(i, dataOf(*piece.entries[i]));
  return bytesOf<schema::LocalMessage>(root.asReader());
}

size_t sizeOf(const LocalDelta& delta) {
  size_t bytes = MESSAGE_OVERHEAD_BYTES + delta.removed.size() * SEEN_BYTES +
                 delta.actors.size() * SEEN_BYTES;
  for (auto& [dot, entry]: delta.added) bytes += entry.size() + ENTRY_OVERHEAD_BYTES;
  return bytes;
}

Bytes encodeChange(const LocalDelta& delta, uint64_t stream, uint64_t seq, const Bytes& base) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::LocalMessage>();
  auto to = root.initChange();
  to.setStream(stream);
  to.setSeq(seq);
  auto added = to.initAdded(delta.added.size());
  size_t place = 0;
  for (auto& [dot, entry]: delta.added) added.set(place++, dataOf(entry));
  auto removed = to.initRemoved(delta.removed.size());
  for (size_t i = 0; i < delta.removed.size(); i++) write(delta.removed[i], removed[i]);
  auto actors = to.initActors(delta.actors.size());
  place = 0;
  for (auto& [actor, n]: delta.actors) write(Dot{actor, n}, actors[place++]);
  if (!base.empty()) to.setBase(dataOf(base));
  return bytesOf<schema::LocalMessage>(root.asReader());
}

}  // namespace

Bytes stateOf(const Local& local) {
  Hash context = local.contextHash(), entries = local.localHash();
  Bytes state(32);
  std::copy_n(context.bytes.begin(), 16, state.begin());
  std::copy_n(entries.bytes.begin(), 16, state.begin() + 16);
  return state;
}

LocalSender::LocalSender(const Local& local, uint64_t nonce): local(local), nonce(nonce) {}

std::vector<Bytes> LocalSender::start() {
  isStreaming = false;
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::LocalMessage>();
  root.setOffer();
  std::vector<Bytes> messages;
  messages.push_back(bytesOf<schema::LocalMessage>(root.asReader()));
  return messages;
}

void LocalSender::agree() {
  isStreaming = true;
  stream = ackedStream = nonce + ++streams;
  seq = ackedSeq = 0;
  sentUpTo = local.changeCount();
  base = stateOf(local);
}

std::vector<Bytes> LocalSender::changed() {
  std::vector<Bytes> messages;
  if (!isStreaming || sentUpTo == local.changeCount()) return messages;
  auto delta = local.changesSince(sentUpTo);
  if (!delta || sizeOf(*delta) > PIECE_BYTES_MAX) return start();
  messages.push_back(encodeChange(*delta, stream, ++seq, base));
  base.clear();
  sentUpTo = local.changeCount();
  return messages;
}

std::vector<Bytes> LocalSender::snapshot(const Context& theirs, uint64_t answers) {
  isStreaming = true;
  stream = nonce + ++streams;
  seq = ackedSeq = 0;
  sentUpTo = local.changeCount();
  base.clear();
  auto knowledge = local.knowledgeFor(theirs);
  PieceCutter cutter(knowledge);
  std::vector<Bytes> messages;
  for (size_t i = 0; i < cutter.pieces.size(); i++) {
    PieceOf of{stream, answers, i, cutter.pieces.size()};
    messages.push_back(encodePiece(cutter.pieces[i], of));
  }
  return messages;
}

std::vector<Bytes> LocalSender::onReply(BytesView reply) {
  std::vector<Bytes> messages;
  refused.clear();
  bool isWell = readsWell([&]() {
    Opened<schema::LocalReply> decoded(reply);
    auto from = *decoded;
    switch (from.which()) {
      case schema::LocalReply::WANTS: {
        Context theirs;
        for (auto seen: from.getWants().getSeen()) {
          theirs[{seen.getHost(), seen.getIncarnation()}] = seen.getN();
        }
        messages = snapshot(theirs, from.getWants().getNumber());
        break;
      }
      case schema::LocalReply::JOINED:
        if (from.getJoined().getStream() != stream) break;
        ackedStream = stream;
        ackedSeq = kj::max(ackedSeq, from.getJoined().getSeq());
        break;
      case schema::LocalReply::REFUSED:
        refused = text(from.getRefused().getReason());
        break;
      case schema::LocalReply::STAGED:
      case schema::LocalReply::UNSPECIFIED:
        break;
    }
  });
  if (!isWell) refused = "the answer to a local message was malformed";
  return messages;
}

void LocalSender::absorbed(uint64_t before) {
  if (!isStreaming || sentUpTo != before) return;
  sentUpTo = local.changeCount();
  if (!base.empty()) base = stateOf(local);
}

bool LocalSender::isAcknowledged() const {
  return isStreaming && sentUpTo == local.changeCount() && ackedStream == stream &&
         ackedSeq >= seq;
}

}  // namespace skerry
