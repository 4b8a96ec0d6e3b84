// Answering who asks what happened: from the journals of this tier, and through it from those of
// the tier below.
#pragma once
#include "capnp/journal.capnp.h"
#include "shared/daemon/problems.h"
#include "shared/journal/chronicle.h"

namespace skerry {

EventFilter filterOf(schema::EventQuery::Reader query, int64_t nowMs);
// How many events the query is answered with at most.
size_t maxOf(schema::EventQuery::Reader query);
// What is wrong with it; nothing when it is sound.
Refusals badEventQuery(schema::EventQuery::Reader query);

// Writes what the journals `names` know into `sink`, and with `follow` goes on until it is dropped.
// Fails when the asker is gone. A slow asker loses events, and is told how many. `chronicle`
// outlives the promise.
kj::Promise<void> answerEvents(Chronicle& chronicle, std::vector<std::string> names,
                               schema::EventQuery::Reader query, int64_t nowMs,
                               EventSearch::Where where, schema::EventSink::Client sink);

kj::Promise<void> sayMissing(schema::EventSink::Client sink, const std::vector<std::string>& who);

// An asker's sink, given to a teller: `admit` says what that one may tell of, and completes it;
// `knows` whom the asker may hear named as missing.
schema::EventSink::Client sinkFor(schema::EventSink::Client asker,
                                  std::function<bool(Event&)> admit,
                                  std::function<bool(const std::string& who)> knows);

}  // namespace skerry
