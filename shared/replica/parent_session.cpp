#include "shared/replica/parent_session.h"
#include "shared/replica/document_store.h"
#include "shared/replica/read_back.h"
#include <kj/debug.h>

namespace skerry {

ParentSession::ParentSession(Parts parts, uint64_t nonce)
    : parts(parts), link(parts.document, Peer::PARENT, nonce, parts.blobs.source()),
      tasks(kj::heap<kj::TaskSet>(static_cast<kj::TaskSet::ErrorHandler&>(*this))) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  greeting = kj::mv(pair.fulfiller);
  whenGreeted = pair.promise.fork();
}

// A parent may have handed us over to ourselves: neither would ever go.
void ParentSession::detach() {
  tasks = nullptr;
  up = nullptr;
}

kj::Promise<void> ParentSession::greet(schema::Uplink::Client uplink) {
  auto request = uplink.helloRequest();
  up = kj::mv(uplink);
  auto child = request.initChild();
  child.setProtocol(1);
  child.setVersion(SKERRY_VERSION);
  auto mine = link.hello();
  child.setDocument(view(mine));
  child.setStatusEpoch(parts.registers.getEpoch());
  child.setStatusDigest(parts.registers.digest().view());
  child.setDownlink(thisCap());
  child.setKnowsOmission(true);
  parts.hooks.fillHello(child);
  auto offered = parts.registers.newest();
  return request.send().then([this, offered, mine = kj::mv(mine)](auto&& answer) {
    KJ_REQUIRE(tasks.get() != nullptr, "this session has ended");
    auto parent = answer.getParent();
    KJ_REQUIRE(parent.getProtocol() == 1, "the parent speaks another protocol",
               parent.getProtocol(), parent.getVersion());
    parts.hooks.greeted(parent);
    greeted = true;
    greeting->fulfill();
    statusKnown = parent.getStatusKnown();
    if (statusKnown) statusSent = offered;
    perform(link.onHello(parent.hasDocument() ? parent.getDocument() : view(mine)));
    statusChanged();
    return parts.writer.durable();
  });
}

void ParentSession::localChanged() {
  if (greeted) perform(link.changed());
}

void ParentSession::perform(Step&& step) {
  if (tasks.get() == nullptr) return;
  for (auto& text : step.alarms) parts.hooks.alarm(text);
  auto& name = parts.document.ids().name;
  if (!step.rows.empty()) addRows(parts.writer.rows(), name, step.rows);
  for (auto& blob : step.blobs) {
    if (parts.blobs.put(blob.hash, kj::mv(blob.content), parts.writer.rows())) {
      parts.hooks.blobArrived(blob.hash);
    }
  }
  // A local half that came back may change what the same orders come to.
  if (!step.changedOrders.empty() || step.localChanged) {
    parts.hooks.ordersChanged(step.changedOrders);
  }
  if (step.local.empty()) return;
  tasks->add(parts.writer.durable().then([this, messages = kj::mv(step.local)]() mutable {
    for (auto& message : messages) sendLocal(kj::mv(message));
  }));
}

void ParentSession::sendLocal(Bytes message) {
  auto request = KJ_ASSERT_NONNULL(up).localRequest();
  request.setMessage(view(message));
  tasks->add(request.send().then([this](auto&& answer) {
    perform(link.onLocalReply(answer.getReply()));
  }));
}

// One batch at a time, so that a slow link carries the newest values and not every one in between.
void ParentSession::statusChanged() {
  if (!greeted || pumping || tasks.get() == nullptr) return;
  pumping = true;
  statusDisagreements = 0;
  tasks->add(pumpStatus());
}

kj::Promise<void> ParentSession::pumpStatus() {
  if (statusKnown && statusSent == parts.registers.newest()) {
    pumping = false;
    return kj::READY_NOW;
  }
  auto batch = parts.registers.since(statusSent);
  auto request = KJ_ASSERT_NONNULL(up).statusRequest();
  writeBatch(batch, request.initBatch());
  return request.send().then([this, upTo = batch.upTo, digest = batch.digest,
                              last = batch.upTo == parts.registers.newest()](auto&& answer)
                             -> kj::Promise<void> {
    statusKnown = !last || Hash::from(answer.getDigest()) == digest;
    statusSent = statusKnown ? upTo : 0;
    if (!statusKnown && ++statusDisagreements == STATUS_ATTEMPTS_MAX) {
      parts.hooks.alarm("the parent does not hold the status that it was sent");
      pumping = false;
      return kj::READY_NOW;
    }
    return pumpStatus();
  });
}

void ParentSession::fetch(const Hash& hash) {
  if (!greeted || tasks.get() == nullptr || parts.blobs.has(hash)) return;
  if (!parts.document.orders().refersTo(hash) || !wanted.insert(hash).second) return;
  queued.push_back(hash);
  startFetches();
}

