// Every table any daemon stores. The numbers are on disk: they are never reused.
#pragma once
#include <cstdint>

namespace skerry {

enum class Table : uint8_t {
  META = 1,       // one row per fact about a database or document: incarnation, counters
  ORDERS = 2,     // key -> the orders entry as received
  VERSION = 3,    // the signed version held of the orders half
  LOCAL = 4,      // dot -> the local entry as received
  CONTEXT = 5,    // actor -> greatest n seen
  PROJECTION = 6, // key -> reading projected and version written
  BLOB = 7,       // SHA-256 -> content
  MARK = 8,       // (kind, id) -> greatest authority sequence acted on
  OBJECT = 9,     // central: kind/tenant/name -> the declared object
  TOKEN = 10,     // token id -> what it admits and who used it
  PEER = 11,      // registered device key -> who it is
  RUN = 12,       // site: slot -> restart history of an instance
  REVOKED = 13,   // device key -> which one it was, by number, of those that may not come back
  EVENT = 14,     // telemetry.db: piece of a journal (shared/journal), the journal is the document
};

}  // namespace skerry
