#include "test/sim/sim_engine.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr int EXIT_BY_POWER = 255, EXIT_NOT_FOUND = 127, SIGNAL_CODES = 128;

std::string between(const std::string& text, const std::string& before, char after) {
  auto at = text.find(before);
  if (at == text.npos) return "";
  at += before.size();
  return text.substr(at, text.find(after, at) - at);
}

// A list of texts without escapes, as the driver sends them.
std::vector<std::string> textsOf(const std::string& json, const std::string& key) {
  std::vector<std::string> texts;
  auto list = between(json, "\"" + key + "\":[", ']');
  for (size_t at = list.find('"'); at != list.npos; at = list.find('"', at)) {
    auto end = list.find('"', at + 1);
    texts.push_back(list.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return texts;
}

}  // namespace

SimEngine::SimEngine(SimHost& host, SimServices& services, kj::StringPtr path)
    : host(host), services(services), chance(host.entropy().fork()), path(kj::str(path)),
      tasks(*this) {}

void SimEngine::begin() {
  die();
  for (auto& [name, box] : boxes) {
    if (box.status == "running" && box.boot != host.boots()) ended(box, EXIT_BY_POWER);
  }
  auto made = kj::heap<kj::HttpServer>(host.world().timer(), *headerTable, *this);
  auto& s = *made;
  server = kj::mv(made);
  auto set = kj::heap<kj::TaskSet>(static_cast<kj::TaskSet::ErrorHandler&>(*this));
  set->add(host.host().network.parseAddress(kj::str("unix:", path))
               .then([&s](kj::Own<kj::NetworkAddress> address) {
                 auto receiver = address->listen();
                 auto& r = *receiver;
                 return s.listenHttp(r).attach(kj::mv(receiver));
               }));
  serving = kj::mv(set);
}

void SimEngine::die() {
  serving = nullptr;
  server = nullptr;
  listeners.clear();
}

SimEngine::Box* SimEngine::find(const std::string& nameOrId) {
  for (auto& [name, box] : boxes)
    if (name == nameOrId || box.id == nameOrId) return &box;
  return nullptr;
}
SimEngine::Box& SimEngine::box(const std::string& name) {
  auto found = find(name);
  KJ_REQUIRE(found != nullptr, name.c_str());
  return *found;
}

void SimEngine::run(Box& box) {
  SimLife life;
  life.instance = between(box.created, "\"skerry.instance\":\"", '"');
  life.runtime = "container";
  life.command = textsOf(box.created, "Cmd");
  for (auto& variable : textsOf(box.created, "Env")) {
    auto equals = variable.find('=');
    life.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
  }
  box.status = "running";
  box.boot = host.boots();
  box.pid = services.start(kj::mv(life));
  if (box.pid == 0) return ended(box, EXIT_NOT_FOUND);
  tasks.add(services.onEnd(box.pid).then([this, id = box.id, pid = box.pid](SimExit how) {
    int code = how.signal > 0 ? SIGNAL_CODES + how.signal : how.code;
    return host.world().sleep(learnsAfterMs).then([this, id, pid, code]() {
      auto found = find(id);
      if (found != nullptr && found->pid == pid) ended(*found, code);
    });
  }));
}

void SimEngine::ended(Box& box, int exitCode) {
  box.status = "exited";
  box.pid = 0;
  box.exitCode = exitCode;
}

void SimEngine::endProcess(const std::string& name, int exitCode) {
  services.crash(box(name).pid, {exitCode, 0});
}

// --- HTTP

kj::Promise<void> SimEngine::request(kj::HttpMethod method, kj::StringPtr url,
                                      const kj::HttpHeaders&, kj::AsyncInputStream& requestBody,
                                      Response& response) {
  auto line = std::string(kj::str(method, " ", url).cStr());
  requests.push_back(line);
  return requestBody.readAllText().then([this, line, &response](kj::String body) {
    if (answersAfterMsMax == 0) return handle(line, body.cStr(), response);
    auto delay = host.world().sleep(chance.between(0, answersAfterMsMax));
    return delay.then([this, line, body = kj::mv(body), &response]() {
      return handle(line, body.cStr(), response);
    });
  });
}

kj::Promise<void> SimEngine::handle(std::string line, std::string body, Response& response) {
  auto breakSoon = [this]() -> kj::Promise<void> {
    tasks.add(kj::evalLater([this]() { host.world().network().connectionsBreak(host.name()); }));
    return kj::NEVER_DONE;
  };
  for (auto fault = faults.begin(); fault != faults.end(); ++fault) {
    if (line.find(fault->part) == line.npos) continue;
    auto taken = *fault;
    faults.erase(fault);
    if (taken.what == Fault::SILENCE) return kj::NEVER_DONE;
    if (taken.what == Fault::ANSWER) return send(response, {taken.status, taken.body});
    if (taken.what == Fault::BREAK_AFTER) perform(line, body);
    return breakSoon();
  }
  if (line.find("GET /events") == 0) return sendEvents(response);
  return send(response, perform(line, body));
}

kj::Promise<void> SimEngine::send(Response& response, Answer answer) {
  kj::HttpHeaders headers(*headerTable);
  auto body = kj::heap<std::string>(kj::mv(answer.body));
  bool bare = answer.status == 204 || answer.status == 304;
  auto stream = response.send(answer.status, "it is so", headers,
                              bare ? uint64_t(0) : uint64_t(body->size()));
  if (body->empty() || bare) return kj::READY_NOW;
  auto written = stream->write(body->data(), body->size());
  return written.attach(kj::mv(stream), kj::mv(body));
}

// The headers come with the first event.
kj::Promise<void> SimEngine::sendEvents(Response& response) {
  auto paf = kj::newPromiseAndFulfiller<std::string>();
  listeners.push_back(kj::mv(paf.fulfiller));
  return paf.promise.then([this, &response](std::string event) {
    kj::HttpHeaders headers(*headerTable);
    auto stream = response.send(200, "events", headers);
    auto text = kj::heap<std::string>(kj::mv(event));
    auto written = stream->write(text->data(), text->size());
    // One event per connection: the driver has to come back.
    return written.attach(kj::mv(stream), kj::mv(text));
  });
}

void SimEngine::sendEvent(const std::string& name, const std::string& action) {
  auto found = find(name);
  auto attributes = found == nullptr
                        ? "{\"skerry.instance\":\"" + between(name, "skerry.shop.", 0) + "\"}"
                        : labels(*found);
  auto event = "{\"Type\":\"container\",\"Action\":\"" + action + "\",\"Actor\":{\"ID\":\"x\"," +
               "\"Attributes\":" + attributes + "},\"timeNano\":1700000000000000000}\n";
  for (auto& listener : listeners) listener->fulfill(std::string(event));
  listeners.clear();
}

// --- The engine

std::string SimEngine::labels(const Box& box) const {
  auto at = box.created.find("\"Labels\":");
  if (at == box.created.npos) return "null";
  at += 9;
  return box.created.substr(at, box.created.find('}', at) + 1 - at);
}

std::string SimEngine::inspect(const Box& box) const {
  return "{\"Id\":\"" + box.id + "\",\"Name\":\"/" + box.name + "\",\"Mounts\":null," +
         "\"State\":{\"Status\":\"" + box.status + "\",\"Running\":" +
         (box.status == "running" ? "true" : "false") + ",\"OOMKilled\":" +
         (box.oomKilled ? "true" : "false") + ",\"Pid\":" + std::to_string(box.pid) +
         ",\"ExitCode\":" + std::to_string(box.exitCode) + ",\"Error\":\"" +
         "\"},\"Config\":{\"Labels\":" + labels(box) + "}}";
}

SimEngine::Answer SimEngine::create(const std::string& name, const std::string& body) {
  if (find(name) != nullptr)
    return {500, "{\"message\":\"creating container storage: that name is already in use\"}"};
  Box box;
  box.name = name;
  box.id = "c" + std::to_string(++made);
  box.created = body;
  boxes[name] = box;
  return {201, "{\"Id\":\"" + box.id + "\",\"Warnings\":[]}"};
}

SimEngine::Answer SimEngine::act(Box& box, const std::string& verb) {
  if (verb == "json") return {200, inspect(box)};
  if (verb == "start") {
    if (box.status == "running") return {304, ""};
    if (!box.startError.empty()) return {500, "{\"message\":\"" + box.startError + "\"}"};
    run(box);
    if (box.pid == 0) return {500, "{\"message\":\"executable file not found\"}"};
    return {204, ""};
  }
  if (verb == "stop") {
    if (box.status != "running") return {304, ""};
    services.kill(box.pid);
    ended(box, 143);
    return {204, ""};
  }
  if (verb == "kill") {
    if (box.status != "running") return {500, "{\"message\":\"can only kill running containers\"}"};
    services.kill(box.pid);
    ended(box, 137);
    return {204, ""};
  }
  return {404, "{\"message\":\"page not found\"}"};
}

SimEngine::Answer SimEngine::perform(const std::string& line, const std::string& body) {
  if (line == "GET /info") return {200, "{\"CgroupDriver\":\"cgroupfs\",\"Swarm\":{}}"};
  if (line.find("GET /images/") == 0) {
    auto image = between(line, "/images/", ' ');
    image = image.substr(0, image.size() - 5);  // "/json"
    if (images.count(image) != 0) return {200, "{\"Id\":\"sha256:1\"}"};
    return {404, "{\"message\":\"no such image\"}"};
  }
  if (line.find("POST /containers/create?name=") == 0)
    return create(line.substr(line.find('=') + 1), body);
  if (line.find("GET /containers/json?") == 0) {
    std::string list;
    for (auto& [name, box] : boxes)
      list += (list.empty() ? "" : ",") + ("{\"Id\":\"" + box.id + "\",\"Labels\":") + labels(box) +
              "}";
    return {200, "[" + list + "]"};
  }
  auto rest = between(line, "/containers/", '?');
  auto slash = rest.find('/');
  auto found = find(rest.substr(0, slash));
  if (found == nullptr) return {404, "{\"message\":\"no such container\"}"};
  auto verb = slash == rest.npos ? std::string() : rest.substr(slash + 1);
  if (verb == "logs") return {200, log};
  if (line.find("DELETE") != 0) return act(*found, verb);
  services.kill(found->pid);
  boxes.erase(found->name);
  return {204, ""};
}

}  // namespace skerry
