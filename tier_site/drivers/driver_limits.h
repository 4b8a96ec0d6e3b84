// Every limit, wait and size of the drivers.
#pragma once
#include <cstddef>
#include <cstdint>

namespace skerry {

constexpr size_t ID_PART_BYTES_MAX = 63;

// Logs.
constexpr size_t LOG_LINE_BYTES_MAX = 4096;  // the keeper cuts longer lines, the engine driver too
constexpr size_t LOG_READ_BYTES = 64 << 10;  // one read of a ring or of an engine's stream
constexpr uint64_t LOG_RING_BYTES = 1 << 20;  // per process service
constexpr uint32_t LOG_FOLLOW_INTERVAL_MS = 200;

// Keepers.
constexpr uint32_t KEEPER_ANSWER_MS = 5000;  // greeting or answer: it never waits for its service
constexpr uint32_t KEEPER_START_MS = 30000;  // fork to exec done, on a very busy machine
constexpr uint32_t KEEPER_STOP_MARGIN_MS = 5000;  // from the kill until everything is gone
constexpr uint32_t KEEPER_RECONNECT_MS = 200;  // after a keeper's connection was lost
constexpr uint32_t KEEPER_RECONNECT_MS_MAX = 30000;
constexpr size_t KEEPER_LINE_BYTES_MAX = 4096;
constexpr size_t SPEC_BYTES_MAX = 128 << 10;  // both as in tier_site/keeper/spec.h
constexpr size_t SPEC_ENTRIES_MAX = 256;
constexpr size_t RECORD_BYTES_MAX = 4096;  // the files state and exit
constexpr size_t SOCKET_PATH_BYTES_MAX = 107;
constexpr uint32_t USER_KNOWN_MS = 60'000;
constexpr size_t USERS_KNOWN_MAX = 64;

// Engines.
constexpr uint32_t ENGINE_CALL_MS = 30000;
constexpr uint32_t ENGINE_START_MS = 120000;  // create and start: a slow disk copies layers
constexpr uint32_t ENGINE_STOP_MARGIN_MS = 30000;
constexpr size_t ENGINE_BODY_BYTES_MAX = 8 << 20;  // a list of some thousand containers
constexpr size_t ENGINE_LINE_BYTES_MAX = 256 << 10;  // one event
constexpr size_t ENGINE_FRAME_BYTES_MAX = 1 << 20;  // one frame of a log stream
constexpr size_t ENGINE_MESSAGE_BYTES_MAX = 500;  // of an engine's error text that is passed on
constexpr uint32_t ENGINE_RETRY_MS = 1000;  // after the event stream was lost
constexpr uint32_t ENGINE_RETRY_MS_MAX = 30000;
constexpr uint32_t ENGINE_SETTLE_MS = 5;  // between a death and the engine's own knowledge of it
constexpr uint32_t ENGINE_SETTLE_MS_MAX = 2000;

}  // namespace skerry
