// What the audit log says of a call of Admin, read off its parameters and results by the names of
// their fields: a method that comes later is recorded without a word here.
#pragma once
#include "shared/daemon/admin_desk.h"
#include <capnp/dynamic.h>

namespace skerry {

AuditEntry entryOf(const Caller& caller, std::string_view action);
// Fills in what the call is about. Only fields known to hold no secret are told.
void describeCall(capnp::DynamicStruct::Reader params, AuditEntry& entry);
// The first problem: denied or refused, and why. False: there is none.
bool describeProblem(capnp::DynamicStruct::Reader results, AuditEntry& entry);
// What came of a call that was not refused: one for each object that was moved; one in any case.
std::vector<AuditEntry> describeOutcome(capnp::DynamicStruct::Reader results,
                                        const AuditEntry& asked);

}  // namespace skerry
