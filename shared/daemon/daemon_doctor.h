// What `doctor` says alike at every tier: who is looked at, whether it starts by itself, and how
// its store does.
#pragma once
#include "shared/daemon/doctor_verb.h"

namespace skerry {

// `beginning`: what makes its identity, `skerry-region join TOKEN`. As a daemon that has children.
Subject subjectOf(Host& host, const std::string& program, kj::StringPtr database,
                  const std::string& beginning);

// Would its service come back after a power cut. `host` outlives the promise.
kj::Promise<Findings> readinessOf(Host& host, Subject subject);
// examineDaemon(), and once it has joined readinessOf(). Both outlive the promise.
kj::Promise<Findings> examineWithReadiness(Host& host, const Transport& transport,
                                           Examination examination);

Finding storeTakesWrites();
// While the store is being opened again. `meanwhile`: what holds all the same.
Finding storeIsReopened(const Subject& subject, const std::string& meanwhile);

}  // namespace skerry
