#include "shared/model/dollars.h"
#include "shared/model/port.h"
#include "shared/model/shell_words.h"
#include "shared/model/size_text.h"
#include "shared/model/time_text.h"
#include "shared/model/utf8.h"
#include <doctest/doctest.h>

using namespace skerry;

TEST_CASE("durations are read and written in the same form") {
  CHECK(parseDurationMs("90s") == 90'000);
  CHECK(parseDurationMs("15m") == 900'000);
  CHECK(parseDurationMs("1h30m") == 5'400'000);
  CHECK(parseDurationMs("7d") == 604'800'000);
  CHECK(parseDurationMs("250ms") == 250);
  CHECK(parseDurationMs("1s500ms") == 1500);
  for (auto bad : {"", "s", "5", "1x", "30m1h", "1h1h", "-5s", "1.5h", "5 s", "99999999999999999s",
                   "40000000000d"}) {
    CAPTURE(bad);
    CHECK_FALSE(parseDurationMs(bad));
  }
  CHECK(printDuration(5'400'000) == "1h30m");
  CHECK(printDuration(90'061'001) == "1d1h1m1s1ms");
  CHECK(printDuration(0) == "0s");
  for (int64_t ms : {1, 999, 1000, 61'000, 86'400'000, 90'061'001}) {
    CHECK(parseDurationMs(printDuration(ms)) == ms);
  }
}

TEST_CASE("an age shows its largest unit, and the next one while that is small") {
  CHECK(printAge(-5) == "0s");
  CHECK(printAge(999) == "0s");
  CHECK(printAge(59'000) == "59s");
  CHECK(printAge(90'000) == "1m30s");
  CHECK(printAge(200'000) == "3m");
  CHECK(printAge(7'200'000) == "2h");
  CHECK(printAge(9'000'000) == "2h30m");
  CHECK(printAge(86'400'000ll * 40) == "40d");
}

TEST_CASE("times are written and read as RFC 3339") {
  CHECK(printTime(0) == "1970-01-01T00:00:00Z");
  CHECK(printTime(951'782'400'123) == "2000-02-29T00:00:00.123Z");
  CHECK(printTime(-1000) == "1969-12-31T23:59:59Z");
  CHECK(printTime(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(printTime(INT64_MIN) == "-292275055-05-16T16:47:04.192Z");
  CHECK(printTime(INT64_MAX) == "292278994-08-17T07:12:55.807Z");
  CHECK(parseTime("2000-02-29T00:00:00.123Z") == 951'782'400'123);
  CHECK(parseTime("2000-02-29T02:30:00+02:30") == 951'782'400'000);
  CHECK(parseTime("1969-12-31T23:59:59Z") == -1000);
  for (auto bad : {"", "2001-02-29T00:00:00Z", "2000-13-01T00:00:00Z", "2000-01-01T24:00:00Z",
                   "2000-01-01T00:00:00", "2000-01-01", "2000-01-01T00:00:00Zx",
                   "2000-01-01T00:00:00.Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(parseTime(bad));
  }
  for (int64_t ms = -4'000'000'000'000; ms < 8'000'000'000'000; ms += 98'765'432'100) {
    CHECK(parseTime(printTime(ms)) == ms);
  }
}

TEST_CASE("sizes have Compose's units, all of them powers of 1,024") {
  CHECK(parseSize("1024") == 1024);
  CHECK(parseSize("128M") == 128u << 20);
  CHECK(parseSize("64Mi") == 64u << 20);
  CHECK(parseSize("64mib") == 64u << 20);
  CHECK(parseSize("1.5g") == 3ull << 29);
  CHECK(parseSize("2kb") == 2048);
  CHECK(parseSize("10b") == 10);
  for (auto bad : {"", "M", "12X", "-1", "1 M", "1..5g", "1.g", "99999999999999999999", "2000p",
                   "0.00000001k"}) {
    CAPTURE(bad);
    CHECK_FALSE(parseSize(bad));
  }
  CHECK(printSize(128u << 20) == "128Mi");
  CHECK(printSize(1000) == "1000");
  CHECK(printSize(0) == "0");
}

TEST_CASE("CPUs are counted in thousandths") {
  CHECK(parseCpuMilli("0.5") == 500);
  CHECK(parseCpuMilli("500m") == 500);
  CHECK(parseCpuMilli("2") == 2000);
  CHECK(parseCpuMilli("0.0010") == 1);
  for (auto bad : {"", "m", "0.0005", "1.5m", "-1", "x", "1,5", "9108840684703426.1",
                   "1000000000000000m"}) {
    CAPTURE(bad);
    CHECK_FALSE(parseCpuMilli(bad));
  }
  CHECK(printCpuMilli(500) == "500m");
  CHECK(printCpuMilli(2000) == "2");
}

TEST_CASE("ports are read as Compose writes them") {
  std::string why;
  CHECK(parsePort("8080:80", why) == PortSpec{"", 8080, 80, false});
  CHECK(parsePort("127.0.0.1:53:5353/udp", why) == PortSpec{"127.0.0.1", 53, 5353, true});
  CHECK(parsePort("[::1]:80:80/tcp", why) == PortSpec{"::1", 80, 80, false});
  CHECK(parsePort("9000", why) == PortSpec{"", 9000, 9000, false});
  for (auto bad : {"", "80:", ":80", "0:80", "80:70000", "80:80/sctp", "host:80:80", "[::1:80:80",
                   "1.2.3:80:80", "80:80:80", "a:b", "+80:80", "80 :80"}) {
    CAPTURE(bad);
    why.clear();
    CHECK_FALSE(parsePort(bad, why));
    CHECK_FALSE(why.empty());
  }
  for (auto good : {"8080:80", "127.0.0.1:53:5353/udp", "[::1]:80:80"}) {
    CHECK(print(*parsePort(good, why)) == good);
  }
}

TEST_CASE("two ports clash when one host cannot have both") {
  std::string why;
  auto port = [&](const char* text) { return *parsePort(text, why); };
  CHECK(clash(port("80:1"), port("80:2")));
  CHECK(clash(port("80:1"), port("127.0.0.1:80:2")));
  CHECK(clash(port("0.0.0.0:80:1"), port("127.0.0.1:80:2")));
  CHECK_FALSE(clash(port("80:1"), port("80:1/udp")));
  CHECK_FALSE(clash(port("127.0.0.2:80:1"), port("127.0.0.1:80:2")));
}

TEST_CASE("a command line is split as a shell would split it") {
  CHECK(splitShellWords("a 'b c' \"d \\\" e\" f\\ g \"\"").words ==
        std::vector<std::string>{"a", "b c", "d \" e", "f g", ""});
  CHECK(splitShellWords("  ").words.empty());
  CHECK(splitShellWords("a\"b\"'c'").words == std::vector<std::string>{"abc"});
  CHECK(splitShellWords("\"a\\b\"").words == std::vector<std::string>{"a\\b"});
  CHECK_FALSE(splitShellWords("a 'b").ok());
  CHECK_FALSE(splitShellWords("a \"b").ok());
  CHECK_FALSE(splitShellWords("a \\").ok());
}

TEST_CASE("an interpolated variable is refused with the template to write instead") {
  auto read = readDollars("printer-${STORE_ID:-1}");
  CHECK_FALSE(read.ok());
  CHECK(read.hint.find("{{ site.labels.store_id }}") != std::string::npos);
  CHECK_FALSE(readDollars("$HOME").ok());
  CHECK_FALSE(readDollars("costs 5$").ok());
  CHECK(readDollars("costs 5$$").text == "costs 5$");
  CHECK(readDollars(writeDollars("$a$$b${c}")).text == "$a$$b${c}");
  CHECK(readDollars(writeDollars("$a$$b${c}")).ok());
}

TEST_CASE("bytes that are no UTF-8 are replaced one by one") {
  CHECK(repairUtf8("a\xff\xc3\xa5") == "a\xef\xbf\xbd\xc3\xa5");
  CHECK(firstNotUtf8("\xc3\xa5\xe2\x82") == 2);
  CHECK(charactersIn("\xc3\xa5" "b") == 2);
}
