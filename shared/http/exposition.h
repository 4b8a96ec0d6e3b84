// Metrics as Prometheus reads them (text format 0.0.4): families, each with its samples. Pure.
//
//   text.family("skerry_sites", Exposition::Type::GAUGE, "Sites by state.");
//   text.sample({{"state", "online"}}, 12);
//
// Names follow its customs: base units (seconds, bytes), `_total` for what only rises.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skerry {

class Exposition {
public:
  enum class Type : uint8_t { GAUGE, COUNTER };
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  // Samples belong to the family that was begun last; all of one family come one after the other.
  void family(std::string_view name, Type type, std::string_view help);
  // Values of labels may be any text.
  void sample(const Labels& labels, double value);
  void sample(double value) { sample({}, value); }
  // A family of one sample.
  void gauge(std::string_view name, std::string_view help, double value);

  const std::string& text() const { return written; }
  static constexpr const char* CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

private:
  std::string current, written;
};

}  // namespace skerry
