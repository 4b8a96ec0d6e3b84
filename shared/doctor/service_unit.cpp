#include "shared/doctor/service_unit.h"

namespace skerry {
namespace {

// What systemd would take for a specifier, `%`, or for a variable, `$`, is meant as it is written.
std::string literally(const std::string& text, char special = '%') {
  std::string out;
  for (char c : text) {
    out += c;
    if (c == special) out += c;
  }
  return out;
}

// One word of a line that is split into words.
std::string word(const std::string& text) {
  if (text.find_first_of(" \t\"'\\") == text.npos) return literally(text);
  std::string out = "\"";
  for (char c : literally(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

bool isTemporary(const std::string& folder) {
  return folder.starts_with("/tmp/") || folder.starts_with("/var/tmp/");
}

constexpr const char* FOR_APPLICATIONS =
    "# What it runs lives in control groups of its own; nothing here may bound or end it.\n"
    "Delegate=yes\n"
    "OOMPolicy=continue\n"
    "TasksMax=infinity\n";

constexpr const char* CALLS_HOME =
    "# Or a file that says where home is.\n"
    "ConditionPathExists=|/etc/skerry/home\n"
    "ConditionPathExists=|/boot/firmware/skerry.home\n";

constexpr const char* CONFINED =
    "UMask=0027\n"
    "NoNewPrivileges=yes\n"
    "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_NET_BIND_SERVICE\n"
    "ProtectSystem=strict\n"
    "ProtectHome=read-only\n"
    "PrivateDevices=yes\n"
    "ProtectClock=yes\n"
    "ProtectControlGroups=yes\n"
    "ProtectHostname=yes\n"
    "ProtectKernelLogs=yes\n"
    "ProtectKernelModules=yes\n"
    "ProtectKernelTunables=yes\n"
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\n"
    "RestrictNamespaces=yes\n"
    "RestrictRealtime=yes\n"
    "RestrictSUIDSGID=yes\n"
    "LockPersonality=yes\n"
    "MemoryDenyWriteExecute=yes\n"
    "SystemCallArchitectures=native\n"
    "SystemCallFilter=@system-service\n";

}  // namespace

std::string unitName(const Subject& subject) { return subject.program + ".service"; }

std::string serviceUnit(const Subject& subject) {
  auto unit = "[Unit]\nDescription=" + subject.program + ", a tier of Skerry\n"
              "Documentation=man:" + subject.program + "(8)\n"
              "# Nothing to serve before it has an identity: `" + subject.beginning + "`.\n"
              "ConditionPathExists=" + (subject.runsApplications ? "|" : "") +
              literally(subject.folder) + "/identity/chain.pem\n";
  if (subject.runsApplications) unit += CALLS_HOME;
  unit += "StartLimitIntervalSec=0\n";
  // A link comes and goes; nothing waits for one.
  if (subject.runsApplications) unit += "After=podman.socket docker.socket\n";
  else unit += "After=network.target\n";
  unit += "\n[Service]\nType=notify\n"
          "ExecStart=" + literally(word(subject.path), '$') + " serve --data " +
          literally(word(subject.folder), '$') + "\n"
          "Restart=always\nRestartSec=2\n"
          "# A disk that is full or slow is no reason to begin again.\n"
          "TimeoutStartSec=infinity\nTimeoutStopSec=15\n"
          "# Applications, and those who look after them, outlive the daemon.\n"
          "KillMode=process\n"
          "LimitNOFILE=" + std::to_string(subject.descriptors) + "\n";
  if (subject.runsApplications) {
    unit += FOR_APPLICATIONS;
  } else {
    unit += CONFINED;
    if (!isTemporary(subject.folder)) unit += "PrivateTmp=yes\n";
    unit += "ReadWritePaths=" + word(subject.folder) + "\n";
  }
  return unit + "\n[Install]\nWantedBy=multi-user.target\n";
}

}  // namespace skerry
