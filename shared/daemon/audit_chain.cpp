#include "shared/daemon/audit_chain.h"
#include <capnp/compat/json.h>
#include <charconv>
#include <optional>

namespace skerry {
namespace {

constexpr size_t HASH_DIGITS = 64;

std::optional<Hash> fromHex(std::string_view digits) {
  if (digits.size() != HASH_DIGITS) return std::nullopt;
  Hash hash;
  for (size_t i = 0; i < hash.bytes.size(); ++i) {
    auto from = digits.data() + 2 * i;
    auto parsed = std::from_chars(from, from + 2, hash.bytes[i], 16);
    if (parsed.ec != std::errc() || parsed.ptr != from + 2) return std::nullopt;
  }
  return hash;
}

// What stands between `before` and the next quote, at `at`, which moves behind it.
std::optional<std::string_view> quoted(std::string_view json, size_t& at,
                                       std::string_view before) {
  if (json.substr(at, before.size()) != before) return std::nullopt;
  at += before.size();
  auto end = json.find('"', at);
  if (end == std::string_view::npos) return std::nullopt;
  auto found = json.substr(at, end - at);
  at = end + 1;
  return found;
}

}  // namespace

std::string chainRecord(AuditHead& head, schema::AuditRecord::Builder record) {
  record.setSeq(head.seq + 1);
  record.setPrev(head.hash.hex());
  capnp::JsonCodec codec;
  codec.setHasMode(capnp::HasMode::NON_DEFAULT);
  auto json = codec.encode(record.asReader());
  head.seq += 1;
  head.hash = sha256(json.asBytes());
  return head.hash.hex() + " " + std::string(json.begin(), json.size()) + "\n";
}

bool parseAuditLine(std::string_view line, AuditLink& link) {
  if (line.size() < HASH_DIGITS + 1 || line[HASH_DIGITS] != ' ') return false;
  auto hash = fromHex(line.substr(0, HASH_DIGITS));
  link.json = line.substr(HASH_DIGITS + 1);
  if (!hash || sha256(view(link.json)) != *hash) return false;
  link.hash = *hash;
  size_t at = 0;
  auto seq = quoted(link.json, at, "{\"seq\":\"");
  if (!seq) return false;
  auto prev = quoted(link.json, at, ",\"prev\":\"");
  auto parsed = std::from_chars(seq->data(), seq->data() + seq->size(), link.seq);
  if (!prev || parsed.ec != std::errc() || parsed.ptr != seq->data() + seq->size()) return false;
  auto before = fromHex(*prev);
  if (before) link.prev = *before;
  return before && link.seq > 0;
}

void AuditChecker::take(std::string_view line) {
  AuditLink link;
  if (!parseAuditLine(line, link)) {
    complain(seq + 1, "record " + std::to_string(seq + 1) + " was changed after it was written");
    return;
  }
  if (first == 0) first = link.seq;
  if (knows && link.seq != seq + 1) {
    complain(seq + 1, link.seq > seq + 1
        ? "records " + std::to_string(seq + 1) + " to " + std::to_string(link.seq - 1) +
              " are missing"
        : "record " + std::to_string(link.seq) + " stands where record " +
              std::to_string(seq + 1) + " should");
  } else if (knows && link.prev != hash) {
    complain(link.seq, "record " + std::to_string(link.seq) + " does not follow the one before it: "
                       "what stands before it is not what was written");
  }
  seq = link.seq;
  hash = link.hash;
  knows = true;
}

void AuditChecker::complain(uint64_t at, std::string reason) {
  at = std::max<uint64_t>(at, 1);
  if (bad != 0 && bad <= at) return;
  bad = at;
  why = std::move(reason);
}

}  // namespace skerry