void ParentSession::startFetches() {
  while (fetching < BLOB_FETCHES_MAX && !queued.empty()) {
    auto hash = queued.front();
    queued.pop_front();
    ++fetching;
    tasks->add(fetchFrom(hash, {}).catch_([this](kj::Exception&& reason) {
      taskFailed(kj::mv(reason));
    }).then([this, hash]() -> kj::Promise<void> {
      --fetching;
      startFetches();
      if (parts.blobs.has(hash)) {
        wanted.erase(hash);
        return kj::READY_NOW;
      }
      return parts.timer.afterDelay(BLOB_RETRY).then([this, hash] {
        wanted.erase(hash);
        fetch(hash);
      });
    }));
  }
}

kj::Promise<void> ParentSession::fetchFrom(Hash hash, Bytes got) {
  auto request = KJ_ASSERT_NONNULL(up).blobRequest();
  request.setHash(hash.view());
  request.setOffset(got.size());
  return request.send().then([this, hash, got = kj::mv(got)](auto&& answer) mutable
                             -> kj::Promise<void> {
    auto data = answer.getData();
    if (answer.getSize() > BLOB_BYTES_MAX || data.size() == 0) return kj::READY_NOW;
    got.insert(got.end(), data.begin(), data.end());
    if (got.size() < answer.getSize()) return fetchFrom(hash, kj::mv(got));
    if (parts.blobs.put(hash, kj::mv(got), parts.writer.rows())) {
      parts.hooks.blobArrived(hash);
    } else {
      parts.hooks.alarm("the parent's blob " + hash.hex().substr(0, 12) + " has another content");
    }
    return kj::READY_NOW;
  });
}

kj::Promise<void> ParentSession::ping(PingContext context) {
  context.allowCancellation();
  return kj::READY_NOW;
}

// Calls may overtake the answer to our hello: until that is there nobody is believed.
kj::Promise<void> ParentSession::orders(OrdersContext context) {
  context.allowCancellation();
  return whenGreeted.addBranch().then([this, context]() mutable {
    KJ_REQUIRE(tasks.get() != nullptr, "this session has ended");
    return answer(link.onOrders(context.getParams().getMessage()));
  }).then([context](kj::Maybe<Bytes>&& reply) mutable {
    KJ_IF_MAYBE(bytes, reply) context.getResults().setReply(view(*bytes));
  });
}

kj::Promise<void> ParentSession::local(LocalContext context) {
  context.allowCancellation();
  return whenGreeted.addBranch().then([this, context]() mutable {
    KJ_REQUIRE(tasks.get() != nullptr, "this session has ended");
    return answer(link.onLocal(context.getParams().getMessage()));
  }).then([context](kj::Maybe<Bytes>&& reply) mutable {
    KJ_IF_MAYBE(bytes, reply) context.getResults().setReply(view(*bytes));
  });
}

// The reply to what was just handed in, once everything before it is durable.
kj::Promise<kj::Maybe<Bytes>> ParentSession::answer(Step&& step) {
  kj::Maybe<Bytes> reply;
  if (step.reply) reply = kj::mv(*step.reply);
  perform(kj::mv(step));
  return parts.writer.durable().then([reply = kj::mv(reply)]() mutable { return kj::mv(reply); });
}

kj::Promise<void> ParentSession::logs(LogsContext context) {
  context.allowCancellation();
  auto params = context.getParams();
  return parts.hooks.logs(params.getQuery(), params.getSink())
      .then([context](kj::Array<kj::String>&& missing) mutable {
    auto list = context.getResults().initMissing(missing.size());
    for (size_t i = 0; i < missing.size(); ++i) list.set(i, missing[i]);
  });
}

kj::Promise<void> ParentHooks::usage(UsageCall) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "nothing is measured here");
}

kj::Promise<void> ParentSession::usage(UsageContext context) {
  return parts.hooks.usage(kj::mv(context));
}

kj::Promise<void> ParentHooks::events(EventsCall) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "what happens here is told to the tier above as it happens");
}

kj::Promise<void> ParentSession::events(EventsContext context) {
  context.allowCancellation();
  return parts.hooks.events(kj::mv(context));
}

// What is told is on disk: a parent that lost its memory must not learn what we lose ours of.
kj::Promise<void> ParentSession::readBack(ReadBackContext context) {
  context.allowCancellation();
  return whenGreeted.addBranch().then([this] {
    KJ_REQUIRE(tasks.get() != nullptr, "this session has ended");
    return parts.writer.durable();
  }).then([this, context]() mutable {
    KJ_REQUIRE(tasks.get() != nullptr, "this session has ended");
    auto messages = showOrders(parts.document.orders(), context.getParams().getReply());
    auto list = context.getResults().initMessages(messages.size());
    for (size_t i = 0; i < messages.size(); ++i) list.set(i, view(messages[i]));
  });
}

kj::Promise<void> ParentSession::blob(BlobContext context) {
  context.allowCancellation();
  KJ_REQUIRE(greeted && tasks.get() != nullptr, "hello comes first");
  answerBlob(parts.blobs, context.getParams(), context.getResults());
  return kj::READY_NOW;
}

void ParentSession::taskFailed(kj::Exception&& exception) {
  if (exception.getType() != kj::Exception::Type::DISCONNECTED) {
    parts.hooks.alarm(text(exception.getDescription()));
  }
}

}  // namespace skerry
