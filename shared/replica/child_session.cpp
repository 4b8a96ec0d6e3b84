#include "shared/replica/child_session.h"
#include "shared/replica/document_store.h"
#include "shared/replica/read_back.h"
#include <kj/debug.h>

namespace skerry {

ChildSession::ChildSession(Parts parts, uint64_t nonce)
    : parts(parts), link(parts.document, Peer::CHILD, nonce, parts.blobs.source()),
      tasks(kj::heap<kj::TaskSet>(static_cast<kj::TaskSet::ErrorHandler&>(*this))) {}

// A child may have handed us over to ourselves: neither would ever go.
void ChildSession::detach() {
  tasks = nullptr;
  down = nullptr;
}

void ChildSession::requireGreeted() const {
  KJ_REQUIRE(tasks.get() != nullptr && greeted, "hello comes first");
}

kj::Promise<void> ChildSession::ping(PingContext context) {
  context.allowCancellation();
  return kj::READY_NOW;
}

kj::Promise<void> ChildSession::hello(HelloContext context) {
  context.allowCancellation();
  KJ_REQUIRE(tasks.get() != nullptr, "this session has ended");
  auto child = context.getParams().getChild();
  KJ_REQUIRE(child.getProtocol() == 1,
             "this child speaks another protocol; bring both ends to versions that are at most one "
             "apart", child.getProtocol(), child.getVersion());
  parts.hooks.greeted(child);
  auto parent = context.getResults().initParent();
  parent.setProtocol(1);
  parent.setVersion(SKERRY_VERSION);
  auto mine = link.hello();
  bool isSame = child.getKnowsOmission() && child.getDocument() == view(mine);
  if (!isSame) parent.setDocument(view(mine));
  parts.mirror.greeted(child.getStatusEpoch());
  parent.setStatusKnown(child.getStatusEpoch() == parts.mirror.getEpoch() &&
                        Hash::from(child.getStatusDigest()) == parts.mirror.digest());
  parts.hooks.fillHello(child, parent);
  auto step = link.onHello(child.getDocument());
  greeted = true;
  addRows(parts.writer.rows(), parts.document.ids().name, step.rows);
  step.rows.clear();
  if (step.wasRead) parts.hooks.wasRead();
  if (step.mustRead) parts.hooks.mustRead();
  return parts.writer.durable().then([this, step = kj::mv(step)]() mutable {
    perform(kj::mv(step));
  });
}

void ChildSession::startOrders() {
  if (greeted) perform(link.startOrders());
}

void ChildSession::ordersChanged() {
  if (greeted) perform(link.changed());
}

void ChildSession::perform(Step&& step) {
  if (tasks.get() == nullptr) return;
  for (auto& text : step.alarms) parts.hooks.alarm(text);
  if (!step.rows.empty()) addRows(parts.writer.rows(), parts.document.ids().name, step.rows);
  if (step.localChanged) parts.hooks.localChanged();
  if (step.orders.empty() && step.local.empty()) return;
  // Whatever the messages were made of is durable before they leave.
  tasks->add(parts.writer.durable().then([this, step = kj::mv(step)]() mutable {
    for (auto& message : step.orders) sendOrders(kj::mv(message));
    for (auto& message : step.local) sendLocal(kj::mv(message));
  }));
}

void ChildSession::sendOrders(Bytes message) {
  auto request = KJ_ASSERT_NONNULL(down).ordersRequest();
  request.setMessage(view(message));
  tasks->add(request.send().then([this](auto&& answer) {
    perform(link.onOrdersReply(answer.getReply()));
  }));
}

void ChildSession::sendLocal(Bytes message) {
  auto request = KJ_ASSERT_NONNULL(down).localRequest();
  request.setMessage(view(message));
  tasks->add(request.send().then([this](auto&& answer) {
    perform(link.onLocalReply(answer.getReply()));
  }));
}

kj::Promise<void> ChildSession::local(LocalContext context) {
  context.allowCancellation();
  requireGreeted();
  auto step = link.onLocal(context.getParams().getMessage());
  auto reply = kj::mv(step.reply);
  perform(kj::mv(step));
  return parts.writer.durable().then([context, reply = kj::mv(reply)]() mutable {
    if (reply) context.getResults().setReply(view(*reply));
  });
}

kj::Promise<void> ChildSession::status(StatusContext context) {
  context.allowCancellation();
  requireGreeted();
  auto changed = parts.mirror.apply(readBatch(context.getParams().getBatch()));
  if (!changed.empty()) parts.hooks.statusChanged(changed);
  context.getResults().setDigest(parts.mirror.digest().view());
  return kj::READY_NOW;
}

kj::Promise<void> ChildSession::blob(BlobContext context) {
  context.allowCancellation();
  requireGreeted();
  answerBlob(parts.blobs, context.getParams(), context.getResults());
  return kj::READY_NOW;
}

kj::Promise<void> ChildSession::leave(LeaveContext) {
  KJ_REQUIRE(tasks.get() != nullptr, "this session has ended");
  return parts.hooks.left();
}

kj::Promise<void> ChildHooks::eventMark(EventMarkCall) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "no journals are kept here");
}

kj::Promise<void> ChildHooks::events(EventsTold) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "no journals are kept here");
}

kj::Promise<void> ChildSession::eventMark(EventMarkContext context) {
  context.allowCancellation();
  requireGreeted();
  return parts.hooks.eventMark(context);
}

kj::Promise<void> ChildSession::events(EventsContext context) {
  context.allowCancellation();
  requireGreeted();
  return parts.hooks.events(context);
}

// A connection that ends takes what was on its way with it; the next hello makes that good.
void ChildSession::taskFailed(kj::Exception&& exception) {
  if (exception.getType() != kj::Exception::Type::DISCONNECTED) {
    parts.hooks.alarm(text(exception.getDescription()));
  }
}

}  // namespace skerry
