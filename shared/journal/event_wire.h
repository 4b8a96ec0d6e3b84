// Events as Cap'n Proto (journal.capnp) and back. Heavy: include from .cpp files only.
#pragma once
#include "capnp/journal.capnp.h"
#include "shared/journal/event.h"

namespace skerry {

void writeEvent(const Event& event, schema::Event::Builder to);
// What is too long is cut: events are told by others, too.
Event readEvent(schema::Event::Reader from);

void writePiece(const EventPiece& piece, schema::EventBatch::Builder to);
EventPiece readPiece(schema::EventBatch::Reader from);
Bytes encodePiece(const EventPiece& piece);
EventPiece decodePiece(BytesView from);

}  // namespace skerry
