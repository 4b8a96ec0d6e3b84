// Reading the audit log, as a role may: a global administrator all of it, a tenant's administrator
// what was done to that tenant's objects.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/daemon/audit_log.h"
#include "shared/model/principal.h"

namespace skerry {

void answerAudit(const AuditLog& log, const Principal& principal, schema::AuditQuery::Reader query,
                 schema::Admin::AuditResults::Builder results);

}  // namespace skerry
