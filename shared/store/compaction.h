// Packs the pages of the row table densely again, a slice of rows at a time.
//
// Rows whose sizes change split pages and leave them two thirds full: under churn a file grows to
// 1.4 times a fresh copy, and giving free pages back does not help, for none is free. A slice is
// taken out and written again in the order of its keys, within one transaction; unless that frees
// pages it is rolled back, and nothing was written. Rows go back as they came, checksum and all,
// so that a damaged row stays a damaged row.
#pragma once
#include "shared/store/connection.h"

namespace skerry {

class Compaction {
public:
  // `connection` outlives it.
  explicit Compaction(Connection& connection) : connection(connection) {}

  // Lets the next `pages` pages be looked at, once round the table at most.
  void grant(uint32_t pages);
  bool isDue() const { return pagesLeft > 0; }
  // One slice, one transaction.
  void step();

private:
  struct RawRow {
    std::string document;
    int64_t table;
    Bytes key;
    int64_t sum;
    Bytes value;
  };
  struct Position {
    std::string document;
    int64_t table = -1;
    Bytes key;
  };

  std::vector<RawRow> nextSlice();
  bool rewrite(const std::vector<RawRow>& slice);

  Connection& connection;
  Position position;  // of the last row looked at
  uint32_t pagesLeft = 0;
};

}  // namespace skerry
