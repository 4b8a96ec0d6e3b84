#include "shared/model/service_check.h"
#include "shared/crypto/bytes.h"
#include "shared/model/model_limits.h"
#include "shared/model/name_check.h"
#include "shared/model/service_spec.h"
#include "shared/model/size_text.h"
#include <algorithm>

namespace skerry {
namespace {

// Of what a keeper reads: `arg=WORD` and `env=NAME=VALUE`, each with an end, and the program twice.
size_t processBytes(schema::Service::Reader service) {
  size_t bytes = service.getCommand().size() > 0 ? service.getCommand()[0].size() + 9 : 0;
  for (auto word : service.getCommand()) bytes += word.size() + 5;
  for (auto variable : service.getEnvironment()) {
    bytes += variable.getName().size() + variable.getValue().size() + 6;
  }
  return bytes;
}

class ServiceCheck {
public:
  ServiceCheck(schema::Service::Reader service, const std::string& path, Problems& problems,
               std::vector<PortAt>& ports)
      : service(service), path(path), problems(problems), ports(ports) {}

  void run() {
    if (auto problem = nameProblem(text(service.getName())); !problem.empty()) {
      refuse("", "bad-value", problem, NAME_HINT);
    }
    if (isKnownKind()) checkKind();
    checkTexts(service.getCommand(), ".command");
    checkTexts(service.getEntrypoint(), ".entrypoint");
    checkEnvironment();
    if (isProcess()) checkRoom();
    checkUser();
    checkPorts();
    checkRestart();
    checkLimits(service.getDeploy().getResources().getLimits(), ".deploy.resources.limits");
  }

private:
  void refuse(const std::string& field, const char* reason, std::string message, std::string hint) {
    problems.push_back({"", 0, path + field, reason, std::move(message), std::move(hint)});
  }

  bool isProcess() const { return service.getSkerry().getKind() == "process"; }

  bool isKnownKind() {
    auto kind = text(service.getSkerry().getKind());
    if (kind.empty() || kind == "container" || kind == "process") return true;
    bool comes = kind == "wasm" || kind == "microvm";
    refuse(".x-skerry.kind", comes ? "not-supported-yet" : "bad-value",
           "kind `" + kind + "` " + (comes ? "is not supported yet" : "is none"),
           "write `container` or `process`");
    return false;
  }

  void checkKind() {
    if (isProcess()) {
      auto only = [&](const char* field) {
        refuse(std::string(".") + field, "bad-value",
               std::string("a process has no `") + field + "`",
               "remove it, or remove `x-skerry.kind: process`");
      };
      if (service.getImage().size() > 0) only("image");
      if (service.getEntrypoint().size() > 0) only("entrypoint");
      return checkProgram();
    }
    auto image = text(service.getImage());
    if (image.empty()) {
      refuse(".image", "missing-key", "a container needs an `image`",
             "add `image: REGISTRY/NAME:TAG`, or `x-skerry: { kind: process }` for a program of "
             "the host");
    } else if (checkText(image, ".image") && !isImage(image)) {
      refuse(".image", "bad-value", "`" + image + "` is not the name of an image",
             "write it as `registry.example/name:tag`");
    }
  }

  void checkProgram() {
    if (service.getCommand().size() == 0) {
      return refuse(".command", "missing-key", "a process needs a `command`",
                    "add `command: [\"/usr/bin/program\", \"argument\"]`");
    }
    auto program = text(service.getCommand()[0]);
    if (program.size() > 1 && program[0] == '/' && program.back() != '/') return;
    refuse(".command", "bad-value", "the program `" + program + "` is not an absolute path",
           "write its whole path, such as `/usr/local/bin/program`");
  }

  // False when something was said about it.
  bool checkText(const std::string& value, const std::string& field) {
    if (value.find('\0') != std::string::npos) {
      refuse(field, "bad-value", "there is a zero byte in the text", "remove it");
      return false;
    }
    if (value.find("{{") != std::string::npos) {
      refuse(field, "not-supported-yet", "templates (`{{ ... }}`) are not supported yet",
             "write the value itself");
      return false;
    }
    return true;
  }

  void checkTexts(capnp::List<capnp::Text>::Reader texts, const std::string& field) {
    if (texts.size() > ARGUMENTS_MAX) {
      return refuse(field, "too-large", "more than " + std::to_string(ARGUMENTS_MAX) + " words",
                    "put them into a script or a file");
    }
    for (auto i : kj::indices(texts)) {
      auto inner = field + "[" + std::to_string(i) + "]";
      if (texts[i].size() > ARGUMENT_BYTES_MAX) {
        refuse(inner, "too-large", "longer than 32 KiB", "put it into a file");
      } else {
        checkText(text(texts[i]), inner);
      }
    }
  }

