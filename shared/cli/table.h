// Columns of text, aligned; a column that is empty in every row is left out.
#pragma once
#include <string>
#include <vector>

namespace skerry {

class Table {
public:
  explicit Table(std::vector<std::string> headers) : headers(std::move(headers)) {}
  // As many cells as there are headers. Control characters are replaced, since cells hold what
  // daemons and applications said.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows.empty(); }
  std::string print() const;

private:
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows;
};

// With `?` for every control character.
std::string printable(std::string text);

}  // namespace skerry
