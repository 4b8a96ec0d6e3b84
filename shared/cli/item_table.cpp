#include "shared/cli/item_table.h"
#include "shared/cli/kind.h"
#include "shared/cli/table.h"
#include "shared/model/time_text.h"
#include <functional>
#include <map>

namespace skerry {
namespace {

struct Column {
  const char* header;
  std::function<std::string(const PlainValue& item, int64_t nowMs)> cell;
  bool isWide = false;
};

std::string nameCell(const PlainValue& item, int64_t) { return item.find("name")->text; }
std::string tenantCell(const PlainValue& item, int64_t) { return item.find("tenant")->text; }

Column text(const char* header, const char* field, bool isWide = false) {
  return {header, [field](const PlainValue& item, int64_t) { return statusText(item, field); },
          isWide};
}
Column number(const char* header, const char* field) {
  return {header, [field](const PlainValue& item, int64_t) {
    return std::to_string(statusNumber(item, field));
  }};
}
Column age(const char* header, const char* field, bool isWide = false) {
  return {header, [field](const PlainValue& item, int64_t nowMs) {
    return ageOf(statusText(item, field), nowMs);
  }, isWide};
}

std::string reachCell(const PlainValue& item, int64_t nowMs) {
  if (statusFlag(item, "online")) return "online";
  auto* status = item.find("status");
  bool mayBeNew = status != nullptr && status->find("joined") != nullptr;
  if (mayBeNew && !statusFlag(item, "joined")) return "not joined";
  auto since = ageOf(statusText(item, "offlineSince"), nowMs);
  return since.empty() ? "offline" : "offline " + since;
}

std::string linkCell(const PlainValue& item, int64_t nowMs) {
  return reachCell(item, nowMs) + (statusText(item, "blocked").empty() ? "" : ", blocked");
}

std::string labelsCell(const PlainValue& item, int64_t) {
  std::string printed;
  auto* spec = item.find("spec");
  auto* labels = spec == nullptr ? nullptr : spec->find("labels");
  if (labels == nullptr) return "";
  for (auto& [name, value] : labels->members) {
    printed += (printed.empty() ? "" : ",") + name + "=" + value.text;
  }
  return printed;
}

std::string runningCell(const PlainValue& item, int64_t) {
  return std::to_string(statusNumber(item, "running")) + "/" +
         std::to_string(statusNumber(item, "instances"));
}

std::string countsCell(const PlainValue& item, int64_t) {
  auto* status = item.find("status");
  return printCounts(status == nullptr ? nullptr : status->find("counts"));
}

std::string quotasCell(const PlainValue& item, int64_t) {
  std::string printed;
  auto* status = item.find("status");
  auto* quotas = status == nullptr ? nullptr : status->find("quotas");
  if (quotas == nullptr) return "";
  for (auto& quota : quotas->items) {
    printed += (printed.empty() ? "" : ", ") + quota.find("resource")->text + " " +
               quota.find("used")->text + "/" + quota.find("quota")->text;
  }
  return printed;
}

std::string pidCell(const PlainValue& item, int64_t) {
  auto pid = statusNumber(item, "pid");
  return pid == 0 ? "" : std::to_string(pid);
}

std::string findingsCell(const PlainValue& item, int64_t) {
  std::string printed;
  auto* status = item.find("status");
  auto* findings = status == nullptr ? nullptr : status->find("findings");
  if (findings == nullptr) return "";
  for (auto& finding : findings->items) printed += (printed.empty() ? "" : "; ") + finding.text;
  return printed;
}

std::vector<Column> columnsOf(const std::string& kind) {
  Column name{"NAME", nameCell}, tenant{"TENANT", tenantCell}, link{"STATE", linkCell};
  Column version = text("VERSION", "version");
  if (kind == "region") {
    return {name, link, number("SITES", "sites"), version, text("ADDRESS", "address", true)};
  }
  if (kind == "site") {
    return {name,
            text("REGION", "region"),
            link,
            number("HOSTS", "hosts"),
            {"RUNNING", runningCell},
            version,
            age("CENTRAL'S WORD", "authorityAsOf", true),
            {"LABELS", labelsCell, true}};
  }
  if (kind == "host") {
    return {text("SITE", "site"),      name, link, version, age("UP", "started"),
            {"FINDINGS", findingsCell}};
  }
  if (kind == "application") {
    return {tenant,
            name,
            text("REVISION", "revision"),
            number("SITES", "sites"),
            {"INSTANCES", countsCell}};
  }
  if (kind == "instance") {
    return {text("SITE", "site"), tenant, text("APP", "app"), text("SERVICE", "service"),
            text("HOST", "host"), text("STATE", "state"), number("RESTARTS", "restarts"),
            age("SINCE", "since"), {"PID", pidCell, true}, text("CONTAINER", "container", true),
            text("REVISION", "revision", true), text("REASON", "reason")};
  }
  if (kind == "token") {
    Column id{"ID", nameCell, true};
    return {text("FOR", "target"), text("STATE", "state"), text("EXPIRES", "expires"), id};
  }
  if (kind == "pending") {
    Column id{"ID", nameCell};
    return {id, text("REGION", "region"), text("ADDRESS", "address"), text("HOST", "host"),
            age("SINCE", "since"), text("STATE", "state"), text("VERSION", "version", true)};
  }
  if (kind == "user") {
    return {tenant, name, text("ROLE", "role"), text("SCOPE", "scope"), age("SINCE", "since")};
  }
  if (kind == "role") {
    return {name, text("GIVEN FOR", "scope"), text("WHO HAS IT", "purpose")};
  }
  if (kind == "tenant") {
    return {name, number("APPLICATIONS", "applications"), {"QUOTA", quotasCell},
            text("BLOCKED", "blocked")};
  }
  return {tenant, name};
}

}  // namespace

std::string ageOf(const std::string& time, int64_t nowMs) {
  auto ms = parseTime(time);
  return ms ? printAge(nowMs - *ms) : "";
}

std::string printCounts(const PlainValue* counts) {
  std::string printed;
  if (counts == nullptr) return "";
  for (auto& [state, count] : counts->members) {
    printed += (printed.empty() ? "" : ", ") + std::to_string(count.number) + " " + state;
  }
  return printed;
}

std::string printTable(const Items& items, bool isWide, int64_t nowMs) {
  auto asOf = "(as of " + printAge(nowMs - items.asOfMs) + " ago)\n";
  if (items.values.empty()) return "no " + pluralOf(items.kind) + " " + asOf;
  std::vector<Column> shown;
  std::vector<std::string> headers;
  for (auto& column : columnsOf(items.kind)) {
    if (column.isWide && !isWide) continue;
    headers.push_back(column.header);
    shown.push_back(column);
  }
  Table table(headers);
  for (auto& item : items.values) {
    std::vector<std::string> cells;
    for (auto& column : shown) cells.push_back(column.cell(item, nowMs));
    table.add(cells);
  }
  return table.print() + asOf;
}

}  // namespace skerry
