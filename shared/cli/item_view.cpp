#include "shared/cli/item_view.h"
#include "shared/cli/item_table.h"
#include "shared/cli/kind.h"
#include "shared/crypto/bytes.h"
#include "shared/model/plain_manifest.h"
#include "shared/model/time_text.h"
#include <algorithm>
#include <array>
#include <numeric>

namespace skerry {
namespace {

// Texts of a status that are times, and null while there is none.
constexpr std::array<const char*, 5> TIMES{"since", "offlineSince", "started", "expires",
                                           "authorityAsOf"};

PlainValue statusOf(schema::Item::Reader item) {
  auto status = capnp::toDynamic(item).get("status").as<capnp::DynamicStruct>();
  KJ_IF_MAYBE(active, status.which()) {
    if (!active->getType().isStruct()) return PlainValue();
    auto value = structValue(status.get(*active).as<capnp::DynamicStruct>(), Unset::PRINT);
    for (auto* name : TIMES) {
      auto* time = value.find(name);
      if (time != nullptr && time->text.empty()) *time = PlainValue();
    }
    return value;
  }
  return PlainValue();
}

PlainValue specOf(schema::Item::Reader item) {
  auto spec = manifestValue(capnp::toDynamic(item.getSpec()));
  for (auto* name : {"kind", "name", "tenant"}) spec.erase(name);
  return spec;
}

PlainValue valueOf(schema::Item::Reader item) {
  auto value = PlainValue::object();
  value.set("kind", PlainValue::of(titleOf(text(item.getKind()))));
  value.set("name", PlainValue::of(text(item.getName())));
  value.set("tenant", PlainValue::of(text(item.getTenant())));
  value.set("spec", specOf(item));
  value.set("status", statusOf(item));
  if (item.getSet().size() > 0) value.set("set", PlainValue::of(text(item.getSet())));
  return value;
}

std::string yamlOf(schema::Item::Reader item, const PlainValue& value) {
  if (!item.getSpec().isUnspecified()) return manifestYaml(capnp::toDynamic(item.getSpec()));
  auto shown = value;
  shown.erase("spec");
  return blockYaml(shown);
}

const PlainValue* fieldOf(const PlainValue& item, const std::string& field) {
  for (auto* root :
       {static_cast<const PlainValue*>(&item), item.find("status"), item.find("spec")}) {
    auto rest = field;
    while (root != nullptr) {
      auto dot = rest.find('.');
      root = root->find(rest.substr(0, dot));
      if (dot == std::string::npos) break;
      rest.erase(0, dot + 1);
    }
    if (root != nullptr) return root;
  }
  return nullptr;
}

bool isLess(const PlainValue* a, const PlainValue* b) {
  if (a == nullptr || b == nullptr) return a == nullptr && b != nullptr;
  if (a->kind != b->kind) return a->kind < b->kind;
  if (a->number != b->number) return a->number < b->number;
  if (a->boolean != b->boolean) return a->boolean < b->boolean;
  return a->text < b->text;
}

}  // namespace

Items copyItems(const std::string& kind, schema::Admin::GetResults::Reader results) {
  Items items;
  items.kind = kind;
  items.asOfMs = results.getAsOfMs();
  for (auto item : results.getItems()) {
    items.values.push_back(valueOf(item));
    items.yaml.push_back(yamlOf(item, items.values.back()));
  }
  return items;
}

std::string nameOf(const Items& items, const PlainValue& value) {
  return items.kind + "/" + value.find("name")->text;
}

PlainValue listValue(const Items& items) {
  auto value = PlainValue::object();
  value.set("items", PlainValue::list(items.values));
  value.set("asOf", PlainValue::of(printTime(items.asOfMs)));
  return value;
}

std::string printItems(const Cli& cli, const Items& items, int64_t nowMs) {
  std::string printed;
  switch (cli.options.output) {
    case Output::JSON: return prettyJson(listValue(items));
    case Output::YAML:
      for (auto& document : items.yaml) printed += (printed.empty() ? "" : "---\n") + document;
      return printed;
    case Output::NAME:
      for (auto& value : items.values) printed += nameOf(items, value) + "\n";
      return printed;
    default: return printTable(items, cli.options.output == Output::WIDE, nowMs);
  }
}

bool sortItems(Items& items, const std::string& field) {
  std::vector<size_t> order(items.values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return isLess(fieldOf(items.values[a], field), fieldOf(items.values[b], field));
  });
  bool found = items.values.empty();
  Items sorted{items.kind, {}, {}, items.asOfMs};
  for (auto i : order) {
    found = found || fieldOf(items.values[i], field) != nullptr;
    sorted.values.push_back(std::move(items.values[i]));
    sorted.yaml.push_back(std::move(items.yaml[i]));
  }
  items = std::move(sorted);
  return found;
}

std::string statusText(const PlainValue& item, const std::string& field) {
  auto* status = item.find("status");
  auto* value = status == nullptr ? nullptr : status->find(field);
  return value == nullptr ? "" : value->text;
}
bool statusFlag(const PlainValue& item, const std::string& field) {
  auto* status = item.find("status");
  auto* value = status == nullptr ? nullptr : status->find(field);
  return value != nullptr && value->boolean;
}
int64_t statusNumber(const PlainValue& item, const std::string& field) {
  auto* status = item.find("status");
  auto* value = status == nullptr ? nullptr : status->find(field);
  return value == nullptr ? 0 : value->number;
}

}  // namespace skerry
