// What a daemon says of itself, asked over the admin.sock of its folder.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/doctor/identity_checks.h"
#include "shared/host/host.h"

namespace skerry {

struct LiveAnswer {
  DaemonFacts daemon;
  Findings findings;  // empty unless it answered
};
// LIVE_ANSWER_MAX; never fails. `host` outlives the promise.
kj::Promise<LiveAnswer> askDaemon(Host& host);

void writeFindings(const Findings& findings, schema::Admin::DoctorResults::Builder to);

}  // namespace skerry
