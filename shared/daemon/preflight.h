// The look at a machine before a daemon gets its identity there: what would make that useless ends
// it, with an exit code that scripts can act on; what would only be a pity is told.
#pragma once
#include "shared/doctor/subject.h"
#include "shared/link/handshaker.h"
#include "shared/model/finding.h"
#include "shared/pki/token.h"

namespace skerry {

// Folder, disk and clock, and that the folder is nobody's yet.
Findings lookBeforeBeginning(Host& host, const Subject& subject);
// The same, and then the parent that the token names. `parent`: `the region`. `host`, `transport`
// and `token` outlive the promise.
kj::Promise<Findings> lookBeforeJoining(Host& host, const Transport& transport, Subject subject,
                                        std::string parent, const Token& token);

// 5 the parent is unreachable, 6 the folder is somebody's, 1 another problem, 0 none.
int exitCodeOf(const Findings& findings);
// To standard error: what is not well, each with the command that helps. Answers exitCodeOf().
int tell(const Findings& findings);

}  // namespace skerry
