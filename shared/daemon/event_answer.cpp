#include "shared/daemon/event_answer.h"
#include "shared/async/task.h"
#include "shared/journal/event_wire.h"
#include <algorithm>
#include <kj/debug.h>
#include <deque>

namespace skerry {
namespace {

// What came and was not written yet, for one asker.
class Waiting {
public:
  Waiting(Chronicle& chronicle, std::vector<std::string> names, EventFilter filter,
          EventSearch::Where where)
      : names(std::move(names)), filter(std::move(filter)), where(std::move(where)),
        follower(chronicle, [this](const std::string& name, const std::vector<Event>& events) {
          take(name, events);
        }) {}

  kj::Promise<void> more() {
    if (!held.empty()) return kj::READY_NOW;
    auto pair = kj::newPromiseAndFulfiller<void>();
    wake = kj::mv(pair.fulfiller);
    return kj::mv(pair.promise);
  }
  // Without what was shown already, because it was found before it was told.
  std::vector<Event> next(const std::vector<Event>& shown) {
    std::vector<Event> events;
    while (!held.empty() && events.size() < EVENTS_PER_CALL) {
      bool isShown = std::find(shown.begin(), shown.end(), held.front()) != shown.end();
      if (!isShown) events.push_back(std::move(held.front()));
      held.pop_front();
    }
    return events;
  }

private:
  void take(const std::string& name, const std::vector<Event>& events) {
    if (std::find(names.begin(), names.end(), name) == names.end()) return;
    for (auto event : events) {
      if (!filter.admits(event) || !where(name, event)) continue;
      if (held.size() >= EVENTS_FOLLOWED_MAX) {
        ++lost;
        continue;
      }
      if (lost > 0) held.push_back(lostEvents(lost, &event));
      lost = 0;
      held.push_back(std::move(event));
    }
    if (!held.empty()) wake->fulfill();
  }

  std::vector<std::string> names;
  EventFilter filter;
  EventSearch::Where where;
  std::deque<Event> held;
  uint64_t lost = 0;
  kj::Own<kj::PromiseFulfiller<void>> wake = kj::newPromiseAndFulfiller<void>().fulfiller;
  Chronicle::Follower follower;
};

kj::Promise<void> write(schema::EventSink::Client& sink, const Event* events, size_t count) {
  auto request = sink.writeRequest();
  auto list = request.initEvents(uint(count));
  for (size_t i = 0; i < count; ++i) writeEvent(events[i], list[uint(i)]);
  return request.send();
}

// Parameters are the coroutine's own, except that `chronicle` outlives it.
Task<void> answer(Chronicle& chronicle, std::vector<std::string> names, EventFilter filter,
                  size_t max, bool follows, EventSearch::Where where,
                  schema::EventSink::Client sink) {
  kj::Maybe<kj::Own<Waiting>> waiting;
  if (follows) waiting = kj::heap<Waiting>(chronicle, names, filter, where);
  auto finding = chronicle.find(names, filter, max, where);
  auto found = co_await finding;
  for (size_t i = 0; i < found.size(); i += EVENTS_PER_CALL) {
    auto writing = write(sink, &found[i], std::min(EVENTS_PER_CALL, found.size() - i));
    co_await writing;
  }
  if (!follows) co_return;
  if (found.size() > EVENTS_UNWRITTEN_MAX) {
    found.erase(found.begin(), found.end() - EVENTS_UNWRITTEN_MAX);
  }
  auto& coming = *KJ_ASSERT_NONNULL(waiting);
  while (true) {
    auto more = coming.more();
    co_await more;
    auto events = coming.next(found);
    if (events.empty()) continue;
    auto writing = write(sink, events.data(), events.size());
    co_await writing;
  }
}

class Relay final : public schema::EventSink::Server {
public:
  using Knows = std::function<bool(const std::string&)>;
  Relay(schema::EventSink::Client asker, std::function<bool(Event&)> admit, Knows knows)
      : asker(kj::mv(asker)), admit(std::move(admit)), knows(std::move(knows)) {}

  kj::Promise<void> write(WriteContext context) override {
    std::vector<Event> events;
    for (auto from : context.getParams().getEvents()) {
      auto event = readEvent(from);
      if (admit(event)) events.push_back(std::move(event));
    }
    if (events.empty()) return kj::READY_NOW;
    return skerry::write(asker, events.data(), events.size());
  }
  kj::Promise<void> missing(MissingContext context) override {
    std::vector<std::string> known;
    for (auto who : context.getParams().getWho()) {
      if (knows(text(who))) known.push_back(text(who));
    }
    return sayMissing(asker, known);
  }

private:
  schema::EventSink::Client asker;
  std::function<bool(Event&)> admit;
  Knows knows;
};

}  // namespace

EventFilter filterOf(schema::EventQuery::Reader query, int64_t nowMs) {
  EventFilter filter;
  filter.tenant = text(query.getTenant());
  filter.app = text(query.getApp());
  filter.kind = text(query.getKind());
  filter.withSites = query.getWithSites();
  if (query.getSinceMs() > 0) filter.sinceMs = nowMs - query.getSinceMs();
  if (query.getUntilMs() > 0) filter.untilMs = nowMs - query.getUntilMs();
  return filter;
}

size_t maxOf(schema::EventQuery::Reader query) {
  size_t max = schema::EVENTS_ANSWERED_MAX;
  return query.getTail() == 0 ? max : std::min<size_t>(query.getTail(), max);
}

Refusals badEventQuery(schema::EventQuery::Reader query) {
  auto selector = parseSelector(text(query.getSelector()));
  if (!selector.ok()) return {badSelector(selector.errors[0])};
  return {};
}

kj::Promise<void> answerEvents(Chronicle& chronicle, std::vector<std::string> names,
                               schema::EventQuery::Reader query, int64_t nowMs,
                               EventSearch::Where where, schema::EventSink::Client sink) {
  kj::Promise<void> answering = answer(chronicle, std::move(names), filterOf(query, nowMs),
                                       maxOf(query), query.getFollow(), std::move(where),
                                       kj::mv(sink));
  return chronicle.whileThere(kj::mv(answering));
}

kj::Promise<void> sayMissing(schema::EventSink::Client sink, const std::vector<std::string>& who) {
  if (who.empty()) return kj::READY_NOW;
  auto request = sink.missingRequest();
  auto list = request.initWho(uint(who.size()));
  for (size_t i = 0; i < who.size(); ++i) list.set(uint(i), who[i]);
  return request.send().ignoreResult();
}

schema::EventSink::Client sinkFor(schema::EventSink::Client asker,
                                  std::function<bool(Event&)> admit,
                                  std::function<bool(const std::string&)> knows) {
  return kj::heap<Relay>(kj::mv(asker), std::move(admit), std::move(knows));
}

}  // namespace skerry
