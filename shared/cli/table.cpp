#include "shared/cli/table.h"
#include "shared/cli/cli_limits.h"
#include "shared/model/utf8.h"
#include <algorithm>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr size_t GAP = 2;

// Cut to COLUMN_CHARACTERS_MAX, never inside a character.
std::string cut(const std::string& text) {
  if (charactersIn(text) <= COLUMN_CHARACTERS_MAX) return text;
  size_t characters = 0, end = 0;
  for (; end < text.size(); ++end) {
    bool begins = (text[end] & 0xc0) != 0x80;
    if (begins && ++characters == COLUMN_CHARACTERS_MAX - 2) break;
  }
  return text.substr(0, end) + "...";
}

}  // namespace

std::string printable(std::string text) {
  for (auto& c : text) {
    if (uint8_t(c) < 0x20 || c == 0x7f) c = '?';
  }
  return repairUtf8(text);
}

void Table::add(std::vector<std::string> cells) {
  KJ_REQUIRE(cells.size() == headers.size(), "a row has another number of cells than the header");
  for (auto& cell : cells) cell = printable(std::move(cell));
  rows.push_back(std::move(cells));
}

std::string Table::print() const {
  std::vector<size_t> shown, widths(headers.size());
  for (size_t column = 0; column < headers.size(); ++column) {
    bool used =
        std::any_of(rows.begin(), rows.end(), [&](auto& row) { return !row[column].empty(); });
    if (!used && !rows.empty()) continue;
    shown.push_back(column);
    widths[column] = charactersIn(headers[column]);
    for (auto& row : rows)
      widths[column] = std::max(widths[column], charactersIn(cut(row[column])));
  }
  std::string text;
  auto line = [&](const std::vector<std::string>& cells) {
    std::string printed;
    for (auto column : shown) {
      bool isLast = column == shown.back();
      auto cell = isLast ? cells[column] : cut(cells[column]);
      printed += cell;
      if (!isLast) printed.append(widths[column] + GAP - charactersIn(cell), ' ');
    }
    printed.resize(printed.find_last_not_of(' ') + 1);
    text += printed + "\n";
  };
  line(headers);
  for (auto& row : rows) line(row);
  return text;
}

}  // namespace skerry
