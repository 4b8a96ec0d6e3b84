// The daemon that is looked at, and the commands that people are told to type about it.
#pragma once
#include <kj/string.h>
#include <cstdint>
#include <string>

namespace skerry {

struct Subject {
  std::string program;     // `skerry-site`
  std::string path;        // where that program lies, absolute
  std::string folder;      // its data folder, absolute
  std::string database;    // `site.db`
  std::string beginning;   // what makes its identity: `skerry-site join TOKEN`
  std::string leaving = {};  // what gives it up: `skerry-site leave`; empty: nothing does
  uint64_t descriptors = 0;  // open files it may need
  bool runsApplications = false;

  std::string withData(const std::string& command) const { return command + " --data " + folder; }
  std::string begin() const { return withData(beginning); }
  std::string serve() const { return withData(program + " serve"); }
  std::string doctor() const { return withData(program + " doctor"); }
  std::string standardFolder() const {
    return "/var/lib/skerry/" + program.substr(program.find('-') + 1);
  }
};

}  // namespace skerry
