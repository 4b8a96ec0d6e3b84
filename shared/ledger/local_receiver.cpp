#include "shared/ledger/local_sync.h"
#include "shared/ledger/message.h"

namespace skerry {

struct LocalReceiver::In {
  schema::LocalMessage::Reader message;
};

namespace {

template <typename Fill>
Bytes replyWith(Fill&& fill) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::LocalReply>();
  fill(to);
  return bytesOf<schema::LocalReply>(to.asReader());
}

Context readContext(capnp::List<schema::Seen>::Reader from) {
  Context context;
  for (auto seen: from) context[{seen.getHost(), seen.getIncarnation()}] = seen.getN();
  return context;
}

// The dot that an encoded entry says it has; the join checks the rest.
Dot dotOf(BytesView encoded) {
  Opened<schema::LocalEntry> decoded(encoded);
  return read((*decoded).getDot());
}

void addPiece(BytesView encoded, Knowledge& to) {
  Opened<schema::LocalMessage> decoded(encoded);
  auto piece = (*decoded).getPiece();
  to.context.merge(readContext(piece.getSeen()));
  for (auto actor: piece.getLive()) {
    for (auto dot: actor.getDots()) {
      to.live[{{actor.getHost(), actor.getIncarnation()}, dot.getN()}] = dot.getHash();
    }
  }
  for (auto entry: piece.getEntries()) to.carried[dotOf(entry)] = copy(entry);
}

}  // namespace

Bytes refuseLocal(const std::string& reason) {
  return replyWith([&](auto to) { to.initRefused().setReason(textOf(reason)); });
}

LocalReceiver::LocalReceiver(Local& local, uint64_t nonce): local(local), asked(nonce) {}

void LocalReceiver::want(Received& out) {
  hasAsked = true;
  asked++;
  out.reply = replyWith([&](auto to) {
    to.initWants().setNumber(asked);
    auto list = to.getWants().initSeen(local.context().size());
    size_t place = 0;
    for (auto& [actor, n]: local.context()) {
      list[place].setHost(actor.host);
      list[place].setIncarnation(actor.incarnation);
      list[place++].setN(n);
    }
  });
}

void LocalReceiver::acknowledge(Received& out) const {
  out.reply = replyWith([&](auto to) {
    auto joined = to.initJoined();
    joined.setStream(stream);
    joined.setSeq(seq);
  });
}

LocalReceiver::Received LocalReceiver::receive(BytesView message) {
  Received out;
  bool isWell = readsWell([&]() {
    Opened<schema::LocalMessage> decoded(message);
    In in{*decoded};
    switch (in.message.which()) {
      case schema::LocalMessage::OFFER: want(out); break;
      case schema::LocalMessage::PIECE: onPiece(in, message, out); break;
      case schema::LocalMessage::CHANGE: onChange(in, out); break;
      default:
        out.refused = "this version does not know this kind of local message";
        break;
    }
  });
  if (!isWell) {
    staging = std::nullopt;
    out.refused = "the local message is malformed";
  }
  if (!out.refused.empty()) out.reply = refuseLocal(out.refused);
  return out;
}

void LocalReceiver::onPiece(const In& in, BytesView message, Received& out) {
  auto piece = in.message.getPiece();
  if (piece.getStream() == stream) return acknowledge(out);
  if (piece.getCount() > SNAPSHOT_PIECES_MAX || piece.getIndex() >= piece.getCount()) {
    out.refused = "a snapshot has at most " + std::to_string(SNAPSHOT_PIECES_MAX) + " pieces";
    return;
  }
  if (!staging || staging->stream != piece.getStream() || staging->count != piece.getCount()) {
    staging = Staging{piece.getStream(), piece.getCount(), piece.getAnswers(), 0, {}};
  }
  auto [place, isNew] = staging->pieces.try_emplace(piece.getIndex(), copy(message));
  staging->bytes += isNew ? message.size() : 0;
  size_t bytesMax = 2 * LOCAL_JOIN_FACTOR * local.usage().bytesMax;
  if (staging->bytes > bytesMax) {
    staging = std::nullopt;
    out.refused = "the snapshot exceeds " + std::to_string(bytesMax) + " bytes";
    return;
  }
  if (staging->pieces.size() == staging->count) joinStaged(out);
  else out.reply = replyWith([](auto to) { to.setStaged(); });
}

void LocalReceiver::joinStaged(Received& out) {
  auto arrived = kj::mv(*staging);
  staging = std::nullopt;
  Knowledge theirs;
  for (auto& [index, piece]: arrived.pieces) addPiece(view(piece), theirs);
  auto joined = local.join(theirs);
  if (joined.isForAnotherContext && ++refusedInARow < SNAPSHOT_ATTEMPTS_MAX) return want(out);
  out.isFilled = joined.refused.empty() && hasAsked && arrived.answers == asked;
  take(kj::mv(joined), arrived.stream, 0, out);
}

void LocalReceiver::take(Joined&& joined, uint64_t ofStream, uint64_t ofSeq, Received& out) {
  out.forks = kj::mv(joined.forks);
  out.refused = kj::mv(joined.refused);
  if (!out.refused.empty()) return;
  refusedInARow = 0;
  stream = ofStream;
  seq = ofSeq;
  out.rows = kj::mv(joined.rows);
  out.added = kj::mv(joined.added);
  out.removed = kj::mv(joined.removed);
  out.claimed = joined.claimed;
  acknowledge(out);
}

void LocalReceiver::onChange(const In& in, Received& out) {
  auto change = in.message.getChange();
  bool isOurs = change.getStream() == stream;
  if (isOurs && change.getSeq() <= seq) return acknowledge(out);
  bool isNext = isOurs && change.getSeq() == seq + 1;
  bool isFirst = change.getSeq() == 1 && copy(change.getBase()) == stateOf(local);
  if (!isNext && !isFirst) return want(out);
  LocalDelta delta;
  for (auto entry: change.getAdded()) delta.added[dotOf(entry)] = copy(entry);
  for (auto dot: change.getRemoved()) delta.removed.push_back(read(dot));
  delta.actors = readContext(change.getActors());
  take(local.joinDelta(delta), change.getStream(), change.getSeq(), out);
}

}  // namespace skerry
