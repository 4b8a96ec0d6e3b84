#include "shared/journal/event_wire.h"
#include "shared/journal/journal_limits.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

// Of a text too long, as much as is whole characters.
std::string cut(capnp::Text::Reader from, size_t max) {
  size_t size = from.size();
  if (size > max) {
    size = max;
    while (size > 0 && (uint8_t(from[size]) & 0xc0) == 0x80) --size;
  }
  return std::string(from.begin(), size);
}

}  // namespace

void writeEvent(const Event& event, schema::Event::Builder to) {
  to.setAtMs(event.atMs);
  to.setKind(event.kind);
  to.setSeverity(schema::Event::Severity(event.severity));
  if (!event.region.empty()) to.setRegion(event.region);
  if (!event.site.empty()) to.setSite(event.site);
  if (!event.tenant.empty()) to.setTenant(event.tenant);
  if (!event.app.empty()) to.setApp(event.app);
  if (!event.service.empty()) to.setService(event.service);
  to.setOrdinal(event.ordinal);
  if (!event.text.empty()) to.setText(event.text);
}

Event readEvent(schema::Event::Reader from) {
  auto severity = from.getSeverity();
  bool isKnown = severity <= schema::Event::Severity::ERROR;
  return {.atMs = from.getAtMs(),
          .kind = cut(from.getKind(), EVENT_NAME_BYTES_MAX),
          .severity = isKnown ? EventSeverity(severity) : EventSeverity::UNSPECIFIED,
          .region = cut(from.getRegion(), EVENT_NAME_BYTES_MAX),
          .site = cut(from.getSite(), EVENT_NAME_BYTES_MAX),
          .tenant = cut(from.getTenant(), EVENT_NAME_BYTES_MAX),
          .app = cut(from.getApp(), EVENT_NAME_BYTES_MAX),
          .service = cut(from.getService(), EVENT_NAME_BYTES_MAX),
          .ordinal = from.getOrdinal(),
          .text = cut(from.getText(), EVENT_TEXT_BYTES_MAX)};
}

void writePiece(const EventPiece& piece, schema::EventBatch::Builder to) {
  to.setEpoch(piece.epoch);
  to.setFirst(piece.first);
  to.setLost(piece.lost);
  auto list = to.initEvents(piece.events.size());
  for (size_t i = 0; i < piece.events.size(); ++i) writeEvent(piece.events[i], list[i]);
}

EventPiece readPiece(schema::EventBatch::Reader from) {
  EventPiece piece{from.getEpoch(), from.getFirst(), from.getLost(), {}};
  for (auto event : from.getEvents()) piece.events.push_back(readEvent(event));
  return piece;
}

Bytes encodePiece(const EventPiece& piece) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::EventBatch>();
  writePiece(piece, root);
  return encode<schema::EventBatch>(root);
}

EventPiece decodePiece(BytesView from) {
  Decoded<schema::EventBatch> decoded(from);
  return readPiece(decoded.get());
}

}  // namespace skerry
