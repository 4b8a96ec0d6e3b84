#include "test/sim/fleet/machine.h"
#include "shared/pki/identity.h"

namespace skerry {

namespace {

bool isSetUp(SimHost& host) { return IdentityFolder(host.host().files).isEnrolled(); }

}  // namespace

CentralMachine::CentralMachine(SimWorld& world, const Transport& transport)
    : TierMachine(world, "central", [&transport](SimHost& host) -> kj::Own<Program> {
        if (!isSetUp(host)) return kj::heap<Program>();
        return kj::heap<Daemon<CentralService>>(
            kj::heap<CentralService>(host.host(), transport, CentralConfig()));
      }) {}

RegionMachine::RegionMachine(SimWorld& world, const Transport& transport, const std::string& name)
    : TierMachine(world, name, [&transport, name](SimHost& host) -> kj::Own<Program> {
        if (!isSetUp(host)) return kj::heap<Program>();
        RegionConfig config;
        config.advertise = name + ":443";
        return kj::heap<Daemon<RegionService>>(
            kj::heap<RegionService>(host.host(), transport, kj::mv(config)));
      }) {}

void SiteMachine::setControllers(const std::string& names) {
  constexpr auto ROOT = "/sys/fs/cgroup";
  auto& system = host.system();
  system.spaces[ROOT].type = "cgroup2";
  system.nodes[ROOT] = {System::Node::Kind::FOLDER, 0755, true, true};
  system.files[std::string(ROOT) + "/cgroup.controllers"] = names + "\n";
}

SiteMachine::SiteMachine(SimWorld& world, const Transport& transport, const std::string& name,
                         const std::string& region)
    : TierMachine(world, name, [&transport](SimHost& host) -> kj::Own<Program> {
        if (!isSetUp(host)) return kj::heap<Program>();
        SiteConfig config;
        config.engineSocket = SIM_ENGINE_SOCKET;
        config.listen = "0.0.0.0:443";
        config.process.keeperProgram = "skerry-keeper";
        return kj::heap<Daemon<SiteService>>(
            kj::heap<SiteService>(host.host(), transport, kj::mv(config)));
      }), region(region) {
  engine.images = {SIM_IMAGE};
  setControllers("cpu memory pids");
  host.processes().install("id", [](Command, SimHost&) {
    Ended nobody;
    nobody.output = kj::str("uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n");
    return kj::Promise<Ended>(kj::mv(nobody));
  });
  engine.answersAfterMsMax = SIM_ENGINE_ANSWER_MS_MAX;
}

void SiteMachine::powerOn() {
  host.powerOn();
  engine.begin();
}

}  // namespace skerry