  void checkEnvironment() {
    auto variables = service.getEnvironment();
    if (variables.size() > VARIABLES_MAX) {
      return refuse(".environment", "too-large",
                    "more than " + std::to_string(VARIABLES_MAX) + " variables", "use a file");
    }
    std::string last;
    for (auto variable : variables) {
      auto name = text(variable.getName());
      auto field = ".environment." + name;
      if (!isVariableName(name)) {
        refuse(field, "bad-value", "`" + name + "` is not the name of a variable",
               "write letters, digits and `_`, no digit first");
      }
      if (name == last) refuse(field, "duplicate-key", "`" + name + "` is here twice", "keep one");
      last = name;
      if (variable.getValue().size() > VARIABLE_BYTES_MAX) {
        refuse(field, "too-large", "longer than 32 KiB", "put it into a file");
      } else {
        checkText(text(variable.getValue()), field);
      }
    }
  }

  // What a keeper could not be told is refused here, not at each site.
  void checkRoom() {
    size_t bytes = processBytes(service);
    if (bytes > PROCESS_BYTES_MAX) {
      refuse(".command", "too-large",
             "command and environment of a process have " + std::to_string(bytes) +
                 " bytes together; there is room for " + std::to_string(PROCESS_BYTES_MAX),
             "put what is long into a script or a file");
    }
    auto variables = service.getEnvironment().size();
    if (variables > PROCESS_VARIABLES_MAX && variables <= VARIABLES_MAX) {
      refuse(".environment", "too-large", std::to_string(variables) + " variables; a process may "
             "have " + std::to_string(PROCESS_VARIABLES_MAX), "use a file");
    }
  }

  void checkUser() {
    auto user = text(service.getUser());
    if (user.empty() || !checkText(user, ".user") || isUser(user)) return;
    refuse(".user", "bad-value", "`" + user + "` is not a user",
           "write `NAME`, `NUMBER` or `USER:GROUP`");
  }

  void checkPorts() {
    auto texts = service.getPorts();
    if (texts.size() > PORTS_MAX) {
      return refuse(".ports", "too-large", "more than " + std::to_string(PORTS_MAX) + " ports",
                    "publish fewer");
    }
    for (auto i : kj::indices(texts))
      checkPort(text(texts[i]), ".ports[" + std::to_string(i) + "]");
  }

  void checkPort(const std::string& written, const std::string& field) {
    constexpr const char* HINT = "write `[ADDRESS:]HOST:CONTAINER[/udp]`, such as `8080:80`";
    if (!checkText(written, field)) return;
    auto container = written.substr(written.rfind(':') + 1);
    if (container.find('-') != std::string::npos) {
      return refuse(field, "not-supported-yet", "ranges of ports are not supported yet",
                    "write each port on its own");
    }
    std::string why;
    auto port = parsePort(written, why);
    if (!port) return refuse(field, "bad-value", why, HINT);
    if (!isProcess() && written.find(':') == std::string::npos) {
      return refuse(field, "bad-value", "`" + written + "` does not say which port of the host",
                    HINT);
    }
    if (isProcess() && port->host != port->container) {
      return refuse(field, "bad-value", "a process listens on the host's own ports",
                    "write `" + std::to_string(port->container) + "`");
    }
    ports.push_back({*port, path + field});
  }

  void checkRestart() {
    auto restart = text(service.getRestart());
    if (parseRestart(restart)) return;
    refuse(".restart", "bad-value", "`" + restart + "` is no restart policy",
           "write `always`, `unless-stopped`, `on-failure`, `on-failure:N` or `no`");
  }

  void checkLimits(schema::ResourceLimits::Reader limits, const std::string& field) {
    if (auto cpus = text(limits.getCpus()); !cpus.empty()) {
      auto milli = parseCpuMilli(cpus);
      if (!milli || *milli == 0 || *milli > CPU_MILLI_MAX) {
        refuse(field + ".cpus", "bad-value", "`" + cpus + "` is no number of CPUs",
               "write `0.5`, `2` or `500m`");
      }
    }
    if (auto memory = text(limits.getMemory()); !memory.empty()) {
      auto bytes = parseSize(memory);
      if (!bytes || *bytes > MEMORY_LIMIT_BYTES_MAX) {
        refuse(field + ".memory", "bad-value", "`" + memory + "` is no size",
               "write `128M` or `64Mi`");
      } else if (*bytes < MEMORY_LIMIT_BYTES_MIN) {
        refuse(field + ".memory", "bad-value",
               "`" + memory + "` is less than 1 MiB, which nothing runs in",
               "add the unit, such as `" + memory + "M`");
      }
    }
    if (limits.getPids() > PIDS_LIMIT_MAX) {
      refuse(field + ".pids", "bad-value",
             std::to_string(limits.getPids()) + " is more than there can be",
             "write at most " + std::to_string(PIDS_LIMIT_MAX));
    }
  }

  schema::Service::Reader service;
  const std::string& path;
  Problems& problems;
  std::vector<PortAt>& ports;
};

}  // namespace

void checkService(schema::Service::Reader service, const std::string& path, Problems& problems,
                  std::vector<PortAt>& ports) {
  ServiceCheck(service, path, problems, ports).run();
}

}  // namespace skerry
