// What a daemon says to its operator: events with stable names and fields, one per line.
//
//   link.up parent="north" address="10.0.0.1:443"
#pragma once
#include <kj/string.h>
#include <initializer_list>
#include <string>
#include <string_view>

namespace skerry {

enum class Severity : uint8_t { INFO, WARNING, ERROR };

struct Field {
  std::string_view name;
  std::string value;
  Field(std::string_view name, std::string value) : name(name), value(std::move(value)) {}
  Field(std::string_view name, const char* value) : name(name), value(value) {}
  Field(std::string_view name, kj::StringPtr value) : name(name), value(value.cStr()) {}
  Field(std::string_view name, uint64_t value) : name(name), value(std::to_string(value)) {}
};

void logEvent(Severity severity, std::string_view event, std::initializer_list<Field> fields = {});

// To standard error, from now on. Before it, and in simulations, they are information in KJ's log,
// which drops that unless it was told otherwise.
void startLogging();

}  // namespace skerry
