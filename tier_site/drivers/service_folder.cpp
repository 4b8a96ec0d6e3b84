#include "tier_site/drivers/service_folder.h"
#include "shared/host/files.h"
#include "tier_site/drivers/driver_limits.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr kj::StringPtr RUN_FOLDER = "run"_kj, SPEC_FILE = "spec"_kj;
constexpr char DEFAULT_PATH[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

class SpecText {
public:
  void add(std::string_view key, std::string_view value) {
    KJ_REQUIRE(value.find('\0') == value.npos, "a zero byte cannot be handed to a process",
               text(skerry::view(key)).c_str());
    auto append = [this](std::string_view part) {
      bytes.insert(bytes.end(), part.begin(), part.end());
    };
    append(key);
    append("=");
    append(value);
    bytes.push_back(0);
    KJ_REQUIRE(bytes.size() <= SPEC_BYTES_MAX,
               "arguments and environment are too large together: shorten them, or use a file",
               bytes.size(), SPEC_BYTES_MAX);
  }
  void add(std::string_view key, uint64_t value) { add(key, std::to_string(value)); }
  Bytes bytes;
};

}  // namespace

Bytes encodeSpec(const Rendered& r, uint64_t incarnation, const ProcessDriverConfig& config,
                 kj::Maybe<const UserNumbers&> user) {
  KJ_REQUIRE(!r.command.empty(), "a process service must name its program in `command`");
  KJ_REQUIRE(r.command.size() <= SPEC_ENTRIES_MAX && r.environment.size() < SPEC_ENTRIES_MAX,
             "too many arguments or environment variables", r.command.size(),
             r.environment.size(), SPEC_ENTRIES_MAX);
  SpecText spec;
  spec.add("nonce", r.digest.hex());
  spec.add("incarnation", incarnation);
  spec.add("program", r.command[0]);
  for (auto& argument : r.command) spec.add("arg", argument);
  for (auto& [name, value] : r.environment) spec.add("env", name + "=" + value);
  if (r.environment.count("PATH") == 0) spec.add("env", std::string("PATH=") + DEFAULT_PATH);
  if (!r.workDir.empty()) spec.add("workDir", r.workDir);
  KJ_IF_MAYBE(u, user) {
    spec.add("uid", u->uid);
    spec.add("gid", u->gid);
    for (auto group : u->groups) spec.add("group", group);
  }
  if (r.network == NetworkMode::NONE) spec.add("namespace", "net");
  spec.add("cgroupRoot", config.cgroupRoot);
  if (!config.cgroupPrefix.empty())
    spec.add("cgroup", config.cgroupPrefix + "/" + r.id.tenant + "/" + r.id.str());
  spec.add("memoryBytes", r.limits.memoryBytes);
  spec.add("cpuMilli", r.limits.cpuMilli);
  spec.add("pidsMax", r.limits.pidsMax);
  spec.add("logBytes", LOG_RING_BYTES);
  spec.add("localRestartAfterMs", r.restartAloneAfterMs);
  // Whether a life ended and how matters until the next one only; jobs are recorded by the store.
  spec.add("syncExit", uint64_t(0));
  return kj::mv(spec.bytes);
}

namespace {

// A full disk has no room for a second file beside the old one, but the old one's is ours already.
// Half of it may be written when the power goes: it is read by the keeper that is started next,
// and written again before.
void overwriteSpec(const kj::Directory& folder, const Bytes& spec) {
  KJ_IF_MAYBE(file, folder.tryOpenFile(kj::Path(SPEC_FILE), kj::WriteMode::MODIFY)) {
    (*file)->write(0, view(spec));
    (*file)->truncate(spec.size());
    return;
  }
  kj::throwFatalException(KJ_EXCEPTION(OVERLOADED,
      "the disk is full: there is no room to begin a service that never ran here, make room"));
}

void writeSpec(const kj::Directory& folder, const Bytes& spec) {
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    // Environments may carry secrets.
    auto mode = kj::WriteMode::CREATE | kj::WriteMode::MODIFY | kj::WriteMode::PRIVATE;
    auto replacer = folder.replaceFile(kj::Path(SPEC_FILE), mode);
    replacer->get().writeAll(view(spec));
    replacer->commit();
  })) {
    bool isFull = reason->getType() == kj::Exception::Type::OVERLOADED;
    if (!isFull) kj::throwFatalException(kj::mv(*reason));
    overwriteSpec(folder, spec);
  }
}

}  // namespace

std::vector<InstanceId> ServiceFolder::all(Host& host) {
  std::vector<InstanceId> ids;
  KJ_IF_MAYBE(folder, host.files.tryOpenSubdir(kj::Path(RUN_FOLDER))) {
    for (auto& name : (*folder)->listNames())
      if (auto id = parseInstanceId(name.cStr())) ids.push_back(*id);
  }
  return ids;
}

ServiceFolder::ServiceFolder(Host& host, InstanceId i)
    : host(host), id(kj::mv(i)), relative({kj::str(RUN_FOLDER), kj::str(id.str())}) {}

bool ServiceFolder::exists() const { return host.files.exists(relative); }

std::string ServiceFolder::path() const {
  return std::string(host.path.cStr()) + "/" + RUN_FOLDER.cStr() + "/" + id.str();
}

kj::Own<const kj::Directory> ServiceFolder::open() const {
  return host.files.openSubdir(relative, kj::WriteMode::MODIFY);
}

void ServiceFolder::prepare(const Rendered& rendered, uint64_t incarnation,
                            const ProcessDriverConfig& config,
                            kj::Maybe<const UserNumbers&> user) const {
  auto spec = encodeSpec(rendered, incarnation, config, user);
  auto folder = host.files.openSubdir(relative, kj::WriteMode::CREATE | kj::WriteMode::MODIFY |
                                                    kj::WriteMode::CREATE_PARENT);
  writeSpec(*folder, spec);
}

KeeperStatus ServiceFolder::record(kj::StringPtr name) const {
  KJ_IF_MAYBE(bytes, readFile(host.files, relative.append(name), RECORD_BYTES_MAX)) {
    auto line = text(view(*bytes));
    return KeeperStatus(std::string_view(line).substr(0, line.find('\n')));
  }
  return KeeperStatus();
}
KeeperStatus ServiceFolder::lastState() const { return record("state"); }
KeeperStatus ServiceFolder::lastExit() const { return record("exit"); }

kj::Maybe<kj::Own<const kj::ReadableFile>> ServiceFolder::log() const {
  const kj::ReadableDirectory& files = host.files;
  return files.tryOpenFile(relative.append("log"));
}

void ServiceFolder::remove() const { host.files.tryRemove(relative); }

}  // namespace skerry
