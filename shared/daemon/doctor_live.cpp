#include "shared/daemon/doctor_live.h"
#include "shared/crypto/bytes.h"
#include "shared/daemon/admin_socket.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/host/files.h"
#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr size_t RUN_FILE_BYTES_MAX = 4096;

schema::Finding::Verdict wireVerdict(Finding::Verdict verdict) {
  switch (verdict) {
    case Finding::Verdict::OK: return schema::Finding::Verdict::OK;
    case Finding::Verdict::WARNING: return schema::Finding::Verdict::WARNING;
    case Finding::Verdict::PROBLEM: break;
  }
  return schema::Finding::Verdict::PROBLEM;
}

Finding readFinding(schema::Finding::Reader from) {
  Finding finding{text(from.getCheck()), Finding::Verdict::PROBLEM, text(from.getText()),
                  text(from.getNext())};
  if (from.getVerdict() == schema::Finding::Verdict::OK) finding.verdict = Finding::Verdict::OK;
  if (from.getVerdict() == schema::Finding::Verdict::WARNING) {
    finding.verdict = Finding::Verdict::WARNING;
  }
  return finding;
}

// A connection to the daemon, for as long as one question takes.
struct Line {
  explicit Line(kj::Own<kj::AsyncIoStream> stream)
      : stream(kj::mv(stream)), rpc(*this->stream),
        admin(rpc.bootstrap().castAs<schema::Admin>()) {}
  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyClient rpc;
  schema::Admin::Client admin;
};

kj::Promise<LiveAnswer> question(Line& line, LiveAnswer answer) {
  return line.admin.doctorRequest().send().then([answer](auto&& response) mutable {
    answer.daemon.state = DaemonFacts::State::ANSWERS;
    for (auto finding : response.getFindings()) answer.findings.push_back(readFinding(finding));
    return answer;
  }, [answer](kj::Exception&& reason) mutable {
    answer.daemon.state = reason.getType() == kj::Exception::Type::UNIMPLEMENTED
                              ? DaemonFacts::State::OLDER : DaemonFacts::State::SILENT;
    return answer;
  });
}

}  // namespace

kj::Promise<LiveAnswer> askDaemon(Host& host) {
  LiveAnswer answer;
  kj::runCatchingExceptions([&] {
    auto content = readFile(host.files, kj::Path("run.json"), RUN_FILE_BYTES_MAX);
    KJ_IF_MAYBE(json, content) answer.daemon = readRunFile(text(view(*json)));
  });
  answer.daemon.isAlive = answer.daemon.pid > 0 &&
                          host.processes.startTime(answer.daemon.pid) != 0;
  auto path = kj::str(host.path, "/", ADMIN_SOCKET);
  auto node = host.system.node(path);
  KJ_IF_MAYBE(socket, node) {
    if (!socket->mayWrite) answer.daemon.state = DaemonFacts::State::DENIED;
  }
  if (answer.daemon.state == DaemonFacts::State::DENIED) return answer;
  auto connecting = kj::evalNow([&] { return host.network.parseAddress(kj::str("unix:", path)); })
      .then([](kj::Own<kj::NetworkAddress>&& parsed) {
    auto connected = parsed->connect();
    return connected.attach(kj::mv(parsed));
  });
  auto silent = answer;
  silent.daemon.state = DaemonFacts::State::SILENT;
  return connecting.then([&host, answer, silent](kj::Own<kj::AsyncIoStream>&& stream) {
    auto line = kj::heap<Line>(kj::mv(stream));
    auto late = host.timer.afterDelay(LIVE_ANSWER_MAX).then([silent] { return silent; });
    auto asking = question(*line, answer).attach(kj::mv(line));
    return asking.exclusiveJoin(kj::mv(late));
  }, [answer](kj::Exception&&) -> kj::Promise<LiveAnswer> { return answer; });
}

void writeFindings(const Findings& findings, schema::Admin::DoctorResults::Builder to) {
  auto list = to.initFindings(findings.size());
  for (size_t i = 0; i < findings.size(); ++i) {
    list[i].setCheck(findings[i].check);
    list[i].setVerdict(wireVerdict(findings[i].verdict));
    list[i].setGood(findings[i].verdict == Finding::Verdict::OK);
    list[i].setText(findings[i].text);
    list[i].setNext(findings[i].next);
  }
}

}  // namespace skerry
