#include "shared/daemon/views.h"
#include "shared/daemon/item_labels.h"
#include "shared/model/encoded.h"
#include "shared/model/time_text.h"
#include <capnp/message.h>
#include <algorithm>

namespace skerry {
namespace {

constexpr std::string_view PENDING = "pending/";  // of a region's own, below no site

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

// Registers are what a site says: one that cannot be read must not hide the others.
template <typename T, typename F>
void read(const Bytes& value, F&& use) {
  try {
    Decoded<T> decoded(value);
    use(decoded.get());
  } catch (const kj::Exception&) {
    return;
  }
}

constexpr std::string_view INSTANCE = "instance/", HOST = "host", APP = "app/", LINK = "link";

void fillInstance(schema::Item::Builder item, const std::string& site, const Bytes& value) {
  auto to = item.initStatus().initInstance();
  to.setSite(site);
  read<schema::InstanceStatus>(value, [&](schema::InstanceStatus::Reader from) {
    to.setHost(from.getHost());
    to.setApp(from.getApp());
    to.setService(from.getService());
    to.setState(word(from.getState()));
    to.setPid(from.getPid());
    to.setContainer(from.getContainer());
    to.setRestarts(from.getRestarts());
    to.setSince(timeOrEmpty(from.getSinceMs()));
    to.setReason(from.getReason());
    to.setRevision(shortHash(from.getRevision()));
  });
}

void fillHost(schema::Item::Builder item, const std::string& site, const Bytes& value,
              bool online) {
  auto to = item.initStatus().initHost();
  to.setSite(site);
  to.setOnline(online);
  read<schema::HostStatus>(value, [&](schema::HostStatus::Reader from) {
    to.setNumber(from.getNumber());
    to.setVersion(from.getVersion());
    to.setStarted(timeOrEmpty(from.getStartedMs()));
    to.setFindings(from.getFindings());
  });
}

const char* word(schema::AppStatus::Verdict verdict) {
  switch (verdict) {
    case schema::AppStatus::Verdict::ACCEPTED: return "accepted";
    case schema::AppStatus::Verdict::WAITING: return "waiting";
    case schema::AppStatus::Verdict::REFUSED: return "refused";
    case schema::AppStatus::Verdict::BLOCKED: return "blocked";
    case schema::AppStatus::Verdict::UNSPECIFIED: break;
  }
  return "";
}

}  // namespace

const char* word(schema::InstanceStatus::State state) {
  switch (state) {
    case schema::InstanceStatus::State::PENDING: return "pending";
    case schema::InstanceStatus::State::STARTING: return "starting";
    case schema::InstanceStatus::State::RUNNING: return "running";
    case schema::InstanceStatus::State::UNHEALTHY: return "unhealthy";
    case schema::InstanceStatus::State::BACKOFF: return "backoff";
    case schema::InstanceStatus::State::CRASH_LOOP: return "crash-loop";
    case schema::InstanceStatus::State::STOPPED: return "stopped";
    case schema::InstanceStatus::State::FAILED: return "failed";
    case schema::InstanceStatus::State::UNKNOWN: break;
  }
  return "unknown";
}

std::string stateOf(const Bytes& instance) {
  std::string state = "unknown";
  read<schema::InstanceStatus>(instance, [&](schema::InstanceStatus::Reader from) {
    state = word(from.getState());
  });
  return state;
}

std::string shortHash(capnp::Data::Reader hash) { return hex(hash).substr(0, 12); }

std::string timeOrEmpty(int64_t unixMs) { return unixMs == 0 ? "" : printTime(unixMs); }

Bounds::Bounds(schema::Query::Reader query)
    : name(str(query.getName())), tenant(str(query.getTenant())), site(str(query.getSite())),
      host(str(query.getHost())), app(str(query.getApp())) {}

void ItemList::add(std::string kind, std::string tenant, std::string name, Fill fill) {
  items.push_back({std::move(kind), std::move(tenant), std::move(name), std::move(fill)});
}

void ItemList::also(const Fill& more) {
  for (auto& entry : items) {
    entry.fill = [first = entry.fill, more](schema::Item::Builder item) {
      first(item);
      more(item);
    };
  }
}

void ItemList::fill(const Entry& entry, schema::Item::Builder item) {
  item.setKind(entry.kind);
  item.setTenant(entry.tenant);
  item.setName(entry.name);
  entry.fill(item);
}

void ItemList::keep(const Selector& selector, const SiteLabels& labelsOfSite, int64_t nowMs) {
  if (selector == Selector()) return;
  std::erase_if(items, [&](const Entry& entry) {
    capnp::MallocMessageBuilder message;
    auto item = message.initRoot<schema::Item>();
    fill(entry, item);
    auto site = siteOf(item);
    auto labels = site.empty() ? Labels() : labelsOfSite(site);
    return !selector.matches(labelsOf(item, std::move(labels), nowMs));
  });
}

void ItemList::write(capnp::List<schema::Item>::Builder to) {
  std::sort(items.begin(), items.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.tenant, a.name) < std::tie(b.tenant, b.name);
  });
  for (size_t i = 0; i < items.size(); ++i) fill(items[i], to[i]);
}

