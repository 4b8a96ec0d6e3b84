#include "shared/cli/qr_code.h"
#include <doctest/doctest.h>
#include <vector>

namespace skerry {
namespace {

// True is light.
std::vector<std::vector<bool>> modules(const std::string& drawn) {
  std::vector<std::vector<bool>> rows;
  size_t at = 0;
  while (at < drawn.size()) {
    auto end = drawn.find('\n', at);
    auto line = drawn.substr(at, end - at);
    REQUIRE(line.starts_with("\x1b[40;97m"));
    REQUIRE(line.ends_with("\x1b[0m"));
    line = line.substr(8, line.size() - 12);
    std::vector<bool> upper, lower;
    for (size_t i = 0; i < line.size();) {
      auto mark = line[i] == ' ' ? " " : line.substr(i, 3);
      upper.push_back(mark == "\u2580" || mark == "\u2588");
      lower.push_back(mark == "\u2584" || mark == "\u2588");
      i += mark.size();
    }
    rows.push_back(upper);
    rows.push_back(lower);
    at = end + 1;
  }
  return rows;
}

TEST_CASE("a QR code is square, in a quiet zone, and has its three corners") {
  for (size_t length : {1, 100, 300, 1024}) {
    auto rows = modules(qrCode(std::string(length, 'x')));
    auto width = rows[0].size();
    CHECK((rows.size() == width || rows.size() == width + 1));
    for (size_t i = 0; i < width; i++) {
      for (size_t quiet = 0; quiet < QR_QUIET_MODULES; quiet++) {
        CHECK(rows[quiet][i]);
        CHECK(rows[i][quiet]);
        CHECK(rows[width - 1 - quiet][i]);
        CHECK(rows[i][width - 1 - quiet]);
      }
    }
    auto last = width - QR_QUIET_MODULES - 7;
    for (auto [row, column] : {std::pair{size_t(4), size_t(4)}, {size_t(4), last}, {last, 4}}) {
      for (size_t i = 0; i < 7; i++) {
        CHECK_FALSE(rows[row][column + i]);
        CHECK_FALSE(rows[row + i][column]);
      }
    }
  }
}

TEST_CASE("another text is another code, and one that no terminal could show is none") {
  CHECK(qrCode("skerry1.AAAA") != qrCode("skerry1.AAAB"));
  CHECK(qrCode(std::string(QR_TEXT_BYTES_MAX + 1, 'x')) == "");
}

}  // namespace
}  // namespace skerry
