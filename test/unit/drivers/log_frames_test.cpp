#include "tier_site/drivers/log_frames.h"
#include "tier_site/drivers/driver_limits.h"
#include <doctest/doctest.h>
#include <kj/exception.h>

namespace skerry {

namespace {

std::string frame(int stream, const std::string& text) {
  std::string header(8, 0);
  header[0] = char(stream);
  for (int i = 0; i < 4; ++i) header[4 + i] = char(text.size() >> (24 - 8 * i));
  return header + text;
}

std::vector<LogLine> readAll(const std::string& bytes, size_t step) {
  LogFrames frames;
  std::vector<LogLine> lines;
  auto add = [&](std::vector<LogLine> more) {
    lines.insert(lines.end(), more.begin(), more.end());
  };
  for (size_t at = 0; at < bytes.size(); at += step) add(frames.feed(bytes.substr(at, step)));
  add(frames.finish());
  return lines;
}

}  // namespace

TEST_CASE("a log reads the same wherever its bytes are cut") {
  auto bytes = frame(1, "2023-11-14T22:13:20Z one\n") + frame(2, "2023-11-14T22:13:21Z err\n") +
               frame(1, "2023-11-14T22:13:22Z \n") + frame(1, "2023-11-14T22:13:23Z half ") +
               frame(1, "2023-11-14T22:13:24Z whole\n") + frame(1, "no time\n2023 neither\n") +
               frame(1, "") + frame(2, "2023-11-14T22:13:25Z end");
  auto whole = readAll(bytes, bytes.size());
  REQUIRE(whole.size() == 7);
  CHECK(whole[0] == LogLine{1700000000000, LogLine::Stream::OUT, "one"});
  CHECK(whole[1] == LogLine{1700000001000, LogLine::Stream::ERR, "err"});
  CHECK(whole[2].text == "");
  CHECK(whole[3] == LogLine{1700000003000, LogLine::Stream::OUT, "half whole"});
  CHECK(whole[4].text == "no time");
  CHECK(whole[5].text == "2023 neither");
  CHECK(whole[6].text == "end");
  for (size_t step = 1; step < 40; ++step) CHECK(readAll(bytes, step) == whole);
}

TEST_CASE("a line too long comes in pieces that are none too long") {
  std::string text(3 * LOG_LINE_BYTES_MAX + 10, 'x');
  auto lines = readAll(frame(1, "2023-11-14T22:13:20Z " + text + "\n"), 1000);
  REQUIRE(lines.size() == 4);
  std::string all;
  for (auto& line : lines) {
    CHECK(line.text.size() <= LOG_LINE_BYTES_MAX);
    CHECK(line.wallMs == 1700000000000);
    all += line.text;
  }
  CHECK(all == text);
  CHECK(readAll(frame(1, std::string(LOG_LINE_BYTES_MAX, 'y') + "\nnext\n"), 77).back().text ==
        "next");
}

TEST_CASE("what is no stream of frames is refused") {
  for (std::string bytes :
       {std::string("plain text of a terminal"), frame(3, "x"), std::string("\1\0\1\0\0\0\0\1x", 9),
        std::string("\1\0\0\0\xff\xff\xff\xff", 8)}) {
    LogFrames frames;
    CHECK_THROWS_AS(frames.feed(bytes), kj::Exception);
  }
}

TEST_CASE("times are read with their fraction and their zone") {
  CHECK(parseRfc3339("1970-01-01T00:00:00Z") == 0);
  CHECK(parseRfc3339("2023-11-14T22:13:20.123456789Z") == 1700000000123);
  CHECK(parseRfc3339("2023-11-14T22:13:20.5Z") == 1700000000500);
  CHECK(parseRfc3339("2023-11-15T00:13:20+02:00") == 1700000000000);
  CHECK(parseRfc3339("2023-11-14T17:43:20-04:30") == 1700000000000);
  CHECK(parseRfc3339("2024-02-29T12:00:00Z") == 1709208000000);
  for (std::string text : {"", "2023", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13:20.Z",
                           "2023-13-14T22:13:20Z", "2023-11-14 22:13:20Z", "2023-11-14T22:13:20Zx",
                           "2023-11-14T22:13:20+2:00", "-023-11-14T22:13:20Z"}) {
    CAPTURE(text);
    CHECK(!parseRfc3339(text));
  }
}

}  // namespace skerry