void addInstances(ItemList& list, const Bounds& bounds, const Registers& registers) {
  registers([&](const std::string& site, const std::string& key, const Bytes& value) {
    if (!key.starts_with(INSTANCE) || !Bounds::admits(bounds.site, site)) return;
    read<schema::InstanceStatus>(value, [&](schema::InstanceStatus::Reader from) {
      auto tenant = str(from.getTenant()), app = str(from.getApp());
      auto name = app + "." + str(from.getService()) + "." + std::to_string(from.getOrdinal());
      if (!Bounds::admits(bounds.tenant, tenant) || !Bounds::admits(bounds.app, app) ||
          !Bounds::admits(bounds.host, str(from.getHost())) ||
          !Bounds::admits(bounds.name, name)) {
        return;
      }
      list.add("instance", tenant, name,
               [site, &value](schema::Item::Builder item) { fillInstance(item, site, value); });
    });
  });
}

std::string waitingHosts(const Registers& registers) {
  size_t count = 0;
  registers([&](const std::string& site, const std::string& key, const Bytes&) {
    count += site.empty() && key.starts_with(PENDING);
  });
  if (count == 0) return "";
  return std::to_string(count) + (count == 1 ? " host waits" : " hosts wait") + " to be let in";
}

void addWaiting(ItemList& list, const Bounds& bounds, const std::string& region,
                const std::string& site, const std::string& key, const Bytes& value,
                bool isApproved) {
  if (!site.empty() || !key.starts_with(PENDING)) return;
  auto id = key.substr(PENDING.size());
  if (!Bounds::admits(bounds.name, id)) return;
  read<schema::PendingStatus>(value, [&](schema::PendingStatus::Reader from) {
    auto copied = std::make_shared<Bytes>(encode<schema::PendingStatus>(from));
    list.add("pending", "", id, [copied, region, isApproved](schema::Item::Builder item) {
      Decoded<schema::PendingStatus> decoded(*copied);
      auto said = decoded.get();
      auto to = item.initStatus().initPending();
      to.setRegion(region);
      to.setAddress(said.getAddress());
      to.setHost(said.getHost());
      to.setVersion(said.getVersion());
      to.setSince(timeOrEmpty(said.getSinceMs()));
      to.setState(isApproved ? "approved" : "waiting");
    });
  });
}

void addHosts(ItemList& list, const Bounds& bounds, const Registers& registers) {
  auto sites = summarise(registers);
  registers([&](const std::string& site, const std::string& key, const Bytes& value) {
    if (key != HOST || !Bounds::admits(bounds.site, site)) return;
    read<schema::HostStatus>(value, [&](schema::HostStatus::Reader from) {
      auto alone = str(from.getName()), name = site + "/" + alone;
      bool isNamed = Bounds::admits(bounds.name, name) || bounds.name == alone;
      if (!isNamed || !Bounds::admits(bounds.host, alone)) return;
      // A site that looks at itself has no link to itself: it is there.
      bool online = !sites[site].linked || sites[site].online;
      list.add("host", "", name, [site, &value, online](schema::Item::Builder item) {
        fillHost(item, site, value, online);
      });
    });
  });
}

