#include "shared/daemon/log.h"
#include <kj/debug.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace skerry {
namespace {

std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

bool started = false;

}  // namespace

void startLogging() {
  if (started) return;
  auto logger = spdlog::stderr_logger_st("skerry");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
  started = true;
}

void logEvent(Severity severity, std::string_view event, std::initializer_list<Field> fields) {
  std::string line(event);
  for (auto& field : fields) {
    line += " ";
    line += field.name;
    line += "=" + quoted(field.value);
  }
  if (!started) {
    KJ_LOG(INFO, "event", line.c_str());
    return;
  }
  auto level = severity == Severity::ERROR ? spdlog::level::err
             : severity == Severity::WARNING ? spdlog::level::warn : spdlog::level::info;
  spdlog::log(level, "{}", line);
}

}  // namespace skerry
