#include "shared/model/manifest_check.h"
#include "shared/crypto/bytes.h"
#include "shared/model/model_limits.h"
#include "shared/model/name_check.h"
#include "shared/model/quota_reader.h"
#include "shared/model/selector.h"
#include "shared/model/service_check.h"
#include <set>

namespace skerry {
namespace {

void refuse(Problems& problems, std::string path, const char* reason, std::string message,
            std::string hint) {
  problems.push_back({"", 0, std::move(path), reason, std::move(message), std::move(hint)});
}

// A name that has to be there, of the object or of what it refers to.
void checkName(capnp::Text::Reader name, const char* path, Problems& problems) {
  if (auto problem = nameProblem(text(name)); !problem.empty()) {
    refuse(problems, path, name.size() == 0 ? "missing-key" : "bad-value", problem, NAME_HINT);
  }
}

void checkLabels(capnp::List<schema::Label>::Reader labels, Problems& problems) {
  if (labels.size() > LABELS_MAX) {
    refuse(problems, "labels", "too-large", "more than " + std::to_string(LABELS_MAX) + " labels",
           "keep those that selectors use");
  }
  std::set<std::string> known;
  for (auto label : labels) {
    auto name = text(label.getName());
    auto path = "labels." + name;
    if (!isLabelName(name)) {
      refuse(problems, path, "bad-value", "`" + name + "` is not the name of a label",
             "write 1 to 63 of letters, digits, `-`, `_`, `.`, `/`, a letter or digit first, and "
             "none of the words and, or, not, in, exists");
    }
    if (!known.insert(name).second) {
      refuse(problems, path, "duplicate-key", "`" + name + "` is here twice", "keep one");
    }
    if (label.getValue().size() > LABEL_VALUE_BYTES_MAX) {
      refuse(problems, path, "bad-value", "the value is longer than 253 bytes", "shorten it");
    }
  }
}

void checkSite(schema::Site::Reader site, Problems& problems) {
  checkName(site.getName(), "name", problems);
  checkName(site.getRegion(), "region", problems);
  checkLabels(site.getLabels(), problems);
  auto timezone = text(site.getTimezone());
  if (!timezone.empty() && !isTimezone(timezone)) {
    refuse(problems, "timezone", "bad-value", "`" + timezone + "` is not the name of a time zone",
           "write it as in `Europe/Oslo`");
  }
}

void checkPlacement(schema::Placement::Reader placement, Problems& problems) {
  auto parsed = parseSelector(text(placement.getSites()));
  for (auto& error : parsed.errors) {
    refuse(
        problems, "placement.sites", "bad-selector",
        "in column " + std::to_string(error.column) + " of the label expression: " + error.message,
        "an example: `customer = acme and size in (medium, large)`");
  }
  auto mode = text(placement.getMode());
  if (!mode.empty() && mode != "everywhere") {
    refuse(problems, "placement.mode", "bad-value", "there is no mode `" + mode + "`",
           "write `everywhere`, or remove it");
  }
}

void checkServices(capnp::List<schema::Service>::Reader services, Problems& problems) {
  if (services.size() == 0) {
    return refuse(problems, "services", "missing-key", "an application needs at least one service",
                  "add one below `services:`");
  }
  if (services.size() > SERVICES_MAX) {
    return refuse(problems, "services", "too-large",
                  "more than " + std::to_string(SERVICES_MAX) + " services",
                  "make several applications of it");
  }
  std::vector<PortAt> ports;
  std::set<std::string> known;
  for (auto service : services) {
    auto path = "services." + text(service.getName());
    if (!known.insert(path).second) {
      refuse(problems, path, "duplicate-key", "the service is here twice", "keep one");
    }
    checkService(service, path, problems, ports);
  }
  for (size_t i = 0; i < ports.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!clash(ports[i].port, ports[j].port)) continue;
      refuse(problems, ports[i].path, "duplicate-port",
             "port " + std::to_string(ports[i].port.host) + " of the host is taken by " +
                 ports[j].path,
             "choose another port of the host");
      break;
    }
  }
}

}  // namespace

Problems applicationProblems(schema::Application::Reader application) {
  Problems problems;
  checkName(application.getName(), "name", problems);
  checkName(application.getTenant(), "tenant", problems);
  auto priority = application.getPriority();
  if (priority < 0 || priority > PRIORITY_MAX) {
    refuse(problems, "priority", "bad-value", std::to_string(priority) + " is out of range",
           "write a number from 0 to 100");
  }
  checkServices(application.getServices(), problems);
  checkPlacement(application.getPlacement(), problems);
  return problems;
}

Problems manifestProblems(schema::Manifest::Reader manifest) {
  Problems problems;
  switch (manifest.which()) {
    case schema::Manifest::TENANT:
      checkName(manifest.getTenant().getName(), "name", problems);
      checkQuota(manifest.getTenant().getQuota(), problems);
      break;
    case schema::Manifest::REGION:
      checkName(manifest.getRegion().getName(), "name", problems);
      break;
    case schema::Manifest::SITE: checkSite(manifest.getSite(), problems); break;
    case schema::Manifest::APPLICATION: return applicationProblems(manifest.getApplication());
    default:
      refuse(problems, "kind", "bad-value", "this version does not know that kind of object",
             "upgrade the tier that refuses it first");
  }
  return problems;
}

}  // namespace skerry