StateCounts countStates(const Bounds& bounds, const Registers& registers) {
  StateCounts counts;
  registers([&](const std::string& site, const std::string& key, const Bytes& value) {
    if (!key.starts_with(INSTANCE) || !Bounds::admits(bounds.site, site)) return;
    read<schema::InstanceStatus>(value, [&](schema::InstanceStatus::Reader from) {
      if (Bounds::admits(bounds.tenant, str(from.getTenant())) &&
          Bounds::admits(bounds.app, str(from.getApp()))) {
        ++counts[word(from.getState())];
      }
    });
  });
  return counts;
}

std::vector<std::string> whatIsAmiss(const Bounds& bounds, const Registers& registers) {
  std::vector<std::string> sentences;
  registers([&](const std::string& site, const std::string& key, const Bytes& value) {
    if (!key.starts_with(INSTANCE) || !Bounds::admits(bounds.site, site)) return;
    read<schema::InstanceStatus>(value, [&](schema::InstanceStatus::Reader from) {
      bool isAsked = Bounds::admits(bounds.tenant, str(from.getTenant())) &&
                     Bounds::admits(bounds.app, str(from.getApp()));
      auto reason = str(from.getReason());
      bool isWell = from.getState() == schema::InstanceStatus::State::RUNNING && reason.empty();
      if (!isAsked || isWell) return;
      sentences.push_back(str(from.getService()) + " is " + word(from.getState()) +
                          (reason.empty() ? "" : ": " + reason));
    });
  });
  return sentences;
}

void writeCounts(const StateCounts& counts,
                 capnp::List<schema::TierStatus::StateCount>::Builder to) {
  size_t i = 0;
  for (auto& [state, count] : counts) {
    to[i].setState(state);
    to[i++].setCount(count);
  }
}

std::map<std::string, std::map<std::string, AppAtSite>> appsAtSites(const Registers& registers) {
  std::map<std::string, std::map<std::string, AppAtSite>> result;
  registers([&](const std::string& site, const std::string& key, const Bytes& value) {
    if (key.starts_with(APP)) {
      read<schema::AppStatus>(value, [&](schema::AppStatus::Reader from) {
        auto& app = result[site][key.substr(APP.size())];
        app.spoke = true;
        app.era = from.getEra();
        app.seq = from.getSeq();
        app.verdict = word(from.getVerdict());
        app.reason = str(from.getReason());
      });
    } else if (key.starts_with(INSTANCE)) {
      read<schema::InstanceStatus>(value, [&](schema::InstanceStatus::Reader from) {
        auto& app = result[site][str(from.getTenant()) + "/" + str(from.getApp())];
        ++app.instances;
        if (from.getState() == schema::InstanceStatus::State::RUNNING) ++app.running;
      });
    }
  });
  return result;
}

std::map<std::string, SiteSummary> summarise(const Registers& registers) {
  std::map<std::string, SiteSummary> sites;
  registers([&](const std::string& site, const std::string& key, const Bytes& value) {
    auto& summary = sites[site];
    if (key == LINK) {
      summary.linked = true;
      read<schema::LinkStatus>(value, [&](schema::LinkStatus::Reader from) {
        summary.heard = from.getSinceMs() != 0;
        summary.online = from.getOnline();
        summary.sinceMs = from.getSinceMs();
      });
    } else if (key == HOST) {
      read<schema::HostStatus>(value, [&](schema::HostStatus::Reader from) {
        ++summary.hosts;
        summary.headTimeMs = std::max(summary.headTimeMs, from.getHeadTimeMs());
        summary.version = str(from.getVersion());
      });
    } else if (key.starts_with(INSTANCE)) {
      read<schema::InstanceStatus>(value, [&](schema::InstanceStatus::Reader from) {
        ++summary.instances;
        if (from.getState() == schema::InstanceStatus::State::RUNNING) ++summary.running;
      });
    }
  });
  return sites;
}

}  // namespace skerry
